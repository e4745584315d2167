/**
 * Writes the payloads of an answer that comes in parts, in the format of incremental delivery that Apollo's clients and
 * router speak (`deferSpec=20220824`): first `{"data":…,"hasNext":true}`, then `{"incremental":[…],"hasNext":…}` with an
 * entry for each object that a fragment stands at. A fragment comes after the part around it.
 */
import { type AnswerError, type Completing, type Completion, completePart } from './complete.ts';
import type { Deferral } from './deferral.ts';
import { type CompiledOperation, clientErrors } from './operation.ts';
import type { PartRun, RunningParts } from './parts.ts';
import { type DeferredPlace, findPlaces } from './places.ts';
import { Sent } from './sent.ts';

/** A fragment that the client has objects for. */
interface OpenPart {
  readonly label: string;
  readonly places: DeferredPlace[];
  readonly run: PartRun;
  /** Errors that came with the parts around it. */
  readonly errors: AnswerError[];
}

interface Entry {
  readonly place: DeferredPlace;
  readonly data: string;
  /** What was found out while it was written. */
  readonly errors: readonly AnswerError[];
}

export class Payloads {
  readonly #operation: CompiledOperation;
  readonly #deferral: Deferral;
  readonly #parts: RunningParts;
  readonly #sent = new Sent();
  /** Every error that came so far. */
  readonly #known: AnswerError[] = [];
  readonly #completing: Completing = { known: this.#known, errors: [], looks: 0 };
  readonly #open = new Map<string, OpenPart>();

  constructor(operation: CompiledOperation, deferral: Deferral, parts: RunningParts) {
    this.#operation = operation;
    this.#deferral = deferral;
    this.#parts = parts;
  }

  get hasNext(): boolean {
    return this.#open.size > 0;
  }

  /** What is not deferred, once it is there. */
  async first(): Promise<string> {
    const { shape, write, denials } = this.#operation;
    const { primary } = this.#parts;
    await primary.done;
    assertWhole(primary);
    const { result } = primary;
    const brought = [...denials, ...clientErrors(this.#operation, result)];
    this.#known.push(...brought);
    let data = write(result.data, result.plain);
    let found: readonly AnswerError[] = [];
    if (data === null) ({ data, errors: found } = this.#complete({ shape, object: result.data, path: [] }));
    this.#sent.add([], data);
    if (data !== 'null') this.#openParts({ shape, object: result.data, path: [] });
    const errors = [...this.#keepOwn(null, brought), ...found];
    return `{"data":${data}${writeErrors(errors)},"hasNext":${this.hasNext}}`;
  }

  /** What comes next: every part that is ready, after at least one is. */
  async next(): Promise<string> {
    const entries: string[] = [];
    while (this.hasNext && entries.length === 0) {
      await Promise.race(Array.from(this.#open.values(), ({ run }) => run.done));
      // Writing a part may open others, which the iteration comes to as well.
      for (const part of this.#open.values()) if (part.run.isDone) entries.push(...this.#writePart(part));
    }
    const incremental = entries.length === 0 ? '' : `"incremental":[${entries.join(',')}],`;
    return `{${incremental}"hasNext":${this.hasNext}}`;
  }

  /** One entry for each place; a place that the client has as null by now has none. */
  #writePart({ label, places, run, errors: inherited }: OpenPart): readonly string[] {
    this.#open.delete(label);
    assertWhole(run);
    const brought = clientErrors(this.#operation, run.result);
    this.#known.push(...brought);
    const entries = places
      .filter(({ path }) => this.#sent.at(path) !== null)
      .map((place): Entry => ({ place, ...this.#writePlace(place) }));
    const own = shareOut(this.#keepOwn(label, [...inherited, ...brought]), entries);
    const name = this.#deferral.parts.get(label)?.label ?? null;
    const labelled = name === null ? '' : `,"label":${JSON.stringify(name)}`;
    return entries.map(({ place, data, errors }, index) => {
      const told = writeErrors([...(own.get(index) ?? []), ...errors]);
      return `{"data":${data},"path":${JSON.stringify(place.path)}${labelled}${told}}`;
    });
  }

  /** The data of a fragment at one place. Nulls travel up to the fragment and no further. */
  #writePlace(place: DeferredPlace): Pick<Entry, 'data' | 'errors'> {
    const { shape, object, path } = place;
    const written = this.#deferral.writerOf(shape)(object, this.#isPlain());
    const { data: whole, errors } = written === null ? this.#complete(place) : { data: written, errors: [] };
    const data = this.#sent.withoutNulled(path, whole);
    this.#sent.add(path, data);
    if (data !== 'null') this.#openParts(place);
    return { data, errors };
  }

  /** Writes with care. From here on the client may have less than the result has. */
  #complete({ shape, object, path }: DeferredPlace): Completion {
    const completion = completePart(shape, object, { path, completing: this.#completing });
    this.#sent.track();
    return completion;
  }

  #openParts({ shape, object, path }: DeferredPlace): void {
    for (const [label, places] of findPlaces(shape, object, { path, sent: this.#sent.at(path) })) {
      const run = this.#parts.deferred.get(label);
      if (run === undefined) throw new Error(`The answer names a part "${label}" that is not there.`);
      const known = this.#open.get(label);
      if (known === undefined) this.#open.set(label, { label, places, run, errors: [] });
      else known.places.push(...places);
    }
  }

  /** Whether no string of what was fetched so far needs escaping. */
  #isPlain(): boolean {
    const { primary, deferred } = this.#parts;
    return primary.result.plain && deferred.values().every(({ result }) => result.plain);
  }

  /** Hands errors on to the fragments inside a part that select their places, where the client has such a place. */
  #keepOwn(part: string | null, brought: readonly AnswerError[]): readonly AnswerError[] {
    const positions = new Map<OpenPart, ReadonlyMap<string, number>>();
    return brought.filter((error) => {
      const label = error.path === undefined ? null : this.#deferral.fragmentAt(error.path, part);
      const inner = label === null ? undefined : this.#open.get(label);
      if (inner === undefined) return true;
      const known = positions.get(inner) ?? positionsOf(inner.places);
      positions.set(inner, known);
      if (positionOf(error, inner.places, known) === undefined) return true;
      inner.errors.push(error);
      return false;
    });
  }
}

function assertWhole({ broken }: PartRun): void {
  if (broken !== null) throw broken.error;
}

/** Errors by the position of the entry that tells of them: the one they stand in, or the first. */
function shareOut(
  errors: readonly AnswerError[],
  entries: readonly Entry[],
): ReadonlyMap<number, readonly AnswerError[]> {
  if (errors.length === 0) return new Map();
  const places = entries.map(({ place }) => place);
  const positions = positionsOf(places);
  return Map.groupBy(errors, (error) => positionOf(error, places, positions) ?? 0);
}

function positionsOf(places: readonly DeferredPlace[]): ReadonlyMap<string, number> {
  return new Map(places.map(({ path }, index) => [JSON.stringify(path), index]));
}

/** The place that an error stands in; one that names no items of lists speaks for all of them. All paths are of one length. */
function positionOf(
  { path = [] }: AnswerError,
  places: readonly DeferredPlace[],
  positions: ReadonlyMap<string, number>,
): number | undefined {
  const [first] = places;
  if (first === undefined) return undefined;
  if (!path.some((key) => typeof key === 'number')) return 0;
  return positions.get(JSON.stringify(path.slice(0, first.path.length)));
}

function writeErrors(errors: readonly AnswerError[]): string {
  return errors.length === 0 ? '' : `,"errors":${JSON.stringify(errors)}`;
}
