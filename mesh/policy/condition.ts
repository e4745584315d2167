/**
 * Conditions in CEL (the Common Expression Language): what stands in `@event(where:)` and in named policies. Whoever asks a
 * condition asks whether to let something through, so whatever goes wrong while it is worked out means no.
 */
import {
  type Variables,
  isConstantName,
  isFailure,
  nothing,
  parseCondition,
  planExpression,
  valueOfSubject,
  valueOfTime,
} from './cel.ts';
import { isJsonObject } from '../core/json.ts';
import { type FieldTree, type Reads, mentionsOf } from './reads.ts';

export interface Condition {
  /**
   * Whether the condition holds. A variable that is missing, a type that does not fit, a result that is no boolean: it
   * does not, and `why` is told. `now` is given in milliseconds since the epoch and read as a moment.
   */
  (variables: Readonly<Record<string, unknown>>, why?: (reason: string) => void): boolean;
  /** What it may read of `object`. */
  readonly fields: FieldTree;
  readonly reads: Reads;
}

/** Compiles a condition once, to be asked often. Throws `POLICY_INVALID` with the place in the text that cannot be read. */
export function compileCondition(text: string): Condition {
  const { expr } = parseCondition(text);
  const evaluate = planExpression(expr);
  const { fields, reads, ...mentions } = mentionsOf(expr);
  const names = variablesOf(mentions.names);
  const holds = (variables: Readonly<Record<string, unknown>>, why?: (reason: string) => void): boolean => {
    const value = evaluate(bindVariables(names, variables));
    if (typeof value === 'boolean') return value;
    why?.(isFailure(value) ? value.message : `the condition is no boolean but ${typeof value}`);
    return false;
  };
  return Object.assign(holds, { fields, reads });
}

/** Of names, those that stand for nothing by themselves. */
export function variablesOf(names: Iterable<string>): readonly string[] {
  return [...names].filter((name) => !isConstantName(name));
}

/** Variables that a condition takes for given: `subject`, `object`, and whatever else. Throws as `compileCondition` does. */
export function conditionVariables(text: string): readonly string[] {
  return variablesOf(mentionsOf(parseCondition(text).expr).names);
}

/** What these names stand for; one that nobody gave stands for nothing, whatever JavaScript takes it for. */
export function bindVariables(names: readonly string[], variables: Readonly<Record<string, unknown>>): Variables {
  const bound: Record<string, Variables[string]> = Object.create(null) as Record<string, Variables[string]>;
  for (const name of names) {
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    // What is no value of CEL's is told by CEL when it is read.
    if (name === 'now' && typeof value === 'number') bound[name] = valueOfTime(value);
    else if (name === 'subject' && isJsonObject(value)) bound[name] = valueOfSubject(value);
    else bound[name] = value === undefined ? nothing : (value as Variables[string]);
  }
  return bound;
}
