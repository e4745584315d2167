/** Stands where `gateway/plan/planner.ts` does: Hive plans. */
import type { Planner } from '../../../gateway/plan/planner.ts';
import { createHive, loadHive } from '../hive.ts';

const QueryPlanner = await loadHive();

/** As our own. */
export function createPlanner(supergraphSdl: string): Planner {
  return createHive(QueryPlanner, supergraphSdl);
}
