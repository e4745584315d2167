/** What an expression in CEL may read: of objects, of the subject, and else. */
import type { Expr } from './cel.ts';

/** Fields by name, with those below them. Empty below a leaf. */
export interface FieldTree extends ReadonlyMap<string, FieldTree> {}

/** Names that lead somewhere, from the outside in; items of lists are left out. It stands for all below. */
export type Path = readonly string[];

/** What a condition or a rule depends on beside objects. */
export interface Reads {
  /** Paths below `subject`: `["claims", "region"]`. An empty one: all there is. */
  readonly subject: readonly Path[];
  readonly purpose: boolean;
  readonly now: boolean;
}

/** All that an expression mentions, whether it comes to be evaluated or not. */
export interface Mentions {
  readonly fields: FieldTree;
  readonly reads: Reads;
  /** The names it takes from outside; of types (`int`) too. */
  readonly names: ReadonlySet<string>;
}

interface Scope {
  /** What the variables of comprehensions go through. */
  readonly aliases: ReadonlyMap<string, Path | null>;
  readonly fields: Map<string, FieldTree>;
  readonly subject: Map<string, Path>;
  readonly names: Set<string>;
}

/** What an expression mentions. */
export function mentionsOf(expression: Expr): Mentions {
  const scope: Scope = { aliases: new Map(), fields: new Map(), subject: new Map(), names: new Set() };
  noteReads(expression, scope);
  const { fields, subject, names } = scope;
  return {
    fields,
    reads: { subject: [...subject.values()], purpose: names.has('purpose'), now: names.has('now') },
    names,
  };
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
function pathOf({ exprKind }: Expr, scope: Scope): Path | null {
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

function notePath([root, ...path]: Path, { fields, subject, names }: Scope): void {
  if (root === undefined) return;
  names.add(root);
  if (root === 'subject') subject.set(JSON.stringify(path), path);
  else if (root === 'object') addField(fields, path);
}

function addField(fields: Map<string, FieldTree>, [name, ...rest]: Path): void {
  if (name === undefined) return;
  const below = new Map(fields.get(name));
  fields.set(name, below);
  addField(below, rest);
}
