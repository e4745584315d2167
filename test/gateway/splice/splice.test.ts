/** Answers that are spliced against the same answers executed the general way, for what subgraphs should and should not write. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { composeForTest } from '../../support/subgraph.ts';
import { type Answer, createTestGateway } from '../../support/gateway.ts';
import { changed, meshQueries, meshSubgraphs } from './mesh.ts';

const supergraph = composeForTest(meshSubgraphs);
const asIs = (bytes: Buffer): Buffer => bytes;

/** Data as it is, errors as a set of what and where: their order is not told. */
function outcomeOf({ data, errors = [] }: Answer): unknown {
  const told = errors.map(({ message, path, extensions }) => JSON.stringify([message, path, extensions]));
  return { data, errors: [...new Set(told)].toSorted() };
}

for (const query of meshQueries) {
  test(`a query is answered without its answers becoming objects: ${query}`, async () => {
    const [spliced, general] = [changed(true, asIs), changed(false, asIs)];
    const answer = await createTestGateway(spliced.subgraphs, { supergraph }).ask(query);
    const expected = await createTestGateway(general.subgraphs, { supergraph }).ask(query);
    assert.equal(spliced.watch.reads, 0);
    assert.ok(general.watch.reads > 0);
    assert.deepEqual(answer, expected);
    assert.equal(answer.errors, undefined);
  });
}

/** A change to some answers of a request: which ones, where, and what. */
const changes = fc.record({
  nth: fc.nat({ max: 3 }),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  kind: fc.constantFrom('replace', 'delete', 'insert', 'value', 'spaced', 'sorted', 'twice'),
  piece: fc.constantFrom(
    '"',
    ',',
    '}',
    ']',
    '0',
    'null',
    '\\',
    ' ',
    '\n',
    '\u0000',
    'é',
    '\\u0041',
    '{"a":1}',
    '[]',
    'true',
  ),
});

type Change = typeof changes extends fc.Arbitrary<infer Value> ? Value : never;

function apply({ at, kind, piece }: Change, bytes: Buffer): Buffer {
  const text = bytes.toString('latin1');
  const place = Math.floor(at * text.length);
  const piece8 = Buffer.from(piece).toString('latin1');
  switch (kind) {
    case 'replace':
      return Buffer.from(text.slice(0, place) + piece8 + text.slice(place + 1), 'latin1');
    case 'delete':
      return Buffer.from(text.slice(0, place) + text.slice(place + 1), 'latin1');
    case 'insert':
      return Buffer.from(text.slice(0, place) + piece8 + text.slice(place), 'latin1');
    case 'twice':
      return Buffer.from(text + text, 'latin1');
    case 'spaced':
      return Buffer.from(JSON.stringify(JSON.parse(bytes.toString()), null, 1));
    case 'sorted':
      return Buffer.from(JSON.stringify(JSON.parse(bytes.toString(), sortKeys)));
    case 'value':
      return replaceValue(bytes, { at, piece });
    default:
      return kind satisfies never;
  }
}

function sortKeys(_: string, value: unknown): unknown {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? 1 : -1))) : value;
}

/** Another value in the place of one of the answer's. */
function replaceValue(bytes: Buffer, { at, piece }: Pick<Change, 'at' | 'piece'>): Buffer {
  let count = 0;
  JSON.parse(bytes.toString(), () => void (count += 1));
  const wanted = Math.floor(at * count);
  let index = 0;
  const text = JSON.stringify(JSON.parse(bytes.toString(), (_, value: unknown) => (index++ === wanted ? '@@' : value)));
  return Buffer.from(text.replace('"@@"', /^[[{nt0]/.test(piece) ? piece : '"z"'));
}

test('whatever an answer is changed to, the request comes to what it comes to the general way', async () => {
  const counts = { spliced: 0, general: 0 };
  const bytesSide = createSide(true);
  const objectsSide = createSide(false);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...meshQueries), changes, async (query, change) => {
      const before = bytesSide.watch.reads;
      assert.deepEqual(await bytesSide.ask(query, change), await objectsSide.ask(query, change));
      counts[bytesSide.watch.reads === before ? 'spliced' : 'general'] += 1;
    }),
    { numRuns: 1_000 },
  );
  assert.ok(counts.spliced > 100 && counts.general > 100, JSON.stringify(counts));
});

/** A gateway of which some answers are changed: which ones goes by what was asked. */
function createSide(asBytes: boolean) {
  let current: Change | null = null;
  const { subgraphs, watch } = changed(asBytes, (bytes, { query, variablesJson }) => {
    const number = hash('sha1', query + variablesJson, 'buffer')[0] ?? 0;
    return current !== null && number % 4 === current.nth ? apply(current, bytes) : bytes;
  });
  const gateway = createTestGateway(subgraphs, { supergraph });
  return {
    watch,
    async ask(query: string, change: Change): Promise<unknown> {
      current = change;
      return outcomeOf(await gateway.ask(query));
    },
  };
}

test('requests that shared an answer which comes as objects do not share the objects', async () => {
  // Answers without bytes cannot be spliced; merging changes them.
  const { subgraphs } = changed(false, asIs);
  const bare = subgraphs.map((subgraph) => ({
    ...subgraph,
    fetch: async (...asked: Parameters<typeof subgraph.fetch>) => {
      const { data = null } = await subgraph.fetch(...asked);
      return { data };
    },
  }));
  const gateway = createTestGateway(bare, { supergraph });
  const query = '{ goods { sku fee maker { name } } }';
  const [first, ...others] = await Promise.all(Array.from({ length: 20 }, () => gateway.ask(query)));
  for (const other of others) assert.deepEqual(other, first);
  assert.equal(first?.errors, undefined);
});
