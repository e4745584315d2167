/**
 * Errors about what only row conditions read. No client is told of them: where a condition lacks a value, the row does not
 * exist. What a subgraph says of a lookup as a whole may name such a field too, so its words stay inside.
 */
import { errorKinds } from '../../mesh/core/error.ts';
import { isRowKey } from '../policy/rows.ts';
import { withoutSuffix } from './alias.ts';
import type { ResponsePath, ResultObject } from './collect.ts';
import type { AnswerError } from './complete.ts';

/** Where a value could not be had that a condition reads: the path of its object, as it is inside the mesh. `null`: anywhere. */
export type Concealed = ResponsePath | null;

/** What an error is about, and of which request it comes. */
interface Reporting {
  /** Whether the request asked for what conditions read. */
  readonly asksRows: boolean;
  /** `field`: one, maybe a condition's. `object`: one whole. `all`: whatever was asked for, or the subgraph does not say. */
  readonly about: 'field' | 'object' | 'all';
}

/** What has come of the errors of a result. */
export interface Reported {
  readonly errors: AnswerError[];
  readonly concealed: Concealed[];
}

/** Takes an error that a subgraph reported. */
export function addReported(result: Reported, error: AnswerError, { asksRows, about }: Reporting): void {
  const index = error.path?.findIndex(isRowKey) ?? -1;
  if (error.path !== undefined && index >= 0) result.concealed.push(error.path.slice(0, index));
  else result.errors.push(asksRows && about !== 'field' ? withoutWords(error) : error);
  if (asksRows && about === 'all') result.concealed.push(null);
}

/** An error as it may be told where the subgraph was asked for more than the client knows of. A code of its own is a word as well. */
export function withoutWords(error: AnswerError): AnswerError {
  const isOurs = Object.hasOwn(errorKinds, error.extensions.code);
  const extensions = isOurs ? error.extensions : { ...error.extensions, code: 'DOWNSTREAM_SERVICE_ERROR' };
  return { ...error, message: 'The subgraph reported an error.', extensions };
}

/** A subgraph knows nothing of who is told what: of its words, those that name what the subject is not told of stay inside. */
export function keepUntold({ errors }: Pick<Reported, 'errors'>, isUntold: (text: string) => boolean): void {
  for (const [index, error] of errors.entries()) {
    const { executionId, ...extensions } = error.extensions;
    const texts = [error.message, extensions.code, executionId];
    if (texts.some((text) => typeof text === 'string' && isUntold(text)))
      errors[index] = withoutWords({ ...error, extensions });
  }
}

export interface Voided {
  /** Of lists: the items that are null since a condition lacks something of them. */
  readonly voided: ReadonlyMap<unknown, ReadonlySet<number>>;
  /** What is null though nobody has told why: at places of the answer. */
  readonly untold: readonly AnswerError[];
  /** Whether that happened to what a root field gave. */
  readonly isRootVoid: boolean;
}

/** Finds what became null since a value that a condition reads may not be null: the object itself, or what is around it. */
export function findVoided(data: ResultObject, concealed: readonly Concealed[]): Voided {
  const voided = new Map<unknown, Set<number>>();
  const untold: AnswerError[] = [];
  let isRootVoid = false;
  for (const path of concealed) {
    const end = path === null ? null : nullAt(data, path);
    if (path === null || end === null) continue;
    const { list, depth } = end;
    const last = path[depth - 1];
    if (depth === path.length && list !== null && typeof last === 'number') {
      const known = voided.get(list);
      if (known === undefined) voided.set(list, new Set([last]));
      else known.add(last);
    } else if (depth === path.length) {
      isRootVoid ||= depth === 1;
    } else {
      const place = path.slice(0, depth);
      untold.push(withoutWords({ message: '', path: place, extensions: { code: 'DOWNSTREAM_SERVICE_ERROR' } }));
    }
  }
  return { voided, untold, isRootVoid };
}

interface NullPlace {
  /** How many keys lead there. */
  readonly depth: number;
  /** The list that holds it, if one does. */
  readonly list: readonly unknown[] | null;
}

function nullAt(data: ResultObject, path: ResponsePath): NullPlace | null {
  let value: unknown = data;
  let list: readonly unknown[] | null = null;
  for (const [depth, key] of path.entries()) {
    if (value === null || value === undefined) return { depth, list };
    if (typeof value !== 'object') return null;
    list = Array.isArray(value) ? value : null;
    value = (value as Readonly<Record<string | number, unknown>>)[typeof key === 'string' ? withoutSuffix(key) : key];
  }
  return value === null || value === undefined ? { depth: path.length, list } : null;
}
