/** The catalogue. */
import { aggregator, defineProcess, logic } from '../../../mesh/sdk/index.ts';
import type { EntitiesInput, JsonObject, PlatformAgent, QueryInput } from '../../../mesh/sdk/index.ts';
import { given, pageOf } from '../model/page.ts';
import type { Page } from '../model/page.ts';

type Search = QueryInput<{ text?: string | null; domain?: string | null } & Page>;
type One = QueryInput<{ id: string }>;
type Many = EntitiesInput<{ id: string }>;
type Session = { nodes: readonly (JsonObject | null)[] };

export const products = defineProcess({
  name: 'products',
  logics: [
    logic<Search, Session>('search', async ({ platform, input, session }) => {
      const { text, domain, ...page } = input.args;
      session.set('nodes', await platform.nodes({ kinds: ['product'], ...given({ text, domain }), ...pageOf(page) }));
    }),
  ],
  aggregator: aggregator<Search, Session>('show', ({ session, result }) => {
    const found = session.get('nodes').map(productOf);
    result.finalize(found.filter((product) => product !== null));
  }),
});

export const product = defineProcess({
  name: 'product',
  logics: [
    logic<One, Session>('find', async ({ platform, input, session }) => {
      session.set('nodes', [await findProduct(platform, input.args.id)]);
    }),
  ],
  aggregator: aggregator<One, Session>('show', ({ session, result }) => {
    result.finalize(productOf(session.get('nodes')[0] ?? null));
  }),
});

export const productsById = defineProcess({
  name: 'productsById',
  logics: [
    logic<Many, Session>('find', async ({ platform, input, session }) => {
      const found = input.references.map((reference) => findProduct(platform, reference.id));
      session.set('nodes', await Promise.all(found));
    }),
  ],
  aggregator: aggregator<Many, Session>('show', ({ session, result }) => {
    result.finalize(session.get('nodes').map(productOf));
  }),
});

/** A node is what a walk of no hops finds. */
async function findProduct(platform: PlatformAgent, id: string): Promise<JsonObject | null> {
  if (!id.startsWith('product:')) return null;
  const walk = await platform.traverse({ from: id, direction: 'up', depth: 0 });
  return (walk as { nodes: readonly JsonObject[] } | null)?.nodes[0] ?? null;
}

/** A product as its deployment record says it, under the id of its node; null for one that is known by mention alone. */
function productOf(node: JsonObject | null): JsonObject | null {
  const properties = node?.properties as JsonObject | undefined;
  if (!node || !properties?.coordinate) return null;
  return { ...properties, id: node.id, name: node.name, domain: node.domain };
}
