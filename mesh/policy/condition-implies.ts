/**
 * Whether one condition holds only where another does, as far as their form tells: parts that are added or left out, bounds that
 * move, lists that shrink. Where it says yes, it is so, errors included; where it says no, it may still be so.
 */
import { type Expr, parseCondition, printExpression } from './cel.ts';

/** Whether `other` holds wherever `text` does. Throws `POLICY_INVALID` for what cannot be read. */
export function impliesCondition(text: string, other: string): boolean {
  return text === other || implies(parseCondition(text).expr, parseCondition(other).expr);
}

function implies(one: Expr, other: Expr): boolean {
  if (constantOf(one) === false || constantOf(other) === true) return true;
  const asked = partsOf(other, '_&&_');
  if (asked !== null) return asked.every((part) => implies(one, part));
  const cases = partsOf(one, '_||_');
  if (cases !== null) return cases.every((part) => implies(part, other));
  // Each is enough by itself; that none of them is does not say that all are not.
  const given = partsOf(one, '_&&_');
  if (given?.some((part) => implies(part, other))) return true;
  const ways = partsOf(other, '_||_');
  if (ways?.some((part) => implies(one, part))) return true;
  return isSame(one, other) || isNarrower(one, other);
}

/** The two sides of a call. */
function partsOf(expression: Expr | undefined, name: string): readonly [Expr, Expr] | null {
  if (expression?.exprKind.case !== 'callExpr' || expression.exprKind.value.function !== name) return null;
  const [left, right] = expression.exprKind.value.args;
  return left === undefined || right === undefined ? null : [left, right];
}

function isSame(one: Expr, other: Expr): boolean {
  const text = textOf(one);
  return text !== null && text === textOf(other);
}

/** `null` for what has no text of its own: an expanded macro. */
function textOf(expression: Expr): string | null {
  try {
    return printExpression(expression);
  } catch {
    return null;
  }
}

/** Comparisons of one thing: with a number, or with the members of a list. */
function isNarrower(one: Expr, other: Expr): boolean {
  const [range, wide] = [rangeOf(one), rangeOf(other)];
  if (range !== null && wide !== null) {
    if (!isSame(range.of, wide.of) || range.kind !== wide.kind) return false;
    return isWithin(range, wide);
  }
  const [members, all] = [membersOf(one), membersOf(other)];
  if (members === null || all === null || !isSame(members.of, all.of)) return false;
  return members.texts.every((text) => all.texts.includes(text));
}

interface Range {
  readonly of: Expr;
  /** Of the numbers that it is compared with: what compares with one of a kind compares with all. */
  readonly kind: string;
  readonly from: number;
  readonly to: number;
  /** Whether the ends themselves are in it. */
  readonly isFromIn: boolean;
  readonly isToIn: boolean;
}

function rangeOf(expression: Expr): Range | null {
  for (const [name, flipped] of comparisons) {
    const sides = partsOf(expression, name);
    if (sides === null) continue;
    const [left, right] = sides;
    const [ofRight, ofLeft] = [numberOf(right), numberOf(left)];
    if (ofRight !== null && ofLeft === null) return rangeBy(name, left, ofRight);
    if (ofLeft !== null && ofRight === null) return rangeBy(flipped, right, ofLeft);
  }
  return null;
}

const comparisons = [
  ['_>_', '_<_'],
  ['_>=_', '_<=_'],
  ['_<_', '_>_'],
  ['_<=_', '_>=_'],
  ['_==_', '_==_'],
] as const;

function rangeBy(name: (typeof comparisons)[number][number], of: Expr, { kind, value }: NumberConstant): Range {
  const isExact = name === '_==_';
  const isUp = name === '_>_' || name === '_>=_';
  return {
    of,
    kind,
    from: isExact || isUp ? value : -Infinity,
    to: isExact || !isUp ? value : Infinity,
    isFromIn: name !== '_>_',
    isToIn: name !== '_<_',
  };
}

function isWithin(range: Range, wide: Range): boolean {
  const isAbove = range.from > wide.from || (range.from === wide.from && (wide.isFromIn || !range.isFromIn));
  const isBelow = range.to < wide.to || (range.to === wide.to && (wide.isToIn || !range.isToIn));
  return isAbove && isBelow;
}

interface NumberConstant {
  readonly kind: string;
  readonly value: number;
}

/** Whole numbers that are none as doubles are left alone. */
function numberOf(expression: Expr): NumberConstant | null {
  if (expression.exprKind.case !== 'constExpr') return null;
  const { constantKind } = expression.exprKind.value;
  if (constantKind.case === 'doubleValue') return { kind: 'double', value: constantKind.value };
  if (constantKind.case !== 'int64Value') return null;
  const value = Number(constantKind.value);
  return Number.isSafeInteger(value) ? { kind: 'int', value } : null;
}

/** `x in ['a', 'b']`, and `x == 'a'`. */
function membersOf(expression: Expr): { readonly of: Expr; readonly texts: readonly string[] } | null {
  const equal = partsOf(expression, '_==_');
  if (equal !== null) {
    const [of, value] = equal;
    return isText(value) ? { of, texts: [textOf(value) ?? ''] } : null;
  }
  const inside = partsOf(expression, '@in');
  if (inside === null) return null;
  const [of, list] = inside;
  if (list.exprKind.case !== 'listExpr') return null;
  const { elements } = list.exprKind.value;
  return elements.every(isText) ? { of, texts: elements.map((element) => textOf(element) ?? '') } : null;
}

function isText(expression: Expr): boolean {
  return expression.exprKind.case === 'constExpr' && expression.exprKind.value.constantKind.case === 'stringValue';
}

function constantOf({ exprKind }: Expr): boolean | null {
  if (exprKind.case !== 'constExpr' || exprKind.value.constantKind.case !== 'boolValue') return null;
  return exprKind.value.constantKind.value;
}
