/**
 * Row conditions, taken apart once: what a request decides alone is made a function, what asks the object stays text
 * that can be put together again. `fold.ts` puts the two together for a subject.
 */
import {
  type CelFailure,
  type Expr,
  type Parsed,
  type Value,
  type Variables,
  isConstantName,
  planExpression,
} from './cel.ts';
import { callOf, expressionOf, listOf, mapOf } from './literal.ts';
import { mentionsOf } from './reads.ts';

export type Template = Fixed | Asked | Logic | Negation | Choice | Macro | Strict;

/** It stays as it is. */
export interface Fixed {
  readonly kind: 'fixed';
  readonly expr: Expr;
  readonly isTruth: boolean;
}

/** It asks no object. */
export interface Asked {
  readonly kind: 'asked';
  readonly evaluate: (variables: Variables) => Value | CelFailure;
  /** Its parts, for where what it comes to cannot be written; `null` where it then fails. */
  readonly parts: (() => Template) | null;
}

/** Either side decides alone, also where the other fails. */
export interface Logic {
  readonly kind: 'logic';
  readonly operator: '_&&_' | '_||_';
  readonly left: Template;
  readonly right: Template;
}

export interface Negation {
  readonly kind: 'negation';
  readonly of: Template;
}

export interface Choice {
  readonly kind: 'choice';
  readonly test: Template;
  readonly yes: Template;
  readonly no: Template;
}

/** `over.name(variable, …args)` */
export interface Macro {
  readonly kind: 'macro';
  readonly name: string;
  readonly over: Template;
  readonly variable: Expr;
  readonly args: readonly Template[];
}

/** It fails where one of its parts does. */
export interface Strict {
  readonly kind: 'strict';
  readonly parts: readonly Template[];
  readonly make: (parts: readonly Expr[]) => Expr;
  /** Whether it gives a boolean or fails. */
  readonly isTruth: boolean;
}

interface Scope {
  readonly macros: NonNullable<Parsed['sourceInfo']>['macroCalls'];
  /** Every expression of the condition, by id. */
  readonly known: ReadonlyMap<bigint, Expr>;
  /** What only an object says: itself, and what macros go through. */
  readonly local: ReadonlySet<string>;
}

/** Takes a condition apart. */
export function templateOf({ expr, sourceInfo }: Parsed & { readonly expr: Expr }): Template {
  const known = new Map<bigint, Expr>();
  index(expr, known);
  return prepare(expr, { macros: sourceInfo?.macroCalls ?? {}, known, local: new Set(['object']) });
}

function prepare(expr: Expr, scope: Scope): Template {
  const { exprKind } = expr;
  if (exprKind.case === 'constExpr' && exprKind.value.constantKind.case !== 'boolValue') return fixed(expr);
  const names = [...mentionsOf(expr).names];
  if (names.some((name) => scope.local.has(name))) return prepareParts(expr, scope);
  if (exprKind.case === 'identExpr' && isConstantName(exprKind.value.name)) return fixed(expr);
  const readsRequest = exprKind.case === 'identExpr' || exprKind.case === 'selectExpr' || exprKind.case === 'constExpr';
  return {
    kind: 'asked',
    evaluate: planExpression(expr),
    parts: readsRequest ? null : () => prepareParts(expr, scope),
  };
}

function prepareParts(expr: Expr, scope: Scope): Template {
  const { exprKind } = expr;
  switch (exprKind.case) {
    case 'selectExpr': {
      const { operand, ...rest } = exprKind.value;
      const made = strict(operand === undefined ? [] : [prepare(operand, scope)], ([part]) =>
        expressionOf({ case: 'selectExpr', value: { ...rest, ...(part && { operand: part }) } }),
      );
      return { ...made, isTruth: rest.testOnly };
    }
    case 'callExpr':
      return prepareCall(exprKind.value, scope);
    case 'listExpr':
      return strict(prepareAll(exprKind.value.elements, scope), listOf);
    case 'structExpr':
      return prepareStruct(exprKind.value, scope) ?? fixed(expr);
    case 'comprehensionExpr':
      return prepareMacro(expr, exprKind.value, scope);
    default:
      return fixed(expr);
  }
}

