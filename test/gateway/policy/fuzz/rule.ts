/** Rules as the oracle knows them: written as directives for the gateway, decided in `verdict.ts` on their own. */

export type Lists = readonly (readonly string[])[];

export type OracleRule =
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'scopes'; readonly anyOf: Lists }
  | { readonly kind: 'policies'; readonly anyOf: Lists }
  | { readonly kind: 'purpose'; readonly allow: readonly string[] }
  | { readonly kind: 'mask'; readonly mask: OracleMask; readonly unless: Lists }
  | { readonly kind: 'rows'; readonly where: string; readonly reads: ReadTree };

/** `ROUND` and `BUCKET` have a step above 0. */
export interface OracleMask {
  readonly name: string;
  readonly step: number;
}

/** Fields that a condition reads, with those below them. */
export interface ReadTree {
  readonly [field: string]: ReadTree;
}

export interface OracleDerivation {
  readonly sources: readonly string[];
  readonly isMasking: boolean;
}

export const classNames = ['PII', 'SECRET', 'AUDITED'] as const;
export type ClassName = (typeof classNames)[number];

/** What stands at each coordinate. */
export interface OraclePolicy {
  readonly rules: ReadonlyMap<string, readonly OracleRule[]>;
  readonly derivations: ReadonlyMap<string, readonly OracleDerivation[]>;
  /** Classes by coordinate. */
  readonly classes: ReadonlyMap<string, readonly ClassName[]>;
  /** What fields are given to be worked out, as it stands in the mesh. */
  readonly required: ReadonlyMap<string, readonly string[]>;
}

/** The directives of a policy, by coordinate. */
export function directivesOf(policy: OraclePolicy): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...Map.groupBy(partsOf(policy), ({ coordinate }) => coordinate)].map(([coordinate, parts]) => [
      coordinate,
      parts.map(({ text }) => text).join(' '),
    ]),
  );
}

/** One directive at its place. */
export interface PolicyPart {
  readonly coordinate: string;
  readonly text: string;
  /** The policy with it as well. */
  addTo(policy: GrowingPolicy): void;
}

export interface GrowingPolicy extends OraclePolicy {
  readonly rules: Map<string, readonly OracleRule[]>;
  readonly derivations: Map<string, readonly OracleDerivation[]>;
  readonly classes: Map<string, readonly ClassName[]>;
}

export function partsOf({ rules, derivations, classes }: OraclePolicy): readonly PolicyPart[] {
  return [
    ...[...rules].flatMap(([coordinate, all]) =>
      all.map((rule) => ({
        coordinate,
        text: directiveOf(rule),
        addTo: (policy: GrowingPolicy) => push(policy.rules, coordinate, rule),
      })),
    ),
    ...[...derivations].flatMap(([coordinate, all]) =>
      all.map((derivation) => ({
        coordinate,
        text: `@weft__derivedFrom(coordinates: ${JSON.stringify(derivation.sources)}, masking: ${derivation.isMasking})`,
        addTo: (policy: GrowingPolicy) => push(policy.derivations, coordinate, derivation),
      })),
    ),
    ...[...classes].flatMap(([coordinate, all]) =>
      all.map((name) => ({
        coordinate,
        text: `@weft__classified(as: ["${name}"])`,
        addTo: (policy: GrowingPolicy) => push(policy.classes, coordinate, name),
      })),
    ),
  ];
}

/** Adds to what stands under a key. */
export function push<Value>(map: Map<string, readonly Value[]>, key: string, value: Value): void {
  map.set(key, [...(map.get(key) ?? []), value]);
}

function directiveOf(rule: OracleRule): string {
  switch (rule.kind) {
    case 'authenticated':
      return '@authenticated';
    case 'scopes':
      return `@requiresScopes(scopes: ${JSON.stringify(rule.anyOf)})`;
    case 'policies':
      return `@policy(policies: ${JSON.stringify(rule.anyOf)})`;
    case 'purpose':
      return `@weft__purpose(allow: ${JSON.stringify(rule.allow)})`;
    case 'mask':
      return `@weft__mask(${maskArguments(rule.mask)}, unless: ${JSON.stringify(rule.unless)})`;
    case 'rows':
      return `@weft__rows(where: ${JSON.stringify(rule.where)})`;
    default:
      return rule satisfies never;
  }
}

/** Both ways to write a step. */
function maskArguments({ name, step }: OracleMask): string {
  if (step === 0) return `with: ${name}`;
  return step % 2 === 0 ? `with: ${name}, n: ${step}` : `with: "${name}(${step})"`;
}
