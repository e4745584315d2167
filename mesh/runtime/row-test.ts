/** Tests rows by the filters of a request. */
import { systemClock } from '../core/clock.ts';
import { limits } from '../core/limits.ts';
import type { RowFilters } from '../core/subgraph.ts';
import type { Subject } from '../core/subject.ts';
import type { FieldTree } from '../policy/reads.ts';
import { type RowCondition, compileRowCondition } from '../policy/row-condition.ts';

/** `unknown`: the row lacks a field that decides. */
export type Existence = 'exists' | 'hidden' | 'unknown';

export interface RowTest {
  (row: object): Existence;
}

/** Gives the test of a type; `null` for one whose rows all exist. */
export type RowTests = (type: string) => RowTest | null;

/** Tests for one subject, now. */
export function createRowTests(filters: RowFilters, subject: Subject): RowTests {
  const tests = new Map<string, RowTest>();
  const now = systemClock.now();
  return (type) => {
    const text = Object.hasOwn(filters, type) ? filters[type] : undefined;
    if (text === undefined) return null;
    const known = tests.get(type);
    if (known !== undefined) return known;
    const filter = conditionOf(text)?.filterFor(subject, now) ?? null;
    const test: RowTest = (row) => {
      if (filter === null) return 'hidden';
      if (!hasFields(row, filter.fields)) return 'unknown';
      return filter.holds({ ...row }) ? 'exists' : 'hidden';
    };
    tests.set(type, test);
    return test;
  };
}

const conditions = new Map<string, RowCondition | null>();

/** `null` for a text that this version cannot read: it hides every row. */
function conditionOf(text: string): RowCondition | null {
  const known = conditions.get(text);
  if (known !== undefined) return known;
  if (conditions.size >= limits.filtersCachedMax) conditions.clear();
  const condition = compile(text);
  conditions.set(text, condition);
  return condition;
}

function compile(text: string): RowCondition | null {
  try {
    return compileRowCondition(text);
  } catch {
    return null;
  }
}

/** Whether an object has the fields, be they null. Below a list nothing is looked for. */
function hasFields(object: object, fields: FieldTree): boolean {
  for (const [name, below] of fields) {
    const value: unknown = Object.hasOwn(object, name) ? Reflect.get(object, name) : undefined;
    if (value === undefined) return false;
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && !hasFields(value, below)) return false;
  }
  return true;
}
