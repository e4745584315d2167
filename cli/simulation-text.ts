/** A simulation as a person reads it, and as a program does. */
import type { ConditionToMeet } from '../gateway/simulate/change.ts';
import type { SimulatedChange, SimulatedPlace, Simulation } from '../gateway/simulate/simulate.ts';
import type { SurveyedPlace } from '../gateway/simulate/survey.ts';
import type { Json, JsonObject } from '../mesh/core/json.ts';
import { maskText } from '../mesh/policy/mask.ts';
import type { Rule } from '../mesh/policy/rules.ts';
import type { ValueRead } from '../mesh/policy/values-read.ts';

type PlacesOf = (rule: Rule) => readonly string[];

/** `mask REDACT`, `filter object.region == "eu"`, `deny`. */
export function verdictText({ verdict, mask, filters }: Pick<SurveyedPlace, 'verdict' | 'mask' | 'filters'>): string {
  if (mask !== null) return `${verdict} ${maskText(mask)}`;
  return [verdict, filters.join(' && ')].join(' ').trim();
}

/** For a person. Types are told of where not all of their objects are shown, and no field says so. */
export function simulationText({ places, sent, read }: Simulation, placesOf: PlacesOf): string {
  const told = places.filter((place) => place.kind !== 'type' || isTold(place, places));
  const width = Math.max(0, ...told.map(({ coordinate }) => coordinate.length));
  const blocks = told.map((place) => placeLines(place, { width, placesOf, places }).join('\n'));
  const asked =
    sent === null ? ['nothing is left to ask'] : ['what is asked of the subgraphs:', ...indent(sent.split('\n'))];
  const more = read.length === 0 ? [] : [`and, for conditions on rows: ${read.join(', ')}`];
  return [...blocks, '', ...asked, ...more].join('\n');
}

function isTold(type: SimulatedPlace, places: readonly SimulatedPlace[]): boolean {
  const [rule] = type.rules;
  if (rule === undefined || type.below !== null) return false;
  return !type.paths.every((path) =>
    places.some(({ kind, paths, rules }) => kind === 'field' && paths.includes(path) && rules.includes(rule)),
  );
}

/** For a program. */
export function simulationJson({ operation, places, sent, read }: Simulation, placesOf: PlacesOf): JsonObject {
  return {
    operation,
    places: places.map((place) => ({
      kind: place.kind,
      coordinate: place.coordinate,
      paths: place.paths,
      verdict: place.verdict,
      mask: place.mask && maskText(place.mask),
      filters: place.filters,
      reason: place.reason,
      below: place.below,
      rules: place.rules.map((rule) => ({ text: rule.text, coordinate: rule.coordinate, from: placesOf(rule) })),
      reads: readsJson(place.reads),
      change: place.change && changeJson(place.change),
    })),
    sent,
    read,
  };
}

function changeJson({ conditions, ...change }: SimulatedChange): JsonObject {
  return {
    ...change,
    purpose: change.purpose && { ...change.purpose },
    agreement: change.agreement && { ...change.agreement },
    conditions: conditions.map(({ reads, ...condition }) => ({ ...condition, reads: readsJson(reads) })),
  };
}

function readsJson(reads: readonly ValueRead[]): JsonObject {
  return Object.fromEntries(reads.map(({ name, value }) => [name, value ?? null]));
}

function placeLines(
  place: SimulatedPlace,
  {
    width,
    placesOf,
    places,
  }: { readonly width: number; readonly placesOf: PlacesOf; readonly places: readonly SimulatedPlace[] },
): readonly string[] {
  const { coordinate, kind, reason, below, change } = place;
  const head = `${coordinate.padEnd(width)}  ${verdictText(place)}${kind === 'field' ? '' : `  (${kind})`}`;
  if (below === null) return [head, ...indent(reasonLines(place, placesOf))];
  const steps = change === null ? [] : changeLines(change);
  // What would let that be seen would let this be seen: more is told where it would not.
  const isEnough = places.some((one) => one.coordinate === below && isSameText(one.change, steps));
  return [`${head}: ${reason ?? ''}`, ...(isEnough ? [] : indent(steps))];
}

function isSameText(change: SimulatedChange | null, steps: readonly string[]): boolean {
  return change !== null && changeLines(change).join('\n') === steps.join('\n');
}

/** By which rules, why, what these read, and what would change it: a line each. */
export function reasonLines(place: SimulatedPlace, placesOf: PlacesOf): readonly string[] {
  const { coordinate, rules, reason, reads, change } = place;
  const elsewhere = (rule: Rule): string => (rule.coordinate === coordinate ? '' : ` at ${rule.coordinate}`);
  return [
    ...rules.flatMap((rule) => [`by ${rule.text}${elsewhere(rule)}`, ...placesOf(rule).map((from) => `   ${from}`)]),
    ...(reason === null ? [] : [`since ${reason}`]),
    ...(reads.length === 0 ? [] : [`read ${readsText(reads)}`]),
    ...(change === null ? [] : changeLines(change)),
  ];
}

function readsText(reads: readonly ValueRead[]): string {
  return reads.map(({ name, value }) => `${name} = ${value === undefined ? 'nothing' : valueText(value)}`).join(', ');
}

function valueText(value: Json): string {
  return JSON.stringify(value) ?? 'nothing';
}

function changeLines(change: SimulatedChange): readonly string[] {
  const { signIn, scopes, purpose, agreement, conditions, impossible } = change;
  const steps = [
    ...(signIn ? ['a token, since the request is anonymous'] : []),
    ...(scopes.length === 0 ? [] : [`the ${scopes.length === 1 ? 'scope' : 'scopes'} ${scopes.join(' ')}`]),
    ...(purpose === null
      ? []
      : [
          `the purpose ${purpose.name} in the header weft-purpose${purpose.isGranted ? '' : ', which its token has to allow'}`,
        ]),
    ...(agreement === null ? [] : [agreementText(agreement)]),
    ...conditions.map(conditionText),
  ];
  if (impossible.length > 0) return impossible.map((why) => `nothing would change that: ${why}`);
  return steps.map((step, index) => {
    return index === 0 ? `to see it${outcomes[change.outcome]}: ${step}` : `   and ${step}`;
  });
}

const outcomes: Readonly<Record<SurveyedPlace['verdict'], string>> = {
  allow: '',
  mask: ' masked',
  filter: ' in part',
  deny: '',
};

function agreementText({ consumer, products, purposes }: NonNullable<SimulatedChange['agreement']>): string {
  const domain = consumer ?? 'DOMAIN, which its token has to name';
  return `an agreement: { consumer: { domain: ${domain} }, products: [${products.join(', ')}], purposes: [${purposes.join(', ')}], until: DATE }`;
}

function conditionText({ name, text, reads }: ConditionToMeet): string {
  if (text === null) return `${name}, which the mesh does not have`;
  const values = reads.length === 0 ? '' : `, which read ${readsText(reads)}`;
  return `${name} to pass: ${text}${values}`;
}

function indent(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}
