/** What clients see of schemas that several subgraphs share: merged enums and inputs, what is inaccessible, introspection. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestGateway } from '../../support/gateway.ts';
import { createSubgraph, federation } from '../../support/subgraph.ts';

test('enums are merged as they are used: for input what all know, for output what any knows', async () => {
  const a = createSubgraph(
    'a',
    `${federation('@key')}
    enum Size { S M }
    enum Mood { GOOD BAD }
    input Filter { size: Size limit: Int = 3 }
    type Query { mood: Mood echo(filter: Filter!, sizes: [Size!] = [M]): String }`,
    {
      Query: {
        mood: () => 'BAD',
        echo: (_: unknown, args: unknown) => JSON.stringify(args),
      },
    },
  );
  const b = createSubgraph(
    'b',
    `${federation('@key')}
    enum Size { M L }
    enum Mood { BAD UGLY }
    input Filter { size: Size limit: Int = 3 colour: String }
    type Query { mine: Mood other(filter: Filter): Int }`,
    { Query: { mine: () => 'UGLY', other: (_: unknown, args: { filter?: { limit?: number } }) => args.filter?.limit } },
  );
  const gateway = createTestGateway([a, b]);
  const { data, errors } = await gateway.ask(
    `query($size: Size, $limit: Int = 5) {
      mood mine other(filter: { size: $size })
      echo(filter: { size: $size, limit: $limit }) plain: echo(filter: {}) none: echo(filter: { size: null, limit: null }, sizes: null)
    }`,
    { variables: { size: 'M' } },
  );
  assert.equal(errors, undefined);
  assert.deepEqual(data, {
    mood: 'BAD',
    mine: 'UGLY',
    other: 3,
    echo: '{"filter":{"size":"M","limit":5},"sizes":["M"]}',
    plain: '{"filter":{"limit":3},"sizes":["M"]}',
    none: '{"filter":{"size":null,"limit":null},"sizes":null}',
  });
  for (const filter of ['{ size: S }', '{ colour: "red" }']) {
    assert.equal((await gateway.ask(`{ echo(filter: ${filter}) }`)).data, undefined);
  }
});

test('what is @inaccessible is neither asked for nor answered, and still serves inside', async () => {
  const a = createSubgraph(
    'a',
    `${federation('@key', '@inaccessible', '@tag', '@cost', '@listSize')}
    enum Mood { GOOD SECRET @inaccessible }
    type Hidden @inaccessible { x: Int }
    type Query { hidden: Hidden @inaccessible item(id: ID = "1", debug: Boolean @inaccessible): Item @tag(name: "open") @cost(weight: 3) items: [Thing] @listSize(assumedSize: 3) }
    union Thing = Item | Hidden
    type Item @key(fields: "secret") @tag(name: "open") { secret: ID! @inaccessible mood: Mood moods: [Mood] name(upper: Boolean = true @tag(name: "x")): String }`,
    {
      Query: {
        item: (_: unknown, { id }: { id: string }) => ({
          secret: id,
          mood: 'SECRET',
          moods: ['GOOD', 'SECRET'],
          name: 'n',
        }),
        items: () => [
          { __typename: 'Item', secret: '1', name: 'n' },
          { __typename: 'Hidden', x: 1 },
        ],
      },
    },
  );
  const b = createSubgraph(
    'b',
    `${federation('@key', '@inaccessible')} type Item @key(fields: "secret") { secret: ID! @inaccessible stock: Int }`,
    {
      Item: { __resolveReference: ({ secret }: { secret: string }) => ({ secret, stock: Number(secret) }) },
    },
  );
  const gateway = createTestGateway([a, b]);
  const { data, errors } = await gateway.ask('{ item { name stock mood moods } items { ... on Item { stock } } }');
  assert.deepEqual(data, {
    item: { name: 'n', stock: 1, mood: null, moods: ['GOOD', null] },
    items: [{ stock: 1 }, null],
  });
  assert.equal(errors, undefined);
  for (const query of [
    '{ item { secret } }',
    '{ hidden { x } }',
    '{ item(debug: true) { name } }',
    '{ items { ... on Hidden { x } } }',
  ]) {
    const refused = await gateway.ask(query);
    assert.equal(refused.data, undefined, query);
  }
  const schema = await gateway.ask(
    '{ item: __type(name: "Item") { fields { name args { name defaultValue } } } hidden: __type(name: "Hidden") { name } mood: __type(name: "Mood") { enumValues { name } } any: __type(name: "_Entity") { name } __schema { directives { name } queryType { fields { name args { name } } } } }',
  );
  assert.equal(schema.errors, undefined);
  assert.deepEqual(schema.data, {
    item: {
      fields: [
        { name: 'mood', args: [] },
        { name: 'moods', args: [] },
        { name: 'name', args: [{ name: 'upper', defaultValue: 'true' }] },
        { name: 'stock', args: [] },
      ],
    },
    hidden: null,
    mood: { enumValues: [{ name: 'GOOD' }] },
    any: null,
    __schema: {
      directives: (schema.data as { __schema: { directives: unknown } }).__schema.directives,
      queryType: {
        fields: [
          { name: 'item', args: [{ name: 'id' }] },
          { name: 'items', args: [] },
        ],
      },
    },
  });
  const names = JSON.stringify((schema.data as { __schema: { directives: unknown } }).__schema.directives);
  assert.doesNotMatch(names, /join__|link|inaccessible|tag|cost/);
});

test('an enum value that is @inaccessible is answered with null alone; where none may stand, the object goes and says why', async () => {
  const a = createSubgraph(
    'a',
    `${federation('@inaccessible')}
    enum Mood { GOOD SECRET @inaccessible }
    type Query { loose: Holder strict: Holder list: [[Mood!]] }
    type Holder { mood: Mood sure: Mood! }`,
    {
      Query: {
        loose: () => ({ mood: 'SECRET' }),
        strict: () => ({ sure: 'SECRET' }),
        list: () => [['GOOD'], ['GOOD', 'SECRET']],
      },
    },
  );
  const gateway = createTestGateway([a]);
  assert.deepEqual(await gateway.ask('{ loose { mood } }'), { data: { loose: { mood: null } } });
  const { data, errors } = await gateway.ask('{ strict { sure } list }');
  assert.deepEqual(data, { strict: null, list: [['GOOD'], null] });
  assert.deepEqual(errors?.map(({ path }) => path?.join('.')).toSorted(), ['list.1.1', 'strict.sure']);
  assert.ok(!JSON.stringify(errors).includes('SECRET'));
});

test('introspection takes variables, fragments and conditions and stands beside data', async () => {
  const a = createSubgraph('a', `${federation('@key')} type Query { one(by: Int): Int }`, {
    Query: { one: (_: unknown, { by }: { by: number }) => by },
  });
  const { data, errors } = await createTestGateway([a]).ask(
    `query($name: String!, $by: Int, $no: Boolean = false) { ...F one(by: $by) __typename t: __typename }
    fragment F on Query { __type(name: $name) { ...T kind @include(if: $no) } __schema @include(if: $no) { description } }
    fragment T on __Type { __typename name fields(includeDeprecated: true) { name type { ofType { name } name } } }`,
    { variables: { name: 'Query', by: 4 } },
  );
  assert.equal(errors, undefined);
  assert.deepEqual(data, {
    __type: { __typename: '__Type', name: 'Query', fields: [{ name: 'one', type: { ofType: null, name: 'Int' } }] },
    one: 4,
    __typename: 'Query',
    t: 'Query',
  });
});

test('introspection tells of types, fields and arguments, deprecated ones when asked', async () => {
  const a = createSubgraph(
    'a',
    `${federation('@key', '@tag')}
    "A ship." type Ship @key(fields: "id") { id: ID! name: String @tag(name: "x") old: Int @deprecated(reason: "Sunk.") at(now: Int = 3, then: Int @deprecated): Int }
    enum Flag { RED BLUE @deprecated }
    union Thing = Ship
    type Query { ship: Ship thing: Thing flag: Flag }`,
    {
      Query: {
        ship: () => ({ id: '1', name: 'S' }),
        thing: () => ({ __typename: 'Ship', id: '2' }),
        flag: () => 'RED',
      },
    },
  );
  const { data, errors } = await createTestGateway([a]).ask(
    `query($all: Boolean = true) {
      ship { kind: __typename name } thing { __typename ... on Ship { id __typename } }
      type: __type(name: "Ship") { ...T }
      flag: __type(name: "Flag") { enumValues(includeDeprecated: $all) { name isDeprecated } }
      __type(name: "Nothing") { name }
      __schema { queryType { name } mutationType { name } directives { name } }
    }
    fragment T on __Type { __typename kind description few: fields { name } fields(includeDeprecated: $all) { name deprecationReason args { name defaultValue type { name } } } possibleTypes { name } }`,
  );
  assert.equal(errors, undefined);
  const field = (name: string, deprecationReason: string | null = null, args: unknown[] = []) => ({
    name,
    deprecationReason,
    args,
  });
  const { __schema: schema, ...rest } = data as { __schema: { directives: { name: string }[] } };
  assert.deepEqual(rest, {
    ship: { kind: 'Ship', name: 'S' },
    thing: { __typename: 'Ship', id: '2' },
    type: {
      __typename: '__Type',
      kind: 'OBJECT',
      description: 'A ship.',
      few: [{ name: 'id' }, { name: 'name' }, { name: 'at' }],
      fields: [
        field('id'),
        field('name'),
        field('old', 'Sunk.'),
        field('at', null, [{ name: 'now', defaultValue: '3', type: { name: 'Int' } }]),
      ],
      possibleTypes: null,
    },
    flag: {
      enumValues: [
        { name: 'RED', isDeprecated: false },
        { name: 'BLUE', isDeprecated: true },
      ],
    },
    __type: null,
  });
  const directives = schema.directives.map(({ name }) => name);
  assert.deepEqual(
    directives.filter((name) => /^(join|link|key|tag|federation)/.test(name)),
    [],
  );
  assert.ok(directives.includes('deprecated'));
});
