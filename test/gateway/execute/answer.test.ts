/** Both writers of an answer against graphql-js over random results. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type OperationDefinitionNode, buildSchema, execute, parse } from 'graphql';
import { readInnerKeys } from '../../../gateway/execute/alias.ts';
import { completeResult } from '../../../gateway/execute/complete.ts';
import type { ResultObject } from '../../../gateway/execute/collect.ts';
import { shapeOperation } from '../../../gateway/execute/shape.ts';
import { compileWriter } from '../../../gateway/execute/writer.ts';

const schema = buildSchema(`
  type Query { node: Node nodes: [Node!] grid: [[Int!]]! strict: Person! people: [Person!]! }
  interface Node { id: ID! }
  type Person implements Node { id: ID! name: String age: Int! mood: Mood friend: Person friends: [Person] score: Float! ok: Boolean any: Any }
  type Robot implements Node { id: ID! serial: String! maker: Person! }
  enum Mood { GOOD BAD }
  scalar Any
`);

const document = parse(`{
  node { __typename id ... on Person { alias: name friend { age } } ... on Robot { serial maker { id name } } }
  nodes { id ... on Robot { maker { age } } }
  grid
  strict { id name age mood score ok any friends { name score } }
  people { id friend { __typename name friends { age } } }
}`);
const operation = document.definitions[0] as OperationDefinitionNode;
const keyOf = readInnerKeys(operation);
const shape = shapeOperation(operation, { schema, isDenied: () => false, isTypeDenied: () => false });

/** Result objects as fetching leaves them: by inner key, here and there something missing or wrong. */
const scalarValue = (good: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 60, arbitrary: good }, { weight: 1, arbitrary: fc.constant(null) });
const text = scalarValue(fc.oneof(fc.string(), fc.constantFrom('plain', 'q"uote', 'back\\slash', '\u2028 line', '🙂')));
const id = scalarValue(fc.oneof(fc.string({ minLength: 1 }), fc.integer()));
const int = scalarValue(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
const float = scalarValue(fc.double({ noNaN: true, noDefaultInfinity: true }));
const mood = scalarValue(fc.constantFrom('GOOD', 'BAD'));
const ok = scalarValue(fc.boolean());
const { result } = fc.letrec<Record<'person' | 'robot' | 'node' | 'result', unknown>>((tie) => ({
  person: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    { weight: 1, arbitrary: fc.constant(null) },
    {
      weight: 9,
      arbitrary: fc.record({
        __typename: fc.constant('Person'),
        id,
        name: text,
        __as0_alias: text,
        age: int,
        mood,
        score: float,
        ok,
        any: fc.jsonValue(),
        friend: tie('person'),
        friends: scalarValue(fc.array(tie('person'), { maxLength: 3 })),
      }),
    },
  ),
  robot: fc.record({ __typename: fc.constant('Robot'), id, serial: text, maker: tie('person') }),
  node: fc.oneof(tie('person'), tie('robot')),
  result: fc.record({
    node: tie('node'),
    nodes: scalarValue(fc.array(tie('node'), { maxLength: 4 })),
    grid: scalarValue(fc.array(scalarValue(fc.array(int, { maxLength: 3 })), { maxLength: 3 })),
    strict: tie('person'),
    people: scalarValue(fc.array(tie('person'), { maxLength: 4 })),
  }),
}));

/** graphql-js over the same objects: a field reads its inner key, `__typename` decides the type. */
function oracle(data: ResultObject) {
  const answer = execute({
    schema,
    document,
    rootValue: data,
    fieldResolver: (...[source, , , { fieldNodes }]) =>
      (source as ResultObject)[fieldNodes[0] ? keyOf(fieldNodes[0]) : ''],
    typeResolver: (value: ResultObject) => String(value['__typename']),
  });
  assert.ok(!('then' in answer));
  const paths = (answer.errors ?? []).map((error) => JSON.stringify(error.path));
  return { data: JSON.parse(JSON.stringify(answer.data ?? null)) as unknown, paths: new Set(paths) };
}

test('both writers give the data and the error paths that graphql-js gives', () => {
  const write = compileWriter(shape);
  let careful = 0;
  fc.assert(
    fc.property(result, (value) => {
      const data = value as ResultObject;
      const expected = oracle(data);
      const fast = write(data, false);
      const completion = completeResult(shape, data, []);
      assert.deepEqual(JSON.parse(completion.data), expected.data);
      assert.deepEqual(new Set(completion.errors.map((error) => JSON.stringify(error.path))), expected.paths);
      if (fast === null) careful += 1;
      else assert.equal(fast, completion.data);
      assert.equal(fast === null, completion.errors.length > 0, 'the fast writer hands over exactly what is amiss');
    }),
    { numRuns: 2_000 },
  );
  assert.ok(careful > 100 && careful < 1_900, `both ways were taken: ${careful} of 2000 went the careful one`);
});

test('the fast writer quotes strings without looking only when the result is known to be plain', () => {
  const write = compileWriter(shape);
  const data = { node: null, nodes: null, grid: [], strict: { id: 'a"b', age: 1, score: 1 }, people: [] };
  assert.match(write(data, false) ?? '', /"id":"a\\"b"/);
  assert.match(write({ ...data, strict: { ...data.strict, id: 'ab' } }, true) ?? '', /"id":"ab"/);
});

test('completeResult() adds no error where one already says why', () => {
  const data = { node: null, nodes: null, grid: [], strict: null, people: [] };
  const known = [{ message: 'The subgraph was out.', path: ['strict'], extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }];
  assert.deepEqual(completeResult(shape, data, known), { data: 'null', errors: [] });
});

test('completeResult() reports a value that is none of its type and answers null there', () => {
  const data = { node: null, nodes: 'many', grid: [], strict: { id: 'x', age: 1, score: 1, mood: 'UGLY' }, people: [] };
  const { data: text, errors } = completeResult(shape, data, []);
  const answer = JSON.parse(text) as { nodes: unknown; strict: { mood: unknown } };
  assert.equal(answer.nodes, null);
  assert.equal(answer.strict.mood, null);
  assert.deepEqual(
    errors.map((error) => [error.path, error.extensions.code]),
    [
      [['nodes'], 'SUBGRAPH_INVALID_RESPONSE'],
      [['strict', 'mood'], 'SUBGRAPH_INVALID_RESPONSE'],
    ],
  );
});
