/**
 * Conditions in CEL (the Common Expression Language): what stands in `@event(where:)` and in named policies. Whoever asks a
 * condition asks whether to let something through, so whatever goes wrong while it is worked out means no.
 */
import { celEnv, isCelError, parse, plan } from '@bufbuild/cel';
import { WeftError, frameOf, messageOf } from '../core/error.ts';

export interface Condition {
  /** Whether the condition holds. A variable that is missing, a type that does not fit, a result that is no boolean: it does not, and `why` is told. */
  (variables: Readonly<Record<string, unknown>>, why?: (reason: string) => void): boolean;
  /** What it may read of `object`. */
  readonly fields: FieldTree;
  readonly reads: Reads;
}

/** Fields by name, with those below them. Empty below a leaf. */
export interface FieldTree extends ReadonlyMap<string, FieldTree> {}

/** What a condition or a rule depends on beside objects. */
export interface Reads {
  /** Paths below `subject`: `id`, `roles`, `claims.region`. A path stands for all below it; an empty one for all there is. */
  readonly subject: readonly string[];
  readonly purpose: boolean;
  readonly now: boolean;
}

type Expr = ReturnType<typeof parse>['expr'];

const environment = celEnv();

/** Compiles a condition once, to be asked often. Throws `POLICY_INVALID` with the place in the text that cannot be read. */
export function compileCondition(text: string): Condition {
  const expression = parseCondition(text);
  const evaluate = plan(environment, expression);
  const holds = (variables: Readonly<Record<string, unknown>>, why?: (reason: string) => void): boolean => {
    // CEL's values: JSON's are among them, numbers as doubles; comparisons hold between doubles and whole numbers.
    const value = evaluate(variables as Parameters<typeof evaluate>[0]);
    if (typeof value === 'boolean') return value;
    why?.(isCelError(value) ? value.message : `the condition is no boolean but ${typeof value}`);
    return false;
  };
  return Object.assign(holds, readsOf(expression.expr));
}

/** Variables that a condition takes for given, beside the names of CEL's own types: `subject`, `object`, and whatever else. */
export function variablesOf(text: string): readonly string[] {
  const scope: Scope = { aliases: new Map(), fields: new Map(), subject: new Set(), others: new Set() };
  noteReads(parseCondition(text).expr, scope);
  const { fields, subject, others } = scope;
  const known = [subject.size > 0 ? 'subject' : '', fields.size > 0 ? 'object' : '', ...others];
  return known.filter((name) => name !== '' && !typeNames.has(name));
}

const typeNames: ReadonlySet<string> = new Set(
  'bool bytes double int list map null_type string timestamp duration type uint'.split(' '),
);

interface Scope {
  /** What the variables of comprehensions go through. */
  readonly aliases: ReadonlyMap<string, readonly string[] | null>;
  readonly fields: Map<string, FieldTree>;
  readonly subject: Set<string>;
  readonly others: Set<string>;
}

/** Everything that an expression mentions, whether it comes to be evaluated or not. */
function readsOf(expression: Expr): { readonly fields: FieldTree; readonly reads: Reads } {
  const scope: Scope = { aliases: new Map(), fields: new Map(), subject: new Set(), others: new Set() };
  noteReads(expression, scope);
  const { fields, subject, others } = scope;
  return { fields, reads: { subject: [...subject], purpose: others.has('purpose'), now: others.has('now') } };
}

function noteReads(expression: Expr | undefined, scope: Scope): void {
  if (expression === undefined) return;
  const path = pathOf(expression, scope);
  if (path !== null) return notePath(path, scope);
  const { exprKind } = expression;
  switch (exprKind.case) {
    case 'selectExpr':
      return noteReads(exprKind.value.operand, scope);
    case 'callExpr':
      return [exprKind.value.target, ...exprKind.value.args].forEach((part) => noteReads(part, scope));
    case 'listExpr':
      return exprKind.value.elements.forEach((part) => noteReads(part, scope));
    case 'structExpr':
      return exprKind.value.entries.forEach(({ keyKind, value }) => {
        if (keyKind.case === 'mapKey') noteReads(keyKind.value, scope);
        noteReads(value, scope);
      });
    case 'comprehensionExpr': {
      const { iterVar, iterVar2, accuVar, iterRange, accuInit, loopCondition, loopStep, result } = exprKind.value;
      noteReads(iterRange, scope);
      noteReads(accuInit, scope);
      const range = iterRange === undefined ? null : pathOf(iterRange, scope);
      const aliases = new Map([...scope.aliases, [iterVar, range], [iterVar2, null], [accuVar, null]]);
      return [loopCondition, loopStep, result].forEach((part) => noteReads(part, { ...scope, aliases }));
    }
    default:
  }
}

/** `object.a.b` as names, items of lists left out; `null` for what is no such path, empty for what leads nowhere. */
function pathOf({ exprKind }: Expr, scope: Scope): readonly string[] | null {
  if (exprKind.case === 'identExpr') {
    const { name } = exprKind.value;
    return scope.aliases.has(name) ? (scope.aliases.get(name) ?? []) : [name];
  }
  if (exprKind.case === 'selectExpr') {
    const path = exprKind.value.operand ? pathOf(exprKind.value.operand, scope) : null;
    return path === null || path.length === 0 ? path : [...path, exprKind.value.field];
  }
  if (exprKind.case === 'callExpr' && exprKind.value.function === '_[_]') {
    const [list, index] = exprKind.value.args;
    const path = list ? pathOf(list, scope) : null;
    if (path === null) return null;
    noteReads(index, scope);
    const key = index?.exprKind.case === 'constExpr' ? index.exprKind.value.constantKind : undefined;
    return key?.case === 'stringValue' && path.length > 0 ? [...path, key.value] : path;
  }
  return null;
}

function notePath([root, ...path]: readonly string[], { fields, subject, others }: Scope): void {
  if (root === 'subject') subject.add(path.join('.'));
  else if (root === 'object') addField(fields, path);
  else if (root !== undefined) others.add(root);
}

function addField(fields: Map<string, FieldTree>, [name, ...rest]: readonly string[]): void {
  if (name === undefined) return;
  const below = new Map(fields.get(name));
  fields.set(name, below);
  addField(below, rest);
}

function parseCondition(text: string): ReturnType<typeof parse> {
  try {
    return parse(text);
  } catch (cause) {
    const { line, column } = placeOf(cause);
    throw new WeftError('POLICY_INVALID', {
      action: `Cannot read condition "${text}"`,
      found: messageOf(cause).replace(/^<input>:/, ''),
      wanted: 'an expression in CEL',
      at: { file: '<condition>', line, column, frame: frameOf(text, line, column) },
      cause,
    });
  }
}

/** Where the parser stopped; its error carries the place in this shape. */
function placeOf(cause: unknown): { readonly line: number; readonly column: number } {
  const location = (cause as { location?: { start?: { line?: number; column?: number } } }).location?.start;
  return { line: location?.line ?? 1, column: location?.column ?? 1 };
}
