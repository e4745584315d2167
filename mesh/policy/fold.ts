/**
 * Folds a row condition for a request: what the request decides alone becomes constant, `&&`, `||`, `!` and `?:` around it
 * are done away with by CEL's own rules, and what asks the object is left. Nothing comes out otherwise than the whole
 * condition would have it; a failure is gone only where it makes no difference.
 */
import { type Expr, type Value, type Variables, isFailure, isList, printExpression } from './cel.ts';
import { callOf, failing, literalOf } from './literal.ts';
import type { Choice, Logic, Macro, Negation, Template } from './template.ts';

/** `true`, `false`, `failed` for what is false since it cannot be worked out, or the text of what is left to ask of an object. */
export type Folded = boolean | 'failed' | { readonly text: () => string };

/**
 * What becomes of a result. `verdict`: only whether it is true. `truth`: what is no boolean is a failure. `value`: all of it.
 */
type Use = 'verdict' | 'truth' | 'value';

/** Its expression is made when somebody wants the text: most filters are never asked anything. */
type Part = Constant | Failure | Open;

interface Constant {
  readonly kind: 'constant';
  readonly value: Value;
  readonly write: () => Expr;
}

interface Failure {
  readonly kind: 'failure';
  readonly write: () => Expr;
}

interface Open {
  readonly kind: 'open';
  readonly isTruth: boolean;
  readonly write: () => Expr;
}

const failure: Failure = { kind: 'failure', write: () => failing };

/** What is left of a condition once these are known: `subject`, `purpose` and `now`. */
export function foldCondition(template: Template, variables: Variables): Folded {
  const part = fold(template, 'verdict', variables);
  if (part === failed) return 'failed';
  if (part.kind !== 'open') return part.kind === 'constant' && part.value === true;
  return { text: () => printExpression(part.write()) };
}

function fold(template: Template, use: Use, variables: Variables): Part {
  return settle(foldAny(template, use, variables), use);
}

/** What differs only in how it fails to be true is the same where only that is asked. */
function settle(part: Part, use: Use): Part {
  if (use === 'value' || part.kind === 'open') return part;
  if (part.kind === 'constant' && typeof part.value === 'boolean') return part;
  return use === 'verdict' ? failed : failure;
}

function foldAny(template: Template, use: Use, variables: Variables): Part {
  switch (template.kind) {
    case 'fixed':
      return { kind: 'open', isTruth: template.isTruth, write: () => template.expr };
    case 'asked': {
      const value = template.evaluate(variables);
      if (isFailure(value)) return failure;
      const parts = () => (template.parts === null ? failure : fold(template.parts(), 'value', variables));
      return { kind: 'constant', value, write: () => literalOf(value) ?? parts().write() };
    }
    case 'logic':
      return foldLogic(template, use, variables);
    case 'negation':
      return foldNegation(template, variables);
    case 'choice':
      return foldChoice(template, use, variables);
    case 'macro':
      return foldMacro(template, use, variables);
    case 'strict': {
      const parts = template.parts.map((part) => fold(part, 'value', variables));
      if (parts.some((part) => part.kind === 'failure')) return failure;
      return { kind: 'open', isTruth: template.isTruth, write: () => template.make(parts.map(written)) };
    }
    default:
      return template satisfies never;
  }
}

function foldLogic({ operator, left, right }: Logic, use: Use, variables: Variables): Part {
  const inner = use === 'value' ? 'truth' : use;
  const decisive = operator === '_||_';
  const first = fold(left, inner, variables);
  if (isConstant(first, decisive)) return first;
  const second = fold(right, inner, variables);
  if (isConstant(second, decisive)) return second;
  const mayStandAlone = (part: Part): boolean => use !== 'value' || part.kind !== 'open' || part.isTruth;
  if (isConstant(first, !decisive) && mayStandAlone(second))
    return isConstant(second, !decisive) && first === failed ? first : second;
  if (isConstant(second, !decisive) && mayStandAlone(first)) return first;
  if (first.kind === 'failure' && second.kind === 'failure') return failure;
  return { kind: 'open', isTruth: true, write: () => callOf(operator, [first, second].map(written)) };
}

function foldNegation({ of }: Negation, variables: Variables): Part {
  const part = fold(of, 'truth', variables);
  if (part.kind === 'failure') return part;
  if (part.kind === 'constant') return constant(part.value !== true);
  return { kind: 'open', isTruth: true, write: () => callOf('!_', [part.write()]) };
}

function foldChoice({ test, yes, no }: Choice, use: Use, variables: Variables): Part {
  const tested = fold(test, 'truth', variables);
  if (tested.kind === 'failure') return tested;
  if (tested.kind === 'constant') return fold(tested.value === true ? yes : no, use, variables);
  const branches = [yes, no].map((branch) => fold(branch, use, variables));
  const isTruth = branches.every((branch) => (branch.kind === 'open' ? branch.isTruth : isBoolean(branch)));
  return { kind: 'open', isTruth, write: () => callOf('_?_:_', [tested, ...branches].map(written)) };
}

function foldMacro({ name, over, variable, args }: Macro, use: Use, variables: Variables): Part {
  const range = fold(over, 'value', variables);
  if (range.kind === 'failure') return range;
  const isEmpty = range.kind === 'constant' && isList(range.value) && range.value.size === 0;
  if (isEmpty && (name === 'exists' || name === 'all')) return constant(name === 'all');
  const isQuantor = name === 'exists' || name === 'all';
  const test: Use = isQuantor && use === 'verdict' ? 'verdict' : 'truth';
  const parts = args.map((argument, place) => {
    const isResult = name === 'map' && place === args.length - 1;
    return fold(argument, isResult ? 'value' : test, variables);
  });
  const isTruth = isQuantor || name === 'exists_one' || name === 'existsOne';
  return { kind: 'open', isTruth, write: () => callOf(name, [variable, ...parts.map(written)], range.write()) };
}

function written(part: Part): Expr {
  return part.write();
}

function constant(value: boolean): Constant {
  return value ? yes : no;
}

const yes: Constant = { kind: 'constant', value: true, write: () => literalOf(true) ?? failing };
/** False, and known to be so only since it cannot be worked out. */
const failed: Constant = { kind: 'constant', value: false, write: () => literalOf(false) ?? failing };
const no: Constant = { kind: 'constant', value: false, write: () => literalOf(false) ?? failing };

function isConstant(part: Part, value: boolean): boolean {
  return part.kind === 'constant' && part.value === value;
}

function isBoolean(part: Part): boolean {
  return part.kind === 'failure' || (part.kind === 'constant' && typeof part.value === 'boolean');
}
