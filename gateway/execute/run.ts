/**
 * Runs compiled groups: each is sent as soon as the groups it depends on have answered, and what comes back is merged
 * into one result. A subgraph that fails costs its own fields; the rest of the answer stands.
 */
import type { CancelSignal } from '../../mesh/core/cancel.ts';
import { isWeftError, messageOf } from '../../mesh/core/error.ts';
import type { JsonObject } from '../../mesh/core/json.ts';
import { limits } from '../../mesh/core/limits.ts';
import type { Subgraph, SubgraphError, SubgraphResponse } from '../../mesh/core/subgraph.ts';
import type { Subject } from '../../mesh/core/subject.ts';
import type { Verdicts } from '../../mesh/policy/view.ts';
import type { SubgraphViews } from '../policy/subgraph-views.ts';
import { type ResponsePath, type ResultObject, placesAt, staticPrefix } from './collect.ts';
import type { CompiledGroup, CompiledPart, EntitiesPart, RootPart } from './compile.ts';
import type { AnswerError } from './complete.ts';
import { type Concealed, addReported, keepUntold } from './conceal.ts';
import type { Represent } from './represent.ts';

/** What one request brings along. */
export interface ExecutionContext {
  readonly subgraphs: ReadonlyMap<string, Subgraph>;
  /** The client's variables, coerced. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly subject: Subject;
  /** What the rules say of this subject, of those that do not allow all. The operation may be compiled for others too. */
  readonly verdicts: Verdicts;
  /** What subgraphs are told of the subject's view, by name. Default: nothing. */
  readonly views?: SubgraphViews;
  readonly signal: CancelSignal;
  /** Mutations that had been answered when it began: it joins no call from before the last of them. Default 0. */
  readonly writes?: number;
  /** Whether a text names what the subject is not told of. Default: none does. */
  readonly isUntold?: (text: string) => boolean;
  /** Told of each group whose answer is in the result, or failed. */
  readonly onDone?: (group: CompiledGroup) => void;
}

/** A result under construction. */
export interface Result {
  readonly data: ResultObject;
  readonly errors: AnswerError[];
  /** What could not be had of what only row conditions read. */
  readonly concealed: Concealed[];
  /** No string in the data holds a character that JSON escapes. */
  plain: boolean;
  /** Objects that did not exist for the subject, once the answer is written; `null`: nothing was looked for. */
  hidden: number | null;
}

export function createResult(data: ResultObject = {}): Result {
  return { data, errors: [], concealed: [], plain: true, hidden: null };
}

/** Runs all groups. Never rejects: what fails is in the result's errors. */
export async function runGroups(
  groups: readonly CompiledGroup[],
  result: Result,
  context: ExecutionContext,
): Promise<void> {
  const waiting = groups.map((group) => group.dependencyCount);
  const start = async (group: CompiledGroup): Promise<void> => {
    await runGroup(group, result, context);
    context.onDone?.(group);
    const next: Promise<void>[] = [];
    for (const position of group.dependents) {
      const dependent = groups[position];
      waiting[position] = (waiting[position] ?? 0) - 1;
      if (waiting[position] === 0 && dependent !== undefined) next.push(start(dependent));
    }
    if (next.length > 0) await Promise.all(next);
  };
  await Promise.all(groups.filter((group) => group.dependencyCount === 0).map(start));
  if (context.isUntold !== undefined && result.errors.length > 0) keepUntold(result, context.isUntold);
}

async function runGroup(group: CompiledGroup, result: Result, context: ExecutionContext): Promise<void> {
  const [part] = group.parts;
  if (part?.kind !== 'entities' || part.collectByContext === null) {
    const wanted = group.parts.map((one) => gatherWanted(one, result.data));
    await runLookups(group, { wanted, result }, context);
    return;
  }
  // Where arguments come from above, each set of values is asked for by itself.
  const lots = part.collectByContext(result.data).map(({ values, entities }) => {
    const wanted = [wantedOf(part, entities)];
    return runLookups(group, { wanted, result }, { ...context, variables: { ...context.variables, ...values } });
  });
  await Promise.all(lots);
}

