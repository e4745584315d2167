/**
 * What is shared between requests crosses nothing between principals: requests of many of them in random order, with other
 * headers, views and variables, before subgraphs that answer in random order, in part, or not at all.
 */
import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { BytesResponse } from '../../../gateway/execute/answer.ts';
import { WeftError } from '../../../mesh/core/error.ts';
import type { Subgraph, SubgraphRequest } from '../../../mesh/core/subgraph.ts';
import { type Subject, anonymous } from '../../../mesh/core/subject.ts';
import { type TestGateway, createTestGateway } from '../../support/gateway.ts';
import { federation } from '../../support/subgraph.ts';

/** How a subgraph answers its next calls. */
interface Mood {
  /** Turns of the event loop, call by call. */
  readonly turns: readonly number[];
  /** Calls that are not answered, by their number. */
  readonly lost: number;
  /** Nobody asks for the entity that cannot be had. */
  readonly isWhole: boolean;
}

let mood: Mood = { turns: [1], lost: -1, isWhole: true };
let callCount = 0;
let entityCount = 0;

/** Answers every leaf with who asked and for what: a subgraph that tells each caller apart by the header it was sent. */
function createTelling(name: string, sdl: string): Subgraph {
  return {
    name,
    sdl: federation('@key', '@requiresScopes') + sdl,
    origin: name,
    givesBytes: true,
    health: async () => null,
    async fetch({ query, variablesJson, headers }: SubgraphRequest) {
      const number = callCount++;
      for (let turn = mood.turns[number % mood.turns.length] ?? 0; turn > 0; turn--) await nextTurn();
      if (number % 10 === mood.lost)
        throw new WeftError('SUBGRAPH_UNAVAILABLE', { action: `Subgraph "${name}" is away` });
      const variables = JSON.parse(variablesJson) as {
        ids?: string[];
        representations?: { id: string }[];
        note?: string;
      };
      const who = headers['authorization'] ?? 'nobody';
      if (variables.ids !== undefined) {
        const items = variables.ids.map((id) => ({ __typename: 'Item', id }));
        return new BytesResponse(Buffer.from(JSON.stringify({ data: { items } })), name);
      }
      const ids = (variables.representations ?? []).map(({ id }) => id);
      entityCount += ids.length;
      const isPrivate = query.includes('hidden');
      const entities = ids.map((id) =>
        id === 'broken'
          ? null
          : { open: `${who}/${id}/${variables.note ?? ''}`, ...(isPrivate ? { hidden: `#${who}/${id}` } : {}) },
      );
      const errors = ids.flatMap((id, index) =>
        id === 'broken' ? [{ message: `No ${id} for ${who}`, path: ['_entities', index] }] : [],
      );
      const body = { data: { _entities: entities }, ...(errors.length > 0 ? { errors } : {}) };
      return new BytesResponse(Buffer.from(JSON.stringify(body)), name);
    },
  };
}

const lists = createTelling(
  'lists',
  'type Query { items(ids: [ID!]!): [Item!]! } type Item @key(fields: "id") { id: ID! }',
);
const facts = createTelling(
  'facts',
  'type Item @key(fields: "id") { id: ID! open(note: String): String hidden: String @requiresScopes(scopes: [["secret"]]) }',
);
const query = 'query ($ids: [ID!]!, $note: String) { items(ids: $ids) { id open(note: $note) hidden } }';

interface Asked {
  readonly who: string | null;
  readonly isTrusted: boolean;
  readonly ids: readonly string[];
  readonly note: string | null;
}

const trusted: Subject = { ...anonymous, id: 'trusted', scopes: ['secret'] };
const asks: fc.Arbitrary<Asked> = fc.record({
  who: fc.constantFrom('ann', 'bob', 'cy', null),
  isTrusted: fc.boolean(),
  ids: fc
    .array(fc.constantFrom('1', '2', '3', '4', 'broken'), { maxLength: 4 })
    .map((ids) => [...new Set(ids.filter((id, index) => id !== 'broken' || index === 0))]),
  note: fc.constantFrom('x', null),
});
const moods: fc.Arbitrary<Mood> = fc.record({
  turns: fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 5 }),
  lost: fc.oneof({ weight: 4, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat({ max: 9 }) }),
  isWhole: fc.boolean(),
});

/** Whatever an answer says was told to its own caller, and it says all that it should, or why not. */
async function check(gateway: TestGateway, { who, isTrusted, ids, note }: Asked): Promise<void> {
  const { data, errors = [] } = await gateway.ask(query, {
    variables: { ids: [...ids], ...(note === null ? {} : { note }) },
    headers: who === null ? {} : { authorization: who },
    subject: isTrusted ? trusted : anonymous,
  });
  const isLost = errors.some(({ extensions }) => extensions.code === 'SUBGRAPH_UNAVAILABLE');
  if (data === null) return assert.ok(isLost);
  const name = who ?? 'nobody';
  const expected = ids.map((id) => {
    const isTold = id !== 'broken' && !isLost;
    const open = isTold ? `${name}/${id}/${note ?? ''}` : null;
    return { id, open, hidden: isTold && isTrusted ? `#${name}/${id}` : null };
  });
  assert.deepEqual(data, { items: expected });
  const others = ['ann', 'bob', 'cy', 'nobody'].filter((other) => other !== name);
  for (const other of others) assert.ok(!JSON.stringify(errors).includes(`for ${other}`), `${name} reads of ${other}`);
  if (ids.includes('broken') && !isLost) assert.ok(errors.length > 0);
}

test('100,000 requests in random order: each is told what is its own and nothing else', async () => {
  const gateway = createTestGateway([lists, facts]);
  let [wanted, told] = [0, 0];
  await fc.assert(
    fc.asyncProperty(moods, fc.array(asks, { minLength: 100, maxLength: 100 }), async (next, all) => {
      mood = next;
      const asked = next.isWhole ? all.map((one) => ({ ...one, ids: one.ids.filter((id) => id !== 'broken') })) : all;
      const before = entityCount;
      await Promise.all(asked.map((one) => check(gateway, one)));
      if (!next.isWhole || next.lost >= 0) return;
      wanted += asked.reduce((sum, { ids }) => sum + ids.length, 0);
      told += entityCount - before;
    }),
    { numRuns: 1_000 },
  );
  assert.ok(told < wanted * 0.7, `entities were shared: ${told} asked for of ${wanted}`);
});