type KindOf<Case extends Expr['exprKind']['case']> = Extract<Expr['exprKind'], { readonly case: Case }>;
type Call = KindOf<'callExpr'>['value'];

function prepareCall({ function: name, target, args }: Call, scope: Scope): Template {
  const parts = prepareAll(args, scope);
  const [first, second, third] = parts;
  if (first !== undefined && second !== undefined) {
    if (name === '_&&_' || name === '_||_') return { kind: 'logic', operator: name, left: first, right: second };
    if (name === '_?_:_' && third !== undefined) return { kind: 'choice', test: first, yes: second, no: third };
  }
  if (name === '!_' && first !== undefined) return { kind: 'negation', of: first };
  const isTruth = truthful.has(name);
  if (target === undefined) return { ...strict(parts, (made) => callOf(name, made)), isTruth };
  return { ...strict([prepare(target, scope), ...parts], ([made, ...rest]) => callOf(name, rest, made)), isTruth };
}

/** Functions that give a boolean, if they give anything. */
const truthful = new Set('_==_ _!=_ _<_ _<=_ _>_ _>=_ @in contains startsWith endsWith matches'.split(' '));

/** Messages (`Name{...}`) stay as they are. */
function prepareStruct({ messageName, entries }: KindOf<'structExpr'>['value'], scope: Scope): Template | null {
  if (messageName !== '') return null;
  const pairs = entries.flatMap(({ keyKind, value }) =>
    keyKind.case === 'mapKey' && value !== undefined ? [keyKind.value, value] : [],
  );
  return strict(prepareAll(pairs, scope), (made) =>
    mapOf(
      made.flatMap((key, place) => {
        const value = made[place + 1];
        return place % 2 === 0 && value !== undefined ? [[key, value] as const] : [];
      }),
    ),
  );
}

function prepareMacro(
  { id }: Expr,
  { iterRange, iterVar }: KindOf<'comprehensionExpr'>['value'],
  scope: Scope,
): Template {
  const call = scope.macros[id.toString()]?.exprKind;
  const [variable, ...args] = call?.case === 'callExpr' ? call.value.args : [];
  if (call?.case !== 'callExpr' || iterRange === undefined || variable === undefined)
    throw new Error('An expanded macro lacks the call that it was.');
  const inner = { ...scope, local: new Set([...scope.local, iterVar]) };
  // Where macros stand in one another, the call has an empty place for the inner one.
  const expanded = args.map((argument) => scope.known.get(argument.id) ?? argument);
  return {
    kind: 'macro',
    name: call.value.function,
    over: prepare(iterRange, scope),
    variable,
    args: prepareAll(expanded, inner),
  };
}

function prepareAll(parts: readonly Expr[], scope: Scope): readonly Template[] {
  return parts.map((part) => prepare(part, scope));
}

function fixed(expr: Expr, isTruth = false): Fixed {
  return { kind: 'fixed', expr, isTruth };
}

function strict(parts: readonly Template[], make: Strict['make']): Strict {
  return { kind: 'strict', parts, make, isTruth: false };
}

function index(expr: Expr | undefined, known: Map<bigint, Expr>): void {
  if (expr === undefined) return;
  known.set(expr.id, expr);
  const { exprKind } = expr;
  const visit = (parts: readonly (Expr | undefined)[]): void => parts.forEach((part) => index(part, known));
  switch (exprKind.case) {
    case 'selectExpr':
      return index(exprKind.value.operand, known);
    case 'callExpr':
      return visit([exprKind.value.target, ...exprKind.value.args]);
    case 'listExpr':
      return visit(exprKind.value.elements);
    case 'structExpr':
      return visit(
        exprKind.value.entries.flatMap(({ keyKind, value }) => [
          keyKind.case === 'mapKey' ? keyKind.value : undefined,
          value,
        ]),
      );
    case 'comprehensionExpr': {
      const { iterRange, accuInit, loopCondition, loopStep, result } = exprKind.value;
      return visit([iterRange, accuInit, loopCondition, loopStep, result]);
    }
    default:
  }
}