interface Lookups {
  readonly wanted: AllWanted;
  readonly result: Result;
}

async function runLookups(group: CompiledGroup, { wanted, result }: Lookups, context: ExecutionContext): Promise<void> {
  if (wanted.every((lookup) => lookup?.length === 0)) return;
  try {
    const response = await ask(group, writeVariables(group, wanted, context), context);
    takeResponse(group, { response, wanted, result });
  } catch (error) {
    addFailure(group, { error, wanted, result });
  }
}

/** An entity to look up, and the objects of the result that wait for it. */
interface Wanted {
  readonly representation: string;
  readonly targets: ResultObject[];
}

/** For each part the entities to look up, each once; `null` for root fields. */
export type AllWanted = readonly (readonly Wanted[] | null)[];

function gatherWanted(part: CompiledPart, data: ResultObject): readonly Wanted[] | null {
  if (part.kind === 'entities') return gatherEntities(part, data);
  // Root fields below a field that is null belong nowhere, and are not asked for.
  return rootTargets(part, data).length === 0 ? [] : null;
}

/** The objects that root fields belong to. */
function rootTargets({ collect }: RootPart, data: ResultObject): readonly ResultObject[] {
  if (collect === null) return [data];
  const found: ResultObject[] = [];
  collect(data, found);
  return found;
}

/** The places of these objects in the answer. */
function rootPlaces({ collect, path }: RootPart, data: ResultObject): readonly ResponsePath[] {
  return collect === null ? [[]] : [...placesAt(data, path).values()].flat();
}

function gatherEntities(part: EntitiesPart, data: ResultObject): readonly Wanted[] {
  const found: ResultObject[] = [];
  for (const place of part.places) place.collect(data, found);
  return wantedOf(part, found);
}

/** Each entity once, with all objects that stand for it. */
function wantedOf(part: EntitiesPart, found: readonly ResultObject[]): readonly Wanted[] {
  const all: Wanted[] = [];
  const byType = new Map<unknown, KnownEntities>();
  for (const entity of found) {
    const type = entity['__typename'];
    const represent = part.represent(type);
    if (represent === null) continue;
    let known = byType.get(type);
    if (known === undefined) byType.set(type, (known = { byKey: new Map(), byText: new Map() }));
    const wanted = findWanted(entity, represent, known);
    if (wanted === null) continue;
    if (wanted.targets.push(entity) === 1) all.push(wanted);
  }
  return all;
}

/** Entities of one type met so far. Keys and texts are kept apart: a key may read like another entity's text. */
interface KnownEntities {
  readonly byKey: Map<unknown, Wanted>;
  readonly byText: Map<string, Wanted>;
}

/** The lookup that an entity shares with equal ones, or a new one; `null` when it lacks what is required. */
function findWanted(entity: ResultObject, represent: Represent, { byKey, byText }: KnownEntities): Wanted | null {
  const key = represent.key(entity);
  const known = byKey.get(key);
  if (known?.targets[0] !== undefined && represent.isSame(known.targets[0], entity)) return known;
  const representation = represent.write(entity);
  if (representation === undefined) return null;
  const wanted = byText.get(representation) ?? { representation, targets: [] };
  byText.set(representation, wanted);
  if (known === undefined) byKey.set(key, wanted);
  return wanted;
}

/** The variables of a group's operation as JSON: representations, and those of the client's that it uses. */
export function writeVariables(
  group: Pick<CompiledGroup, 'parts' | 'variables'>,
  wanted: AllWanted,
  context: ExecutionContext,
): string {
  const members: string[] = [];
  group.parts.forEach((part, index) => {
    const lookup = wanted[index];
    if (part.kind === 'entities' && lookup) {
      members.push(`${part.variablePrefix}[${lookup.map((one) => one.representation).join(',')}]`);
    }
  });
  for (const name of group.variables) {
    const value = context.variables[name];
    if (value !== undefined) members.push(`${JSON.stringify(name)}:${JSON.stringify(value)}`);
  }
  return `{${members.join(',')}}`;
}

