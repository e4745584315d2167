/** Which fetches travel together, and in what order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type FetchGroup, scheduleFetches } from '../../../gateway/execute/schedule.ts';
import type { FetchNode, PlanNode } from '../../../gateway/plan/plan.ts';

const fetchOf = (subgraph: string, kind: 'root' | 'entities' = 'entities'): FetchNode => ({
  kind: 'fetch',
  subgraph,
  operationKind: 'query',
  operation: '{x}',
  variables: [],
  path: [],
  ...(kind === 'entities' ? { requires: [] } : {}),
  inputRewrites: [],
  outputRewrites: [],
});

test('siblings of one subgraph travel together, also from different branches', () => {
  const a = fetchOf('a', 'root');
  const [b1, c1, b2, c2] = [fetchOf('b'), fetchOf('c'), fetchOf('b'), fetchOf('c')];
  const groups = scheduleFetches({
    kind: 'sequence',
    nodes: [
      a,
      {
        kind: 'parallel',
        nodes: [
          { kind: 'sequence', nodes: [b1, c1] },
          { kind: 'sequence', nodes: [b2, c2] },
        ],
      },
    ],
  });
  assert.deepEqual(groups, [
    { fetches: [a], dependencies: [] },
    { fetches: [b1, b2], dependencies: [0] },
    { fetches: [c1, c2], dependencies: [1] },
  ]);
});

test('a request that nobody waits for goes with a later one to the same subgraph', () => {
  const [a, b] = [fetchOf('a', 'root'), fetchOf('b')];
  const [early, late] = [fetchOf('c'), fetchOf('c')];
  const groups = scheduleFetches({
    kind: 'sequence',
    nodes: [a, { kind: 'parallel', nodes: [early, { kind: 'sequence', nodes: [b, late] }] }],
  });
  assert.deepEqual(groups, [
    { fetches: [a], dependencies: [] },
    { fetches: [b], dependencies: [0] },
    { fetches: [late, early], dependencies: [1, 0] },
  ]);
});

test('a request that somebody waits for goes at once', () => {
  const a = fetchOf('a', 'root');
  const [early, late] = [fetchOf('c'), fetchOf('c')];
  const groups = scheduleFetches({
    kind: 'sequence',
    nodes: [
      a,
      {
        kind: 'parallel',
        nodes: [
          { kind: 'sequence', nodes: [early, fetchOf('d')] },
          { kind: 'sequence', nodes: [fetchOf('b'), late] },
        ],
      },
    ],
  });
  assert.deepEqual(
    groups.filter(({ fetches }) => fetches[0]?.subgraph === 'c').map(({ fetches }) => fetches.length),
    [1, 1],
  );
});

test('a fetch of root fields travels alone', () => {
  const [first, second] = [fetchOf('a', 'root'), fetchOf('a', 'root')];
  const groups = scheduleFetches({ kind: 'parallel', nodes: [first, second] });
  assert.deepEqual(
    groups.map((group) => group.fetches.length),
    [1, 1],
  );
});

test('an empty plan has no groups', () => {
  assert.deepEqual(scheduleFetches(null), []);
});

const { plan } = fc.letrec<{ plan: PlanNode; leaf: FetchNode }>((tie) => ({
  leaf: fc
    .record({ subgraph: fc.constantFrom('a', 'b', 'c'), kind: fc.constantFrom('root' as const, 'entities' as const) })
    .map(({ subgraph, kind }) => fetchOf(subgraph, kind)),
  plan: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    tie('leaf'),
    fc.array(tie('plan'), { minLength: 1, maxLength: 4 }).map((nodes): PlanNode => ({ kind: 'sequence', nodes })),
    fc.array(tie('plan'), { minLength: 1, maxLength: 4 }).map((nodes): PlanNode => ({ kind: 'parallel', nodes })),
  ),
}));

/** For each fetch all fetches that a sequence puts before it. */
function needsOf(
  node: PlanNode,
  before: readonly FetchNode[],
  needs: Map<FetchNode, readonly FetchNode[]>,
): FetchNode[] {
  if (node.kind === 'fetch') {
    needs.set(node, before);
    return [node];
  }
  const all: FetchNode[] = [];
  for (const child of node.nodes)
    all.push(...needsOf(child, node.kind === 'sequence' ? [...before, ...all] : before, needs));
  return all;
}

test('scheduleFetches() loses no fetch and sends none before all that it needs', () => {
  fc.assert(
    fc.property(plan, (root) => {
      const needs = new Map<FetchNode, readonly FetchNode[]>();
      const all = needsOf(root, [], needs);
      const groups = scheduleFetches(root);
      assert.deepEqual(new Set(groups.flatMap((group) => group.fetches)), new Set(all));
      const reachable = (position: number): Set<number> =>
        new Set((groups[position]?.dependencies ?? []).flatMap((needed) => [needed, ...reachable(needed)]));
      groups.forEach((group, position) => {
        assert.equal(new Set(group.fetches.map((fetch) => fetch.subgraph)).size, 1);
        assert.ok(group.dependencies.every((needed) => needed < position));
        const earlier = new Set([...reachable(position)].flatMap((needed) => groups[needed]?.fetches ?? []));
        for (const fetch of group.fetches) for (const need of needs.get(fetch) ?? []) assert.ok(earlier.has(need));
      });
    }),
  );
});

/** When the last group has answered, if a subgraph takes the same time for each request. */
function endOf(groups: readonly FetchGroup[], durations: Readonly<Record<string, number>>): number {
  const ends: number[] = [];
  for (const { fetches, dependencies } of groups) {
    const start = Math.max(0, ...dependencies.map((position) => ends[position] ?? 0));
    ends.push(start + (durations[fetches[0]?.subgraph ?? ''] ?? 0));
  }
  return Math.max(0, ...ends);
}

/** The same fetches with siblings of one depth together, and nothing else. */
function scheduleByDepth(root: PlanNode): readonly FetchGroup[] {
  const needs = new Map<FetchNode, readonly FetchNode[]>();
  const depths = new Map<FetchNode, number>();
  for (const fetch of needsOf(root, [], needs)) {
    depths.set(fetch, 1 + Math.max(-1, ...(needs.get(fetch) ?? []).map((need) => depths.get(need) ?? 0)));
  }
  const byDepth = [...depths].toSorted(([, a], [, b]) => a - b);
  const groups = [
    ...Map.groupBy(byDepth, ([fetch, depth]) => (fetch.requires ? `${depth} ${fetch.subgraph}` : fetch)).values(),
  ].map((members) => members.map(([fetch]) => fetch));
  const positionOf = (fetch: FetchNode) => groups.findIndex((fetches) => fetches.includes(fetch));
  return groups.map((fetches) => ({
    fetches,
    dependencies: [...new Set(fetches.flatMap((fetch) => (needs.get(fetch) ?? []).map(positionOf)))],
  }));
}

test('scheduleFetches() makes no plan longer by letting requests wait for each other', () => {
  const durations = fc.record({ a: fc.nat(100), b: fc.nat(100), c: fc.nat(100) });
  let spared = 0;
  const isAsSoon = fc.property(plan, durations, (root, times) => {
    const [groups, byDepth] = [scheduleFetches(root), scheduleByDepth(root)];
    spared += byDepth.length - groups.length;
    assert.ok(groups.length <= byDepth.length);
    assert.equal(endOf(groups, times), endOf(byDepth, times));
  });
  fc.assert(isAsSoon, { numRuns: 2_000 });
  assert.ok(spared > 100, `${spared} requests were spared`);
});
