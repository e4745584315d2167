/** What the mesh has agreed on beside its schemas, from the files that the configuration names. */
import { fileURLToPath } from 'node:url';
import { parse } from 'graphql';
import type { Config } from '../mesh/core/config.ts';
import { coordinatesIn } from '../mesh/policy/coordinates.ts';
import type { GovernanceParts } from '../mesh/policy/revision.ts';
import { readAgreements } from './agreements.ts';
import { type Policies, readPolicies } from './policies.ts';
import { readSubjects } from './subjects.ts';

const meshPolicies = fileURLToPath(new URL('../schema/policies.yaml', import.meta.url));

/** The policies of this mesh, where the configuration names no others. */
export function withMeshPolicies(policy: Config['policy']): Config['policy'] {
  return { ...policy, file: policy.file ?? meshPolicies };
}

export interface GovernanceFiles extends GovernanceParts, Policies {}

/** Tells of agreements on products that are not in a supergraph: they let nobody use anything. */
export function noteUnknownProducts(
  { agreements }: Pick<GovernanceFiles, 'agreements'>,
  { sdl }: { readonly sdl: string },
  note: (line: string) => void,
): void {
  const coordinates = coordinatesIn(parse(sdl, { noLocation: true }));
  for (const { id, products } of agreements ?? []) {
    const unknown = products.filter((product) => !coordinates.has(product));
    if (unknown.length > 0) note(`warning: agreement "${id}" is on ${unknown.join(', ')}, which is not in the graph`);
  }
}

/** The files. */
export type PolicyPaths = Pick<Config['policy'], 'file' | 'agreements' | 'subjects'>;

/** Reads them. Throws `POLICY_INVALID` or `CONFIG_INVALID`. */
export function readGovernance({ file, agreements, subjects }: PolicyPaths): GovernanceFiles {
  return { ...readPolicies(file), agreements: readAgreements(agreements), roster: readSubjects(subjects) };
}
