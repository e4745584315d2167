/**
 * Policies written into the subgraphs' own SDL, and composed as a mesh composes: rules of one place come from several subgraphs, classes
 * become rules. What composition refuses is left out.
 */
import { type GraphQLSchema, isInterfaceType } from 'graphql';
import { composeSubgraphs } from '../../../../gateway/supergraph/compose.ts';
import { isWeftError } from '../../../../mesh/core/error.ts';
import type { Subgraph } from '../../../../mesh/core/subgraph.ts';
import type { ClassDefinition } from '../../../../mesh/policy/classes.ts';
import { meshDefinitions } from '../../../../mesh/core/definitions.ts';
import { coordinatesIn, putDirectives } from '../../../support/ruled.ts';
import type { Choose } from '../../federation/fuzz/choice.ts';
import {
  type ClassName,
  type GrowingPolicy,
  type OraclePolicy,
  type OracleRule,
  type PolicyPart,
  classNames,
  partsOf,
  push,
} from './rule.ts';

export interface ComposedPolicy {
  readonly supergraph: string;
  /** What binds: with what classes and interfaces bring along. */
  readonly policy: OraclePolicy;
}

export interface ComposeOptions {
  /** Of the supergraph, with what no client sees. */
  readonly schema: GraphQLSchema;
  readonly choose: Choose;
}

/** `null` when nothing of the policy is composed. */
export function composePolicy(
  subgraphs: readonly Subgraph[],
  whole: OraclePolicy,
  { schema, choose }: ComposeOptions,
): ComposedPolicy | null {
  const known = subgraphs.map(({ sdl }) => coordinatesIn(sdl));
  const taken = new Set<string>();
  const placed = partsOf(whole).flatMap((part): readonly PlacedPart[] => {
    // The standard directives stand once in a subgraph.
    const keyOf = (index: number) => `${index} ${part.coordinate} ${/^@\w+/.exec(part.text)?.[0]}`;
    const owners = known.flatMap((coordinates, index) => (coordinates.has(part.coordinate) ? [index] : []));
    const free = owners.filter((index) => !taken.has(keyOf(index)));
    const owner = free[choose(free.length)];
    if (owner === undefined) return [];
    taken.add(keyOf(owner));
    return [{ ...part, owner }];
  });
  let parts = placed;
  while (parts.length > 0) {
    const { supergraph, complaints } = tryCompose(subgraphs, parts);
    if (supergraph !== null) return { supergraph, policy: effective(policyOf(parts, whole), schema) };
    const left = parts.filter(({ coordinate }) => !complaints.includes(`"${coordinate}"`));
    parts = left.length < parts.length ? left : parts.slice(0, Math.floor(parts.length / 2));
  }
  return null;
}

function policyOf(parts: readonly PolicyPart[], { required }: OraclePolicy): OraclePolicy {
  const policy: GrowingPolicy = { rules: new Map(), derivations: new Map(), classes: new Map(), required };
  for (const part of parts) part.addTo(policy);
  return policy;
}

interface PlacedPart extends PolicyPart {
  /** Position of the subgraph that says so. */
  readonly owner: number;
}

interface Tried {
  readonly supergraph: string | null;
  /** All that is said against it. */
  readonly complaints: string;
}

function tryCompose(subgraphs: readonly Subgraph[], parts: readonly PlacedPart[]): Tried {
  const ruled = subgraphs.map(({ name, sdl, origin }, index) => {
    const own = Map.groupBy(
      parts.filter(({ owner }) => owner === index),
      ({ coordinate }) => coordinate,
    );
    const texts = Array.from(own, ([coordinate, all]) => [coordinate, all.map(localText).join(' ')] as const);
    const text = putDirectives(sdl, Object.fromEntries(texts));
    return { name, origin, url: `http://${name}.test`, sdl: `${text}\n${link}` };
  });
  try {
    const { sdl } = composeSubgraphs(ruled, { definitions: meshDefinitions(), classes });
    return { supergraph: sdl, complaints: '' };
  } catch (error) {
    if (!isWeftError(error, 'COMPOSITION_FAILED')) throw error;
    const all = error.cause instanceof AggregateError ? error.cause.errors : [error];
    return { supergraph: null, complaints: all.map(String).join('\n') };
  }
}

const link = 'extend schema @link(url: "https://weft.dev/weft/v1.0")';

/** The standard directives are Federation's own there. */
function localText({ text }: PolicyPart): string {
  return text.replaceAll(/^@(authenticated|requiresScopes|policy)\b/g, '@federation__$1');
}

const at = { file: 'policies.yaml', line: 1, column: 1 };
const nothing = { mask: null, scopes: null, purposes: null, rows: null, at };

/** What classes mean. */
const classes: ReadonlyMap<ClassName, ClassDefinition> = new Map<ClassName, ClassDefinition>([
  ['PII', { ...nothing, name: 'PII', mask: { mask: { name: 'REDACT', step: null }, unless: [['a']] } }],
  ['SECRET', { ...nothing, name: 'SECRET', scopes: [['b'], ['c']] }],
  ['AUDITED', { ...nothing, name: 'AUDITED', purposes: ['audit'] }],
]);

const classRules: Readonly<Record<ClassName, OracleRule>> = {
  PII: { kind: 'mask', mask: { name: 'REDACT', step: 0 }, unless: [['a']] },
  SECRET: { kind: 'scopes', anyOf: [['b'], ['c']] },
  AUDITED: { kind: 'purpose', allow: ['audit'] },
};

/** A field has its own classes and those of what it is derived from; what binds an interface binds what implements it. */
function effective({ rules, derivations, classes: own, required }: OraclePolicy, schema: GraphQLSchema): OraclePolicy {
  const classified = new Map<string, Set<ClassName>>();
  const classify = (coordinate: string, names: Iterable<ClassName>): boolean => {
    const known = classified.get(coordinate) ?? new Set();
    const before = known.size;
    for (const name of names) known.add(name);
    classified.set(coordinate, known);
    return known.size > before;
  };
  for (const [coordinate, names] of own) {
    for (const one of [coordinate, ...implementing(coordinate, schema)]) classify(one, names);
  }
  const steps = [...derivations].flatMap(([coordinate, all]) =>
    all.flatMap(({ sources, isMasking }) => (isMasking ? [] : sources.map((source) => [coordinate, source] as const))),
  );
  const spread = ([coordinate, source]: (typeof steps)[number]): boolean => {
    const [type = ''] = source.split('.');
    return classify(coordinate, [...(classified.get(source) ?? []), ...(classified.get(type) ?? [])]);
  };
  while (steps.filter(spread).length > 0);
  const all = new Map(rules);
  for (const [coordinate, names] of classified) {
    const isOutput = /^\w+\.\w+$/.test(coordinate) && !/^(In|Tone|Shade)\./.test(coordinate);
    for (const name of classNames) {
      if (names.has(name) && (name !== 'PII' || isOutput)) push(all, coordinate, classRules[name]);
    }
  }
  for (const [coordinate, bound] of all) {
    for (const below of implementing(coordinate, schema)) for (const rule of bound) push(all, below, rule);
  }
  return { rules: all, derivations, classes: new Map(), required };
}

/** The same place in what implements an interface. */
function implementing(coordinate: string, schema: GraphQLSchema): readonly string[] {
  const [name = ''] = coordinate.split('.');
  const type = schema.getType(name);
  if (!isInterfaceType(type)) return [];
  return schema.getPossibleTypes(type).map((object) => object.name + coordinate.slice(name.length));
}
