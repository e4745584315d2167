/**
 * What policy leaves of a result: objects that do not exist for the subject go, as if they had never been there, and values
 * are masked. It runs over what the subgraphs answered before anything of it is written. The result itself stays as it is:
 * one object may stand at several places.
 */
import type { GraphQLSchema } from 'graphql';
import type { Masker } from '../../mesh/policy/masker.ts';
import type { RowsRule } from '../../mesh/policy/rules.ts';
import type { Verdicts } from '../../mesh/policy/view.ts';
import { createRowTest } from '../policy/row-test.ts';
import type { ResultObject } from './collect.ts';
import type { AnswerError } from './complete.ts';
import { maskValue } from './masked.ts';
import { moveErrors } from './move.ts';
import type { FieldShape, ObjectShape, ShapeValue } from './shape.ts';

/** Covers a result for one subject. */
export type Cover = (covering: Covering) => Covered;

export interface Covering {
  readonly data: ResultObject;
  /** What is known to be wrong, at places of the answer as it would be without policy. */
  readonly errors: readonly AnswerError[];
  /** Of lists: items that are null since what a condition reads of them could not be had. */
  readonly voided: Pass['voided'];
  /** Whether a null that a condition reads is one. It may be what became of a value that could not be had. */
  readonly trustsNulls: boolean;
  readonly verdicts: Verdicts;
}

export interface Covered {
  readonly data: ResultObject;
  readonly errors: readonly AnswerError[];
  /** Whether nothing is left of what a root field gave, though there was something. */
  readonly isGone: boolean;
  /** How many objects did not exist; `null`: nothing was looked for. */
  readonly hidden: number | null;
}

export interface CoverOptions {
  readonly schema: GraphQLSchema;
  readonly shape: ObjectShape;
  readonly filtersOf: (type: string) => readonly RowsRule[];
  readonly masker: Masker;
}

/** Stands for what does not exist. */
const gone = Symbol('gone');

/** One pass over one result. */
export interface Pass {
  readonly isHidden: (type: string, object: ResultObject) => boolean;
  /** Of each list that lost items: where the others are now; -1 for those that went. */
  readonly moved: Map<unknown, readonly number[]>;
  /** Items that are null since what a condition reads of them could not be had. */
  readonly voided: ReadonlyMap<unknown, ReadonlySet<number>>;
  /** Objects that went so far, counted at each place. */
  hidden: number;
}

/** What becomes of a value; `gone` of an object that does not exist. */
type Step = (value: unknown, pass: Pass) => unknown;

/** Compiles the cover of an operation's answers. */
export function compileCover({ shape, ...options }: CoverOptions): Cover {
  const test = createRowTest(options);
  const step = compileObject(shape, options);
  return ({ data, errors, voided, trustsNulls, verdicts }) => {
    const pass: Pass = { isHidden: test({ verdicts, trustsNulls }), moved: new Map(), voided, hidden: 0 };
    const covered = step(data, pass);
    return {
      data: covered === gone ? {} : (covered as ResultObject),
      errors:
        errors.length === 0
          ? errors
          : moveErrors(errors, { shape, data, pass, mayMiss: (type) => options.filtersOf(type).length > 0 }),
      isGone: covered === gone || Object.keys(data).some((key) => isEmptied(data[key], (covered as ResultObject)[key])),
      hidden: pass.hidden,
    };
  };
}

/** Whether there was something, and all of it went. */
function isEmptied(before: unknown, after: unknown): boolean {
  if (before === after || before === null || before === undefined) return false;
  return after === null || (Array.isArray(before) && Array.isArray(after) && before.length > 0 && after.length === 0);
}

type Compiling = Omit<CoverOptions, 'shape'>;

/** `null` where there is nothing to do. */
function compileValue(shape: ShapeValue, options: Compiling): Step | null {
  switch (shape.kind) {
    case 'nonNull':
      return compileValue(shape.of, options);
    case 'leaf':
      return null;
    case 'list': {
      const item = compileValue(shape.of, options);
      return item && ((value, pass) => (Array.isArray(value) ? coverList(value, item, pass) : value));
    }
    case 'object':
      return compileObject(shape, options);
    default:
      return shape satisfies never;
  }
}

function coverList(list: readonly unknown[], item: Step, pass: Pass): readonly unknown[] {
  const voided = pass.voided.get(list);
  const kept: unknown[] = [];
  const moved: number[] = [];
  let isSame = true;
  for (const [index, value] of list.entries()) {
    const isVoided = voided?.has(index) === true;
    if (isVoided) pass.hidden += 1;
    const covered = isVoided ? gone : item(value, pass);
    isSame &&= covered === value;
    moved.push(covered === gone ? -1 : kept.length);
    if (covered !== gone) kept.push(covered);
  }
  if (kept.length < list.length) pass.moved.set(list, moved);
  return isSame ? list : kept;
}

/** What stands behind an abstract type is compiled when it is first met. */
function compileObject(shape: ObjectShape, options: Compiling): Step {
  const known = new Map<string, Step>();
  return (value, pass) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const type = shape.concrete ?? (value as ResultObject)['__typename'] ?? shape.type;
    if (typeof type !== 'string') return value;
    let step = known.get(type);
    if (step === undefined) known.set(type, (step = compileType(type, shape, options)));
    return step(value, pass);
  };
}

function compileType(type: string, shape: ObjectShape, options: Compiling): Step {
  const fields = (shape.fieldsOf(type) ?? []).flatMap((field) => {
    const step = compileField(field, options);
    return step === null ? [] : [{ inner: field.inner, step }];
  });
  return (value, pass) => {
    const object = value as ResultObject;
    if (pass.isHidden(type, object)) {
      pass.hidden += 1;
      return gone;
    }
    let copy: ResultObject | null = null;
    for (const { inner, step } of fields) {
      if (!Object.hasOwn(object, inner)) continue;
      const before = object[inner];
      const after = step(before, pass);
      if (after === before) continue;
      copy ??= { ...object };
      copy[inner] = after === gone ? null : after;
    }
    return copy ?? object;
  };
}

function compileField({ from, mask, value }: FieldShape, options: Compiling): Step | null {
  if (from !== 'result') return null;
  return mask === null ? compileValue(value, options) : maskValue(value, mask, options.masker);
}
