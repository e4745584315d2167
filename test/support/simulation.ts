/** Simulations on supergraphs with rules, as `weft policy` makes them. */
import type { SimulatedRequest, SimulationGround, Simulation } from '../../gateway/simulate/simulate.ts';
import { simulate } from '../../gateway/simulate/simulate.ts';
import { readSupergraph } from '../../gateway/supergraph/supergraph.ts';
import { defaultConfig } from '../../mesh/core/config.ts';
import { type Subject, anonymous } from '../../mesh/core/subject.ts';
import type { Agreements } from '../../mesh/policy/agreements.ts';
import { compileCondition } from '../../mesh/policy/condition.ts';
import { createGovernance } from '../../mesh/policy/revision.ts';

export interface TestGovernance {
  /** Conditions by name. */
  readonly policies?: Readonly<Record<string, string>>;
  /** Default: the mesh keeps none. */
  readonly agreements?: Agreements;
}

/** The ground of simulations, at time 0. */
export function groundOn(sdl: string, { policies = {}, agreements }: TestGovernance = {}): SimulationGround {
  const supergraph = readSupergraph(sdl);
  const texts = new Map(Object.entries(policies));
  const parts = {
    policies: new Map(Array.from(texts, ([name, text]) => [name, compileCondition(text)])),
    texts,
    agreements: agreements ?? null,
    roster: new Map(),
  };
  const governance = createGovernance(parts, supergraph);
  return { supergraph, governance, texts, limits: defaultConfig.limits, isSafeAggregate: () => false, now: 0 };
}

/** Somebody who is signed in. */
export function somebody(more: Partial<Subject> = {}): Subject {
  return { ...anonymous, id: 'ana', ...more };
}

/** A simulation for somebody who may state no purposes, without variables, unless said otherwise. */
export function simulateFor(
  subject: Subject,
  document: string,
  { ground, ...more }: Partial<SimulatedRequest> & { readonly ground: SimulationGround },
): Simulation {
  return simulate({ document, operationName: null, variables: {}, subject, purposes: [], ...more }, ground);
}
