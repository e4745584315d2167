/**
 * Parts of one operation that are planned for themselves (`plan/requirement.ts`) run side by side. All but the first keep
 * their results aside, under a key of the root that clients cannot choose, until the answer is written.
 */
import type { FetchNode, PlanNode } from '../plan/plan.ts';
import type { ResponsePath } from './collect.ts';
import { mergeDeep } from './merge.ts';
import type { Result } from './run.ts';

const prefix = '__aside_';

/** One plan of several. */
export function joinPlans([first, ...others]: readonly (PlanNode | null)[]): PlanNode | null {
  if (others.length === 0) return first ?? null;
  const aside = others.map((node, index) => node && moveAside(node, `${prefix}${index}`));
  return { kind: 'parallel', nodes: [first, ...aside].flatMap((node) => node ?? []) };
}

function moveAside(node: PlanNode, key: string): PlanNode {
  if (node.kind !== 'fetch') return { ...node, nodes: node.nodes.map((child) => moveAside(child, key)) };
  return { ...node, path: [{ kind: 'field', key }, ...node.path] } satisfies FetchNode;
}

/** Puts together what was kept aside; what failed in several parts is said once. */
export function joinAsides(result: Result): void {
  const errors = new Map(result.errors.map((error) => [JSON.stringify([error.path, error.message]), error]));
  result.errors.splice(0, Infinity, ...errors.values());
  for (const key of Object.keys(result.data)) {
    const part = result.data[key];
    if (!key.startsWith(prefix) || typeof part !== 'object' || part === null) continue;
    delete result.data[key];
    mergeDeep(result.data, part, isNoType);
  }
}

/** Each part names types as the others do. */
const isNoType = () => false;

/** A path without the key under which its part was kept. */
export function withoutAside(path: ResponsePath): ResponsePath {
  return String(path[0]).startsWith(prefix) ? path.slice(1) : path;
}
