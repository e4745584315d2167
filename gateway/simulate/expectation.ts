/** What a policy is expected to make of coordinates, and whether it does. */
import type { GraphQLSchema } from 'graphql';
import { impliesCondition } from '../../mesh/policy/condition-implies.ts';
import { maskText } from '../../mesh/policy/mask.ts';
import { possibleTypes } from '../policy/owner.ts';
import type { SimulatedPlace } from './simulate.ts';
import type { SurveyedPlace } from './survey.ts';

export interface Expectation {
  readonly coordinate: string;
  readonly verdict: SurveyedPlace['verdict'];
  /** The mask, or the condition on rows; `null`: any. */
  readonly detail: string | null;
}

/** What is not as it was expected. */
export interface Disappointment {
  readonly expectation: Expectation;
  /** What is made of the coordinate instead; `null`: it is not in the operation. */
  readonly place: SimulatedPlace | null;
}

/** Reads `allow`, `deny`, `mask`, `mask LAST4`, `filter`, `filter "object.region == 'eu'"`; `null` for anything else. */
export function parseExpectation(coordinate: string, text: string): Expectation | null {
  const [, verdict = '', rest = ''] = /^\s*(\w+)\s*([\s\S]*?)\s*$/.exec(text) ?? [];
  if (verdict !== 'allow' && verdict !== 'deny' && verdict !== 'mask' && verdict !== 'filter') return null;
  const detail = /^"([\s\S]*)"$|^'([\s\S]*)'$/.exec(rest);
  if (rest === '') return { coordinate, verdict, detail: null };
  if (verdict === 'mask') return { coordinate, verdict, detail: rest };
  return verdict === 'filter' ? { coordinate, verdict, detail: detail?.[1] ?? detail?.[2] ?? rest } : null;
}

/** Of what is expected, what does not come out so, wherever in the operation. */
export function disappointments(
  expected: readonly Expectation[],
  places: readonly SimulatedPlace[],
  { schema, coordinates }: { readonly schema: GraphQLSchema; readonly coordinates: ReadonlySet<string> },
): readonly Disappointment[] {
  return expected.flatMap((expectation): readonly Disappointment[] => {
    const { coordinate, verdict } = expectation;
    const there = placesOf(coordinate, places, schema);
    // Of inputs and values only those are told that are refused.
    const isUntold =
      /\(|^[^.]+\.[^.]+$/.test(coordinate) && !isField(coordinate, schema) && coordinates.has(coordinate);
    if (there.length === 0) return isUntold && verdict === 'allow' ? [] : [{ expectation, place: null }];
    return there.filter((place) => !meets(place, expectation)).map((place) => ({ expectation, place }));
  });
}

/** Objects of a type are told of by an interface's name where all come out alike, and the other way round. */
function placesOf(
  coordinate: string,
  places: readonly SimulatedPlace[],
  schema: GraphQLSchema,
): readonly SimulatedPlace[] {
  const same = places.filter((place) => place.coordinate === coordinate);
  if (same.length > 0 || coordinate.includes('(')) return same;
  const [type = '', member] = coordinate.split('.');
  return places.filter(({ kind, coordinate: other }) => {
    const [owner = '', name] = other.split('.');
    const isRelated = possibleTypes(owner, schema).includes(type) || possibleTypes(type, schema).includes(owner);
    return (kind === 'field' || kind === 'type') && name === member && isRelated;
  });
}

function isField(coordinate: string, schema: GraphQLSchema): boolean {
  return possibleTypes(coordinate.split('.')[0] ?? '', schema).length > 0 && !coordinate.includes('(');
}

function meets({ verdict, mask, filters }: SurveyedPlace, expected: Expectation): boolean {
  if (verdict !== expected.verdict) return false;
  const { detail } = expected;
  if (detail === null) return true;
  if (verdict === 'mask') return mask !== null && maskText(mask) === detail;
  const all = filters.map((filter) => (filters.length > 1 ? `(${filter})` : filter)).join(' && ');
  return impliesCondition(all, detail) && impliesCondition(detail, all);
}
