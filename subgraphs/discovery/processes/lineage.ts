/** Lineage: of any node, and of data products in batches. */
import { aggregator, defineProcess, logic } from '../../../mesh/sdk/index.ts';
import type { FieldInput, JsonObject, PlatformAgent, QueryInput } from '../../../mesh/sdk/index.ts';

type Walk = { direction: 'UP' | 'DOWN' | null; depth: number | null; nodes: number | null };
type One = QueryInput<{ of: string } & Walk>;
type Many = FieldInput<{ id: string }, Walk>;
type Session = { walks: readonly (JsonObject | null)[] };

export const lineage = defineProcess({
  name: 'lineage',
  logics: [
    logic<One, Session>('walk', async ({ platform, input, session }) => {
      session.set('walks', [await walk(platform, input.args.of, input.args)]);
    }),
  ],
  aggregator: aggregator<One, Session>('show', ({ session, result }) => {
    result.finalize(session.get('walks')[0] ?? null);
  }),
});

export const productLineage = defineProcess({
  name: 'productLineage',
  logics: [
    logic<Many, Session>('walk', async ({ platform, input, session }) => {
      const walks = input.parents.map((product) => walk(platform, product.id, input.args));
      session.set('walks', await Promise.all(walks));
    }),
  ],
  aggregator: aggregator<Many, Session>('show', ({ session, result }) => {
    result.finalize(session.get('walks'));
  }),
});

/** Follows the edges from a node; kinds come back in the upper case of the schema's enums. */
async function walk(platform: PlatformAgent, from: string, { direction, depth, nodes }: Walk) {
  const found = await platform.traverse({
    from,
    direction: direction === 'DOWN' ? 'down' : 'up',
    depth: Math.min(Math.max(depth ?? 50, 0), 50),
    nodes: Math.min(Math.max(nodes ?? 1_000, 1), 10_000),
  });
  if (found === null) return null;
  const visited = found.nodes as readonly (JsonObject & { kind: string })[];
  return { ...found, nodes: visited.map((node) => ({ ...node, kind: node.kind.toUpperCase() })) };
}
