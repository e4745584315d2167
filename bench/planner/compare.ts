/** Plans of both planners for the same shapes, beside each other. */
import { print } from 'graphql';
import { createPlanner } from '../../gateway/plan/planner.ts';
import { askHive, countRequests, loadHive, takePlan } from './hive.ts';
import type { HivePlanner } from './hive-plan.ts';
import type { Shape } from './shapes.ts';
import { type Weight, planAlone, weigh } from './weigh.ts';

export interface Comparison {
  readonly shape: Shape;
  readonly apollo: Weight;
  /** `null` when it refused. */
  readonly hive: Weight | null;
}

/** Plans every shape with both. Hive's requests are those of its own executor or of our schedule, whichever are fewer. */
export async function comparePlans(shapes: readonly Shape[]): Promise<readonly Comparison[]> {
  const QueryPlanner = await loadHive();
  return [...Map.groupBy(shapes, ({ supergraph }) => supergraph)].flatMap(([supergraph, group]) => {
    const apollo = createPlanner(supergraph);
    const hive = new QueryPlanner(supergraph);
    return group.map((shape) => ({
      shape,
      apollo: weigh(planAlone(apollo, shape.document)),
      hive: weighHive(hive, shape),
    }));
  });
}

/** What a planner refuses is a figure of this benchmark, and no failure of it. */
function weighHive(hive: HivePlanner, { document }: Shape): Weight | null {
  try {
    const node = askHive(hive, print(document));
    const weight = weigh(takePlan(node));
    return { ...weight, requests: Math.min(weight.requests, countRequests(node)) };
  } catch {
    return null;
  }
}

/** Many comparisons as one line: sums over those that both planned, and where one is better. */
export interface Summary {
  readonly name: string;
  readonly operations: number;
  readonly refused: number;
  readonly apollo: Weight;
  readonly hive: Weight;
  /** Operations that need fewer requests with the one than with the other. */
  readonly fewerApollo: number;
  readonly fewerHive: number;
}

/** Sums up comparisons of one name. */
export function summarise(name: string, comparisons: readonly Comparison[]): Summary {
  const both = comparisons.flatMap(({ apollo, hive }) => (hive === null ? [] : [{ apollo, hive }]));
  return {
    name,
    operations: comparisons.length,
    refused: comparisons.length - both.length,
    apollo: total(both.map(({ apollo }) => apollo)),
    hive: total(both.map(({ hive }) => hive)),
    fewerApollo: both.filter(({ apollo, hive }) => apollo.requests < hive.requests).length,
    fewerHive: both.filter(({ apollo, hive }) => hive.requests < apollo.requests).length,
  };
}

function total(weights: readonly Weight[]): Weight {
  const sum = (figure: (weight: Weight) => number): number => weights.reduce((all, one) => all + figure(one), 0);
  return {
    fetches: sum(({ fetches }) => fetches),
    requests: sum(({ requests }) => requests),
    depth: sum(({ depth }) => depth),
    twice: sum(({ twice }) => twice),
  };
}
