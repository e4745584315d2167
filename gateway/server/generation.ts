/**
 * A supergraph in service, with the subgraphs behind it and everything that was made from it. Whoever works with a
 * generation enters it first: one that was replaced lets go of its subgraphs when the last has left.
 */
import { parse } from 'graphql';
import type { RequestLimits } from '../../mesh/core/config.ts';
import type { Subgraph } from '../../mesh/core/subgraph.ts';
import type { Subject } from '../../mesh/core/subject.ts';
import type { Governance } from '../../mesh/policy/governance.ts';
import { type Enrol, createEnrol } from '../../mesh/policy/roster.ts';
import { type SubgraphViews, type SubgraphViewsOf, createSubgraphViews } from '../policy/subgraph-views.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { type AssertCost, createCostLimit } from '../plan/cost-limit.ts';
import { findSafeAggregates } from '../policy/safe-aggregate.ts';
import { readJoins } from '../plan/joins.ts';
import { type Plans, type PlansOptions, createPlans } from './plans.ts';

/** What a generation is made of. */
export interface GenerationParts {
  readonly supergraph: Supergraph;
  /** By name, all that the supergraph names. */
  readonly subgraphs: ReadonlyMap<string, Subgraph>;
  /** Called once, when nobody will ask these subgraphs through this generation any more. */
  readonly release?: () => void;
}

/** What takes the place of a generation. */
export interface Succession extends GenerationParts {
  /** Default: as before. */
  readonly governance?: Governance;
}

export class Generation {
  readonly supergraph: Supergraph;
  readonly subgraphs: ReadonlyMap<string, Subgraph>;
  readonly plans: Plans;
  /** `null` when operations may cost what they will. */
  readonly assertCost: AssertCost | null;
  readonly limits: RequestLimits;
  /** Of what the mesh has agreed on, as records name it. */
  readonly revision: string;
  readonly #release: (() => void) | undefined;
  /** A subject as the mesh has it. Throws `UNAUTHENTICATED` for one that was withdrawn. */
  readonly enrol: Enrol;
  readonly #viewsOf: SubgraphViewsOf | null;
  #writes = 0;
  #uses = 0;
  #isRetired = false;

  constructor({ supergraph, subgraphs, release }: GenerationParts, options: Omit<PlansOptions, 'supergraph'>) {
    this.supergraph = supergraph;
    this.subgraphs = subgraphs;
    const { apiSchema: schema, entities } = supergraph.planner;
    const isSafeAggregate = findSafeAggregates({ schema, entities, subgraphs: subgraphs.values() });
    this.plans = createPlans({ ...options, supergraph, isSafeAggregate });
    this.assertCost = createCostLimit({ supergraph, limits: options.limits });
    this.limits = options.limits;
    this.#viewsOf = subgraphViewsOf(supergraph, subgraphs, options.governance.revision);
    this.revision = options.governance.revision;
    this.enrol = createEnrol(options.governance.roster);
    this.#release = release;
  }

  /** What each subgraph is told of a subject's view. */
  viewsOf(subject: Subject): SubgraphViews | undefined {
    return this.#viewsOf?.(this.plans.viewOf(subject));
  }

  /** How many mutations have been answered. */
  get writes(): number {
    return this.#writes;
  }

  /** A mutation has been answered: who asks from here on sees what it did. */
  noteWrite(): void {
    this.#writes += 1;
  }

  enter(): void {
    this.#uses += 1;
  }

  leave(): void {
    this.#uses -= 1;
    if (this.#isRetired && this.#uses === 0) this.#release?.();
  }

  /** Another one has taken its place: nobody new enters. */
  retire(): void {
    this.enter();
    this.#isRetired = true;
    this.leave();
  }
}

function subgraphViewsOf(
  { sdl, planner, ...policy }: Supergraph,
  subgraphs: GenerationParts['subgraphs'],
  revision: string,
): SubgraphViewsOf | null {
  const { possibleTypes } = planner;
  const readTypes = () => readJoins(parse(sdl, { noLocation: true }));
  return createSubgraphViews({ readTypes, policy, possibleTypes, subgraphs, revision });
}
