/** The state of governance under a name: the same rules, policies, agreements and roster have the same, any others another. */
import { createHash } from 'node:crypto';
import type { Agreements } from './agreements.ts';
import type { Governance, NamedPolicies } from './governance.ts';
import type { Policy } from './rules.ts';
import type { Roster } from './roster.ts';

export interface GovernanceParts {
  readonly policies: NamedPolicies;
  /** Their conditions as they are written. */
  readonly texts: ReadonlyMap<string, string>;
  readonly agreements: Agreements | null;
  readonly roster: Roster;
}

/** What the mesh has agreed on, for the rules of one supergraph. */
export function createGovernance(
  { policies, texts, agreements, roster }: GovernanceParts,
  { rules, derivations, classes }: Policy,
  maskSecret: string | null = null,
): Governance {
  const state = [
    [...rules].map(([coordinate, all]) => [coordinate, all.map(({ text }) => text).toSorted()]),
    [...derivations],
    [...classes],
    [...texts],
    agreements,
    [...roster],
  ].map((part) => JSON.stringify(part?.map((one) => JSON.stringify(one)).toSorted() ?? null));
  const revision = createHash('sha256').update(state.join('\n')).digest('hex').slice(0, 16);
  return { policies, agreements, roster, maskSecret, revision };
}