function ask(group: CompiledGroup, variablesJson: string, context: ExecutionContext): Promise<SubgraphResponse> {
  const subgraph = context.subgraphs.get(group.subgraph);
  if (subgraph === undefined) throw new Error(`The plan names a subgraph "${group.subgraph}" that is not there.`);
  const { operationKind, query, queryJson } = group;
  const { headers, subject, views, signal } = context;
  const request = { operationKind, query, queryJson, variablesJson, headers, subject };
  const view = views?.get(subgraph.name);
  return subgraph.fetch(view === undefined ? request : { ...request, view }, signal);
}

interface Answered {
  readonly response: SubgraphResponse;
  readonly wanted: AllWanted;
  readonly result: Result;
}

function takeResponse(group: CompiledGroup, { response, wanted, result }: Answered): void {
  if (response.plain !== true) result.plain = false;
  const data = response.data ?? {};
  group.parts.forEach((part, index) => {
    const lookup = wanted[index];
    if (part.kind === 'root') takeRoot(part, data, result);
    else if (lookup) takeEntities(part, { response, lookup, result, subgraph: group.subgraph });
    if (part.kind === 'root' && !response.errors?.length) addMissing(part, { data, result, subgraph: group.subgraph });
  });
  if (!response.errors?.length) return;
  // Of so many errors some are left out: nobody knows what they were about.
  if (group.asksRows && response.errors.length >= limits.subgraphErrorsMax) result.concealed.push(null);
  const placesOf = createPlaces(result.data);
  for (const error of response.errors) addSubgraphError(group, { error, wanted, result, placesOf });
}

/** Takes what a root fetch, or an event of a subscription, brought. */
export function takeRoot(part: RootPart, data: Readonly<Record<string, unknown>>, result: Result): void {
  part.rename(data);
  for (const target of rootTargets(part, result.data)) part.merge(target, data);
}

interface AnsweredRoot {
  readonly data: Readonly<Record<string, unknown>>;
  readonly result: Result;
  readonly subgraph: string;
}

/** A field that is not there and that no error speaks of: the subgraph did not do what it was asked. */
function addMissing(part: RootPart, { data, result, subgraph }: AnsweredRoot): void {
  for (const key of part.asked) {
    if (data[key] !== undefined && Object.hasOwn(data, key)) continue;
    const message = `Subgraph "${subgraph}" answered without a field that it was asked for.`;
    const extensions = { code: 'SUBGRAPH_INVALID_RESPONSE', service: subgraph };
    for (const place of rootPlaces(part, result.data))
      result.errors.push({ message, path: [...place, key], extensions });
  }
}

interface AnsweredEntities {
  readonly response: SubgraphResponse;
  readonly lookup: readonly Wanted[];
  readonly result: Result;
  readonly subgraph: string;
}

function takeEntities(part: EntitiesPart, { response, lookup, result, subgraph }: AnsweredEntities): void {
  const entities = response.data?.[part.key] ?? null;
  if (entities === null && response.errors?.length) return;
  const refuse = (found: string): void => {
    const message = `Subgraph "${subgraph}" answered a lookup of ${lookup.length} entities with ${found}.`;
    const extensions = { code: 'SUBGRAPH_INVALID_RESPONSE', service: subgraph };
    for (const { path } of part.places) result.errors.push({ message, path: staticPrefix(path), extensions });
  };
  if (!Array.isArray(entities)) return refuse('no list');
  if (entities.length !== lookup.length) return refuse(`${entities.length} entities`);
  let index = 0;
  let isRefused = false;
  for (const { targets } of lookup) {
    const entity: unknown = entities[index++];
    if (typeof entity !== 'object' || Array.isArray(entity)) isRefused = true;
    else if (entity !== null) {
      part.rename(entity as ResultObject);
      for (const target of targets) part.merge(target, entity as ResultObject);
    }
  }
  if (isRefused) refuse('something that is no entity');
}

interface Failed {
  readonly error: unknown;
  readonly wanted: AllWanted;
  readonly result: Result;
}

