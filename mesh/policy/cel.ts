/**
 * The Common Expression Language: parsing, evaluating and printing. Names `@bufbuild/cel`, alone in the house. JSON is
 * given to it as it is, numbers as doubles; comparisons and `in` hold between doubles and whole numbers.
 */
import {
  type CelError,
  type CelInput,
  type CelValue,
  celEnv,
  celError,
  celMap,
  isCelError,
  isCelList,
  isCelMap,
  isCelUint,
  parse,
  plan,
  unparse,
} from '@bufbuild/cel';
import { type JsonObject, isJsonObject } from '../core/json.ts';
import { WeftError, frameOf, messageOf } from '../core/error.ts';

/** A condition as it is parsed. */
export type Parsed = ReturnType<typeof parse>;
/** An expression; its macros (`exists`, `all`, `map`, `filter`) are expanded, `macroCalls` of the parsed whole has them by id. */
export type Expr = NonNullable<Parsed['expr']>;
/** What an expression comes to. */
export type Value = CelValue;
export type CelFailure = CelError;
/** What an expression's names stand for. */
export type Variables = Readonly<Record<string, CelInput>>;

export { isCelList as isList, isCelMap as isMap, isCelUint as isUint, isCelError as isFailure };

const environment = celEnv();

/** Parses a condition. Throws `POLICY_INVALID` with the place in the text that cannot be read. */
export function parseCondition(text: string): Parsed & { readonly expr: Expr } {
  try {
    const { expr, ...rest } = parse(text);
    if (expr === undefined) throw new Error('nothing');
    return { ...rest, expr };
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

/** Makes a function of an expression, to be called often. It never throws: what goes wrong is its result. */
export function planExpression(expression: Expr): (variables: Variables) => Value | CelFailure {
  const evaluate = plan(environment, expression);
  return (variables) => evaluate(variables) as Value | CelFailure;
}

/** The text of an expression in which macros stand as they were called. */
export function printExpression(expression: Expr): string {
  return unparse(expression);
}

/** An object whose own members are read by name, whatever they are called. */
export function valueOfObject(object: Readonly<Record<string, unknown>>): CelInput {
  return celMap(new Map(Object.entries(object)) as ReadonlyMap<string, CelInput>);
}

/** Who asks, `claims` the most asked of all; remembered for one that does not change. */
export function valueOfSubject(subject: JsonObject): CelInput {
  const known = subjects.get(subject);
  if (known !== undefined) return known;
  const { claims } = subject;
  const value = valueOfObject(isJsonObject(claims) ? { ...subject, claims: valueOfObject(claims) } : subject);
  if (Object.isFrozen(subject)) subjects.set(subject, value);
  return value;
}

const subjects = new WeakMap<object, CelInput>();

/** A moment, from milliseconds since the epoch: numbers that are no time are told when it is read. */
export function valueOfTime(milliseconds: number): CelInput {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.valueOf())) return nothing;
  return toTimestamp({ text: date.toISOString() }) as CelInput;
}

/** A name that stands for nothing: whatever reads it fails. */
export const nothing: CelInput = celError('unresolved attribute') as unknown as CelInput;

const toTimestamp = plan(environment, parse('timestamp(text)'));
const toText = plan(environment, parse('string(value)'));
const toKind = plan(environment, parse('type(value)'));

/** A moment or a span of time as the call that makes it; `null` for any other value. */
export function timeCallOf(value: Value): { readonly name: 'timestamp' | 'duration'; readonly text: string } | null {
  const kind = toKind({ value: value as CelInput }) as { readonly name?: string };
  const name = kind.name?.replace('google.protobuf.', '').toLowerCase();
  const text = toText({ value: value as CelInput });
  return (name === 'timestamp' || name === 'duration') && typeof text === 'string' ? { name, text } : null;
}

/** Whether a name stands for something by itself, as types do (`int`). */
export function isConstantName(name: string): boolean {
  if (variables.has(name)) return false;
  return !isCelError(plan(environment, parse(name))(Object.create(null) as Variables));
}

const variables = new Set(['subject', 'object', 'purpose', 'now', 'event', 'args']);
