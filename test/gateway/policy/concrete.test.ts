/** Fields are decided for each type of object, however an operation selects them; what is denied is not fetched. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema, parse } from 'graphql';
import { isRuled } from '../../../gateway/policy/ruled.ts';
import { readPolicy } from '../../../mesh/policy/read-rules.ts';
import { anonymous } from '../../../mesh/core/subject.ts';
import { createTestGateway } from '../../support/gateway.ts';
import { prune } from '../../support/pruned.ts';
import { type RulesByCoordinate, composeRuled } from '../../support/ruled.ts';
import { createSubgraph, federation } from '../../support/subgraph.ts';
import { createZoo } from '../../support/zoo.ts';

const ana = { ...anonymous, id: 'ana' };
const only = '@authenticated';

function open(rules: RulesByCoordinate) {
  const { subgraph, resolved } = createZoo();
  const gateway = createTestGateway([subgraph], { supergraph: composeRuled([subgraph], rules) });
  const ask = async (query: string) => {
    resolved.length = 0;
    const { data, errors = [] } = await gateway.ask(query);
    const denied = errors.map(({ path = [], extensions }) => [path.join('.'), extensions['coordinate']]);
    return { data, denied, resolved: [...new Set(resolved)].toSorted() };
  };
  return { gateway, ask };
}

test('a rule on the field of one type binds objects of that type alone, whichever way they are selected', async () => {
  const ways: readonly string[] = [
    '{ animals { name secret } }',
    '{ animals { ... on Animal { secret } ... on Being { name } } }',
    '{ animals { name ... on Cat { secret } ... on Dog { secret } } }',
    'query { animals { ...a } } fragment a on Animal { ...b ...c } fragment b on Being { name } fragment c on Animal { secret }',
  ];
  for (const query of ways) {
    const { gateway, ask } = open({ 'Dog.secret': only });
    assert.deepEqual(await ask(query), {
      data: {
        animals: [
          { name: 'Tom', secret: 'secret of Tom' },
          { name: 'Rex', secret: null },
        ],
      },
      denied: [['animals.secret', 'Dog.secret']],
      resolved: ['Cat.name', 'Cat.secret', 'Dog.name'],
    });
    assert.match(JSON.stringify(await gateway.ask(query, { subject: ana })), /secret of Rex/);
  }
});

test("a rule on an interface's field binds all that implement it", async () => {
  const { ask } = open({ 'Being.name': only });
  const whole = await ask('{ beings { name } animals { name secret } cat { name lives } }');
  assert.doesNotMatch(whole.resolved.join(), /name/);
  assert.deepEqual(whole.data?.['cat'], { name: null, lives: 9 });
  assert.deepEqual(whole.denied, [
    ['beings.name', 'Being.name'],
    ['animals.name', 'Animal.name'],
    ['cat.name', 'Cat.name'],
  ]);
  const inUnion = await ask('{ things { ... on Animal { nick: name } ... on Rock { weight } } }');
  assert.deepEqual(inUnion.resolved, ['Rock.weight']);
  assert.deepEqual(inUnion.data, { things: [{ nick: null }, { weight: 3 }, { nick: null }] });
});

test('objects of a denied type are null wherever they stand, and nothing of them is fetched', async () => {
  const { ask } = open({ Dog: only });
  for (const query of [
    '{ things { __typename } }',
    '{ things { ... on Being { __typename } __typename } }',
    '{ things { __typename ... on Animal { __typename } } }',
  ]) {
    const answer = await ask(query);
    assert.deepEqual(answer.data, { things: [null, { __typename: 'Rock' }, { __typename: 'Cat' }] });
    assert.deepEqual(answer.denied, [['things', 'Query.things']]);
  }
  const named = await ask('{ beings { name } }');
  assert.deepEqual(named.data, { beings: [{ name: 'Filix' }, null, { name: 'Tom' }] });
  assert.deepEqual(named.resolved, ['Cat.name', 'Fern.name']);
});

test('a rule on a union binds the fields that give it, a rule on an interface all objects of it', async () => {
  const union = await open({ Thing: only }).ask(
    '{ things { __typename } animals { name } cat { likes { __typename } } }',
  );
  assert.deepEqual(union.data, { things: null, animals: [{ name: 'Tom' }, { name: 'Rex' }], cat: { likes: null } });
  assert.deepEqual(union.resolved, ['Cat.name', 'Dog.name']);
  const animal = await open({ Animal: only }).ask(
    '{ animals { name } things { __typename ... on Cat { name } } beings { name } cat { name } }',
  );
  assert.deepEqual(animal.data, {
    animals: null,
    things: [null, { __typename: 'Rock' }, null],
    beings: [{ name: 'Filix' }, null, null],
    cat: null,
  });
  assert.deepEqual(animal.resolved, ['Fern.name']);
});

test('a field of an interface is denied when each object that it may give is', async () => {
  const { ask } = open({ Cat: only, Dog: only, 'Rock.weight': only });
  const answer = await ask('{ animals { name } things { ... on Rock { weight } } }');
  assert.deepEqual(answer.data, { animals: null, things: [null, { weight: null }, null] });
  assert.deepEqual(answer.resolved, []);
});

function createLibrary(rules: RulesByCoordinate) {
  const asked: string[] = [];
  const books = createSubgraph(
    'books',
    `${federation('@key')} type Query { media: [Media] }
    interface Media @key(fields: "id") { id: ID! }
    type Book implements Media @key(fields: "id") { id: ID! }
    type Film implements Media @key(fields: "id") { id: ID! }`,
    {
      Query: {
        media: () => [
          { __typename: 'Book', id: 'b' },
          { __typename: 'Film', id: 'f' },
        ],
      },
      Media: { __resolveReference: ({ id }: { id: string }) => ({ __typename: id === 'b' ? 'Book' : 'Film', id }) },
      Book: { __resolveReference: ({ id }: { id: string }) => ({ id }) },
      Film: { __resolveReference: ({ id }: { id: string }) => ({ id }) },
    },
  );
  const stars = createSubgraph(
    'stars',
    `${federation('@key', '@interfaceObject')} type Query { rated: [Media] }
    type Media @interfaceObject @key(fields: "id") { id: ID! stars: Int }`,
    {
      Query: { rated: () => [{ id: 'f' }, { id: 'b' }] },
      Media: {
        __resolveReference: ({ id }: { id: string }) => ({ id }),
        stars: ({ id }: { id: string }) => {
          asked.push(id);
          return id === 'b' ? 77 : 5;
        },
      },
    },
  );
  const subgraphs = [books, stars];
  return { gateway: createTestGateway(subgraphs, { supergraph: composeRuled(subgraphs, rules) }), asked };
}

test('what an interface object gives is decided for the type that the object turns out to be', async () => {
  for (const query of ['{ media { stars } }', '{ media { ... on Film { stars } ... on Book { stars } } }']) {
    const { gateway, asked } = createLibrary({ 'Book.stars': only });
    const { data } = await gateway.ask(query);
    assert.deepEqual(data, { media: [{ stars: null }, { stars: 5 }] }, query);
    assert.deepEqual(asked, ['f']);
  }
});

test('where a fragment on one type is denied as a whole, it is still known which objects it is about', async () => {
  const { gateway } = createLibrary({ 'Media.stars': only });
  const answer = await gateway.ask('{ rated { id ... on Book { stars } } }');
  assert.deepEqual(answer.data, { rated: [{ id: 'f' }, { id: 'b', stars: null }] });
});

test('where nobody says what type an object of an interface object is, nothing is shown that may be denied', async () => {
  for (const place of ['Book.stars', 'Book', 'Media.stars']) {
    const { gateway } = createLibrary({ [place]: only });
    const answer = await gateway.ask('{ rated { id stars } }');
    assert.doesNotMatch(JSON.stringify(answer), /77/, place);
    assert.ok((answer.errors ?? []).length > 0);
    const all = await gateway.ask('{ rated { stars } }', { subject: ana });
    assert.deepEqual(all.data, { rated: [{ stars: 5 }, { stars: 77 }] });
  }
});

test('an operation that would grow beyond bounds once its types are told apart is refused', () => {
  const types = ['A', 'B', 'C'].map((name) => `type ${name} implements Node { next: Node }`).join(' ');
  const sdl = `type Query { node: Node } interface Node { next: Node } ${types} type D implements Node { next: Node @authenticated }`;
  const nested = (depth: number): string => `{ node { ${'next { '.repeat(depth)} __typename ${'}'.repeat(depth)} } }`;
  assert.equal(prune(sdl, nested(3)).denied.length, 3);
  assert.throws(() => prune(sdl, nested(20)), { code: 'LIMIT_EXCEEDED' });
});

test('a deferred part is pruned for each type as well', async () => {
  const { subgraph, resolved } = createZoo();
  const gateway = createTestGateway([subgraph], { supergraph: composeRuled([subgraph], { 'Dog.secret': only }) });
  const query = '{ animals { name ... @defer { secret } } }';
  const payloads: unknown[] = [];
  for await (const payload of gateway.follow(query, new AbortController().signal)) payloads.push(payload);
  assert.match(JSON.stringify(payloads), /secret of Tom/);
  assert.ok(!resolved.includes('Dog.secret'));
  assert.match(JSON.stringify(payloads), /UNAUTHORIZED/);
});

test('what is ruled by way of an interface, a source or an argument counts as ruled', () => {
  const sdl = `type Query { film: Film score: Score sure: Int open(of: Int @authenticated): Int } interface Rated { stars: Int @authenticated }
    type Film implements Rated { stars: Int votes: Int @derivedFrom(coordinates: ["Film.stars"]) title: String }
    interface Secret @authenticated { value: Int } type Score implements Secret { value: Int }`;
  const schema = buildSchema(sdl, { assumeValidSDL: true });
  const link = 'extend schema @link(url: "https://weft.dev/weft/v1.0", import: ["@derivedFrom"])';
  const policy = readPolicy(parse(`${link} ${sdl}`));
  const all = ['Film.stars', 'Film.votes', 'Film.title', 'Film', 'Score', 'Query.score', 'Query.open', 'Query.sure'];
  assert.deepEqual(
    all.filter((one) => isRuled(one, policy, schema)),
    ['Film.stars', 'Film.votes', 'Score', 'Query.score', 'Query.open'],
  );
});
