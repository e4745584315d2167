/** However an operation is written, it is answered alike, and the same is asked of subgraphs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildSchema, print } from 'graphql';
import type { Json } from '../../../mesh/core/json.ts';
import { defaultConfig } from '../../../mesh/core/config.ts';
import { type Answer, createTestGateway } from '../../support/gateway.ts';
import { composeRuled } from '../../support/ruled.ts';
import { createZoo, zooPlaces, zooSdl } from '../../support/zoo.ts';
import { drawSet, rewritten } from './rewrite.ts';

const schema = buildSchema(zooSdl);
const query = schema.getQueryType() ?? assert.fail();

/** What a client makes of an answer, but for keys that only one of two writings has. */
function told({ data, errors = [] }: Answer) {
  const own = (value: Json | undefined): Json | undefined => {
    if (Array.isArray(value)) return value.map((item) => own(item) ?? null);
    if (typeof value !== 'object' || value === null) return value;
    const kept = Object.entries(value).filter(([key]) => !key.startsWith('also_'));
    return Object.fromEntries(kept.map(([key, child]) => [key, own(child) ?? null]));
  };
  const paths = errors.map(({ path = [] }) => path.join('.')).filter((path) => !path.includes('also_'));
  return { data: own(data), paths: [...new Set(paths)].toSorted() };
}

test('operations that ask the same in other words are answered alike and fetch the same', async () => {
  const tape = fc.array(fc.nat(), { minLength: 40, maxLength: 80 });
  const rules = fc.uniqueArray(fc.constantFrom(...zooPlaces), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(rules, tape, async (places, numbers) => {
      let at = 0;
      const writing = { schema, draw: (below: number) => (numbers[at++ % numbers.length] ?? 0) % below };
      const set = drawSet(query, 3, writing);
      const zoo = createZoo();
      const ruled = Object.fromEntries(places.map((place) => [place, '@authenticated']));
      const gateway = createTestGateway([zoo.subgraph], {
        supergraph: composeRuled([zoo.subgraph], ruled),
        // What is drawn may have more than a client may send.
        limits: { ...defaultConfig.limits, aliases: 1_000 },
      });
      const ask = async (text: string) => {
        zoo.resolved.length = 0;
        const answer = await gateway.ask(text);
        assert.ok(answer.data, `${JSON.stringify(answer)} for ${text}`);
        return { ...told(answer), resolved: [...new Set(zoo.resolved)].toSorted() };
      };
      const plain = await ask(print(set));
      for (const place of places)
        assert.ok(!plain.resolved.some((one) => one === place || one.startsWith(`${place}.`)));
      for (let round = 0; round < 3; round++) assert.deepEqual(await ask(rewritten(set, writing)), plain);
    }),
    { numRuns: 40, endOnFailure: true },
  );
});
