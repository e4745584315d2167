/** Recorded operations on one policy and on another: who gains and who loses sight of what. Pure. */
import { isWeftError } from '../../mesh/core/error.ts';
import { impliesCondition } from '../../mesh/policy/condition-implies.ts';
import { isAsStrict } from '../policy/strictest.ts';
import { type Recording, replayedSubject } from './recording.ts';
import { type SimulationGround, surveyRequest } from './simulate.ts';
import type { SurveyedPlace } from './survey.ts';

export interface ReplayChange {
  readonly kind: 'gains' | 'loses';
  readonly coordinate: string;
  readonly before: SurveyedPlace;
  readonly after: SurveyedPlace;
}

export interface Replayed {
  readonly recording: Recording;
  readonly changes: readonly ReplayChange[];
  /** Why it cannot be compared: the one or the other would not take the operation. `null` when it can. */
  readonly refusal: { readonly by: 'before' | 'after'; readonly message: string } | null;
}

/** One operation on both. Whatever is another view that cannot be compared counts as gained. */
export function replay(recording: Recording, before: SimulationGround, after: SimulationGround): Replayed {
  const [was, is] = [placesIn(recording, before), placesIn(recording, after)];
  if (typeof was === 'string') return { recording, changes: [], refusal: { by: 'before', message: was } };
  if (typeof is === 'string') return { recording, changes: [], refusal: { by: 'after', message: is } };
  const changes = [...new Set([...was.keys(), ...is.keys()])].flatMap((key): readonly ReplayChange[] => {
    const some = was.get(key) ?? is.get(key);
    // Of inputs and values only those are told that are refused; a field that the other does not have is neither gained nor lost.
    const isUntold = some !== undefined && some.kind !== 'field';
    const open = some && isUntold ? { ...some, verdict: 'allow' as const, rules: [], reason: null } : undefined;
    const [one, other] = [was.get(key) ?? open, is.get(key) ?? open];
    const kind = one === undefined || other === undefined ? null : compare(one, other);
    if (kind === null || one === undefined || other === undefined) return [];
    return [{ kind, coordinate: key.slice(key.lastIndexOf(' ') + 1), before: one, after: other }];
  });
  return { recording, changes: unique(changes), refusal: null };
}

/** By position and what stands there; a text says why the operation is not taken. */
function placesIn(
  { subject, ...request }: Recording,
  ground: SimulationGround,
): ReadonlyMap<string, SurveyedPlace> | string {
  try {
    const { places } = surveyRequest(
      { ...request, subject: replayedSubject(subject), inputs: request.variables },
      ground,
    );
    const told = places.filter(({ kind }) => kind !== 'type');
    return new Map(
      told.flatMap((place) =>
        place.paths.flatMap((path) => coordinatesOf(place).map((one) => [`${path} ${one}`, place])),
      ),
    );
  } catch (error) {
    if (!isWeftError(error)) throw error;
    return `${error.code} ${error.message}`;
  }
}

/** A field by the types of objects that have it: whether they come out alike may be otherwise in the other policy. */
function coordinatesOf({ kind, coordinate, owners }: SurveyedPlace): readonly string[] {
  return kind === 'field' ? owners.map((owner) => owner + coordinate.slice(coordinate.indexOf('.'))) : [coordinate];
}

function compare(before: SurveyedPlace, after: SurveyedPlace): ReplayChange['kind'] | null {
  if (!showsNoMore(after, before)) return 'gains';
  return showsNoMore(before, after) ? null : 'loses';
}

function showsNoMore(one: SurveyedPlace, other: SurveyedPlace): boolean {
  if (one.verdict === 'deny' || other.verdict === 'allow') return true;
  if (one.verdict === 'mask' && other.mask !== null) return isAsStrict(one.mask, other.mask);
  if (one.verdict !== 'filter' || other.verdict !== 'filter') return false;
  return impliesCondition(conditionOf(one), conditionOf(other));
}

function conditionOf({ filters }: SurveyedPlace): string {
  return filters.length === 0 ? 'true' : filters.map((filter) => `(${filter})`).join(' && ');
}

/** The same of several positions is told once. */
function unique(changes: readonly ReplayChange[]): readonly ReplayChange[] {
  return [...new Map(changes.map((one) => [signOf(one), one])).values()];
}

function signOf({ coordinate, before, after }: ReplayChange): string {
  return JSON.stringify([coordinate, ...[before, after].map(({ verdict, mask, filters }) => [verdict, mask, filters])]);
}