/** One error for each place whose data is missing. */
function addFailure(group: CompiledGroup, { error, result }: Failed): void {
  const isPublic = isWeftError(error) && error.kind.public;
  const code = isPublic ? error.code : 'INTERNAL_SERVER_ERROR';
  const message = isPublic ? messageOf(error) : `Subgraph "${group.subgraph}" could not be asked.`;
  const paths = group.parts.flatMap((part): ResponsePath[] =>
    part.kind === 'root'
      ? rootPlaces(part, result.data).flatMap((place) => part.keys.map((key) => [...place, key]))
      : part.places.map((place) => staticPrefix(place.path)),
  );
  for (const path of paths) result.errors.push({ message, path, extensions: { code, service: group.subgraph } });
}

interface Reported {
  readonly error: SubgraphError;
  readonly wanted: AllWanted;
  readonly result: Result;
  readonly placesOf: PlacesOf;
}

/** Where the objects that a part looks up stand in the result. */
type PlacesOf = (part: EntitiesPart) => readonly ReadonlyMap<unknown, readonly ResponsePath[]>[];

/** The places are gone through once for all errors of a response. */
function createPlaces(data: ResultObject): PlacesOf {
  const known = new Map<EntitiesPart, ReturnType<PlacesOf>>();
  return (part) => {
    const places = known.get(part) ?? part.places.map(({ path }) => placesAt(data, path));
    known.set(part, places);
    return places;
  };
}

/** Maps the path of a subgraph's error to the places of the answer that it is about. */
function addSubgraphError(group: CompiledGroup, { error, wanted, result, placesOf }: Reported): void {
  const { asksRows } = group;
  const index = group.parts.findIndex((part) => part.kind === 'entities' && part.key === error.path?.[0]);
  const part = group.parts[index];
  if (part?.kind !== 'entities') {
    const { path, ...unplaced } = rootError(error, group.subgraph);
    const root = group.parts.find((other) => other.kind === 'root');
    if (root === undefined || path === undefined) addReported(result, unplaced, { asksRows, about: 'all' });
    else
      for (const place of rootPlaces(root, result.data))
        addReported(result, { path: [...place, ...path], ...unplaced }, { asksRows, about: 'field' });
    return;
  }
  const [, position, ...rest] = error.path ?? [];
  const targets = wanted[index]?.[Number(position)]?.targets ?? [];
  const places = placesOf(part).flatMap((places) => targets.flatMap((target) => places.get(target) ?? []));
  const placed = { message: error.message, extensions: publicExtensions(error.extensions, group.subgraph) };
  const about = rest.length > 0 ? 'field' : 'object';
  for (const place of places) addReported(result, { ...placed, path: [...place, ...rest] }, { asksRows, about });
  // An error about the lookup as a whole, or about an entity that nobody looked up.
  if (places.length > 0) return;
  for (const { path } of part.places)
    addReported(result, { ...placed, path: staticPrefix(path) }, { asksRows, about: 'all' });
}

/** Takes an error that an event of a subscription brought. */
export function takeEventError(
  { subgraph, asksRows }: Pick<CompiledGroup, 'subgraph' | 'asksRows'>,
  error: SubgraphError,
  result: Result,
): void {
  addReported(result, rootError(error, subgraph), { asksRows, about: error.path ? 'field' : 'all' });
}

/** A subgraph's error about root fields, whose paths are the client's. */
function rootError({ message, path, extensions }: SubgraphError, subgraph: string): AnswerError {
  return { message, ...(path ? { path } : {}), extensions: publicExtensions(extensions, subgraph) };
}

/** A subgraph's code and the execution it names go on to the client; whatever else it says of itself does not. */
function publicExtensions(extensions: JsonObject | undefined, subgraph: string): AnswerError['extensions'] {
  const code = typeof extensions?.['code'] === 'string' ? extensions['code'] : 'DOWNSTREAM_SERVICE_ERROR';
  const executionId = extensions?.['executionId'];
  return { code, service: subgraph, ...(typeof executionId === 'string' ? { executionId } : {}) };
}
