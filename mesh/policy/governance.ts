/** What the mesh as a whole has agreed on, beside the rules that stand in schemas: what deciding them depends on. */
import type { Agreements } from './agreements.ts';
import type { Condition } from './condition.ts';
import type { Roster } from './roster.ts';

/** What the names in `@policy` mean: conditions over `subject`, `purpose` and `now`. An unknown name holds for nobody. */
export type NamedPolicies = ReadonlyMap<string, Condition>;

export interface Governance {
  readonly policies: NamedPolicies;
  /** `null` where the mesh keeps none: then a purpose needs no agreement. */
  readonly agreements: Agreements | null;
  /** What holds of subjects whatever their tokens say. */
  readonly roster: Roster;
  /** Under which masks hash, the same all over the mesh; `null`: one of this process. */
  readonly maskSecret: string | null;
  /** Names this state of things in decisions: changes when any of it does. */
  readonly revision: string;
}

/** No named policies, no agreements, nothing said of subjects. */
export const noGovernance: Governance = {
  policies: new Map(),
  agreements: null,
  roster: new Map(),
  maskSecret: null,
  revision: '',
};
