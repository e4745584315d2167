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

/** What stands at each coordinate. */
export interface OraclePolicy {
  readonly rules: ReadonlyMap<string, readonly OracleRule[]>;
  readonly derivations: ReadonlyMap<string, readonly OracleDerivation[]>;
  /** What fields are given to be worked out, as it stands in the mesh. */
  readonly required: ReadonlyMap<string, readonly string[]>;
}

/** The directives of a policy, by coordinate. */
export function directivesOf({ rules, derivations }: OraclePolicy): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  const add = (coordinate: string, text: string): void => {
    texts[coordinate] = texts[coordinate] === undefined ? text : `${texts[coordinate]} ${text}`;
  };
  for (const [coordinate, all] of rules) for (const rule of all) add(coordinate, directiveOf(rule));
  for (const [coordinate, all] of derivations) {
    for (const { sources, isMasking } of all) {
      add(coordinate, `@weft__derivedFrom(coordinates: ${JSON.stringify(sources)}, masking: ${isMasking})`);
    }
  }
  return texts;
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
