/**
 * Row conditions in CEL: which objects of a type exist for a subject. What a request decides alone is folded away first;
 * what remains asks the object.
 */
import type { Subject } from '../core/subject.ts';
import { type FieldTree, type Reads, compileCondition } from './condition.ts';

export interface RowCondition {
  /** As it is written. */
  readonly text: string;
  /** What it may read of an object. */
  readonly fields: FieldTree;
  readonly reads: Reads;
  /** What is left to ask of an object once it is known who asks, and when (milliseconds since the epoch). */
  filterFor(subject: Subject, now: number): RowFilter;
}

/** A row condition for one subject. */
export interface RowFilter {
  /** CEL over `object` alone; `true` and `false` where there is nothing to ask. */
  readonly text: string;
  readonly fields: FieldTree;
  /** Whether the object exists. Whatever goes wrong while that is worked out: it does not. */
  holds(object: Readonly<Record<string, unknown>>): boolean;
}

/** Compiles a row condition. Throws `POLICY_INVALID` with the place in the text that cannot be read. */
export function compileRowCondition(text: string): RowCondition {
  const condition = compileCondition(text);
  return {
    text,
    fields: condition.fields,
    reads: condition.reads,
    filterFor: (subject, now) => ({
      text,
      fields: condition.fields,
      holds: (object) => condition({ subject, purpose: subject.purpose, now, object }),
    }),
  };
}
