/** Attacks on what must not be known by name: introspection, suggestions, complaints, errors, and answers as if there were nothing. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildClientSchema, getIntrospectionQuery, printSchema, validateSchema } from 'graphql';
import type { IntrospectionQuery } from 'graphql';
import { assertUntold, insider, only, openIntrospected, stranger } from './introspection-house.ts';

const introspection = getIntrospectionQuery({
  inputValueDeprecation: true,
  specifiedByUrl: true,
  schemaDescription: true,
});
const hiding = { introspection: 'filtered', hideExistence: true } as const;

async function schemaFor(house: ReturnType<typeof openIntrospected>, subject = stranger) {
  const { text } = await house.ask(introspection, { subject });
  const { data } = JSON.parse(text) as { data: IntrospectionQuery };
  return { text, schema: buildClientSchema(data) };
}

describe('introspection', () => {
  test('whole: the standard query names nothing that is hidden, and is a schema', async () => {
    const { text, schema } = await schemaFor(openIntrospected());
    assertUntold(text);
    assert.deepEqual(validateSchema(schema), []);
    const printed = printSchema(schema);
    for (const name of [
      'people(',
      'type Rock',
      'union Thing = Person | Rock',
      'MATT',
      'paint(color: Color, mode: Mode)',
    ])
      assert.ok(printed.includes(name), name);
  });

  test('whole: who is denied nothing gets all of it', async () => {
    const { schema } = await schemaFor(openIntrospected(), insider);
    for (const name of ['canaryPay', 'CanarySpy', 'CANARY_RED', 'canaryKey', 'CanaryShelf'])
      assert.ok(printSchema(schema).includes(name), name);
  });

  test('whole: where introspection is full everybody gets all of it', async () => {
    const house = openIntrospected({ disclosure: { introspection: 'full', hideExistence: false } });
    assert.equal(printSchema((await schemaFor(house)).schema), printSchema((await schemaFor(house, insider)).schema));
  });

  test('directives of policy are not shown, nor where they stand', async () => {
    const { text } = await schemaFor(openIntrospected());
    assert.doesNotMatch(text, /weft__|requiresScopes|dataProduct|join__|_entities|_service|_Any/);
  });

  test('by type: a hidden type is as one that is not there', async () => {
    const { ask } = openIntrospected();
    for (const name of ['CanarySpy', 'CanaryShelf', 'CanaryVaultWhere', 'Vault']) {
      const { text } = await ask(`{ __type(name: "${name}") { kind name fields { name } inputFields { name } } }`);
      assert.equal(text, '{"data":{"__type":null}}');
    }
  });

  test('by type: hidden fields, arguments, values, members and possible types of visible types', async () => {
    const { ask } = openIntrospected();
    for (const name of [
      'Person',
      'Query',
      'Mutation',
      'Subscription',
      'Thing',
      'Named',
      'Color',
      'Sort',
      'PersonWhere',
      'Job',
    ]) {
      const { text } = await ask(
        `{ __type(name: "${name}") { fields(includeDeprecated: true) { name description args(includeDeprecated: true) { name defaultValue type { name ofType { name } } } type { name ofType { name } } }
           enumValues(includeDeprecated: true) { name } inputFields(includeDeprecated: true) { name type { name ofType { name } } } possibleTypes { name } interfaces { name } } }`,
      );
      assertUntold(text);
      assert.ok(text.length > 40, text);
    }
  });

  test('by variable, alias and fragment: the name of the type is no way in', async () => {
    const { ask } = openIntrospected();
    const { text } = await ask(
      'query ($n: String!) { a: __type(name: $n) { ...F } __schema { ...S } } fragment F on __Type { name } fragment S on __Schema { types { name } }',
      {
        variables: { n: 'CanarySpy' },
      },
    );
    assertUntold(text);
    assert.match(text, /"a":null/);
  });

  test('deferred: parts of introspection that come later are filtered as well', async () => {
    const { follow } = openIntrospected();
    for (const text of await follow(
      '{ ... @defer { __schema { types { name fields { name } } } } __typename people { name } }',
    ))
      assertUntold(text);
  });

  test('shared state: strangers and insiders who ask at once each get their own', async () => {
    const { ask } = openIntrospected();
    const texts = await Promise.all(
      Array.from({ length: 12 }, (_, index) => ask(introspection, { subject: index % 2 === 0 ? insider : stranger })),
    );
    for (const [index, { text }] of texts.entries()) {
      if (index % 2 === 0) assert.match(text, /canaryPay/);
      else assertUntold(text);
    }
  });

  test('a subject that sees nothing at all still gets a schema', async () => {
    const house = openIntrospected({ rules: { Query: only, Mutation: only, Subscription: only } });
    const { schema } = await schemaFor(house);
    assert.deepEqual(validateSchema(schema), []);
    assert.deepEqual(Object.keys(schema.getQueryType()?.getFields() ?? {}), ['_']);
  });
});

describe('suggestions', () => {
  const probes = [
    ['a field', '{ people { canarPay } }', 'canarPay'],
    ['a field of a root', '{ canarVault { __typename } }', 'canarVault'],
    ['a mutation', 'mutation { canarWipe }', 'canarWipe'],
    ['a subscription', 'subscription { canarAlarm }', 'canarAlarm'],
    ['a type in a fragment', '{ things { ... on CanarySp { cover } } }', 'CanarySp'],
    ['a type of a variable', 'query ($x: CanaryVaultWher) { people { name } }', 'CanaryVaultWher'],
    ['an argument', '{ people(canarPay: 1) { name } }', 'canarPay'],
    ['an enum value', '{ paint(color: CANARY_RE) }', 'CANARY_RE'],
    ['an enum value as a string', '{ paint(color: "CANARY_RED") }', 'CANARY_RED'],
    ['an input field', '{ people(where: { canarPay: 1 }) { name } }', 'canarPay'],
    ['a field that other types have', '{ things { cover } }', ''],
    ['a field of an interface that a type has', '{ named { canarBoss } }', 'canarBoss'],
  ] as const;
  for (const [what, query, named] of probes) {
    test(`${what}: a name close by does not bring it up`, async () => {
      for (const disclosure of [undefined, hiding]) {
        const { ask } = openIntrospected(disclosure ? { disclosure } : {});
        const { text, status } = await ask(query);
        assert.equal(status, 400);
        assertUntold(text, named);
      }
    });
  }

  test('visible names are still suggested', async () => {
    const { text } = await openIntrospected().ask('{ people { nam } }');
    assert.match(text, /Did you mean \\"name\\"/);
  });

  test('an enum value in variables', async () => {
    const { ask } = openIntrospected();
    for (const color of ['CANARY_RE', 'CANARY_REDD', 'RED']) {
      const { text } = await ask('query ($c: Color) { paint(color: $c) }', { variables: { c: color } });
      assertUntold(text, color);
    }
  });

  test('an input field in variables, also further in', async () => {
    const { ask } = openIntrospected();
    for (const where of [{ canarPay: 1 }, { and: [{ canarPa: 1 }] }, { and: [{ vaul: { cod: 1 } }] }]) {
      const { text, status } = await ask('query ($w: PersonWhere) { people(where: $w) { name } }', {
        variables: { w: where },
      });
      assert.equal(status, 400);
      assertUntold(text, Object.keys(where)[0] === 'and' ? 'canarPa' : 'canarPay');
    }
  });

  test('an argument that must be given is not asked for by name', async () => {
    const { text } = await openIntrospected().ask('{ report }');
    assertUntold(text);
  });

  test('the type of a field whose name was guessed is not told by a complaint', async () => {
    const { ask } = openIntrospected();
    for (const query of ['{ canaryVault }', '{ canaryVault { shelf } }', '{ canaryVault { nowhere } }']) {
      const { text } = await ask(query);
      assertUntold(text, 'canaryVault');
    }
  });
});

describe('errors', () => {
  test('objects of a hidden type are null, and no error names it', async () => {
    const { ask } = openIntrospected();
    for (const query of ['{ things { __typename ... on Rock { weight } } }', '{ named { __typename name } }']) {
      const { text } = await ask(query);
      assertUntold(text);
      assert.match(text, /null/);
      assert.match(text, /UNAUTHORIZED_FIELD_OR_TYPE/);
    }
  });

  test('whoever names the type is told that it is not allowed', async () => {
    const { text } = await openIntrospected().ask('{ things { ... on CanarySpy { cover } } }');
    assert.match(text, /"coordinate":"CanarySpy"/);
  });

  test('a condition that reads hidden fields is not quoted', async () => {
    const rows = '@weft__rows(where: "object.canaryPay < 3")';
    const { ask } = openIntrospected({
      rules: { Person: rows, 'Orders.totalCount': '@weft__derivedFrom(coordinates: ["Person"])' },
    });
    const { text } = await ask('{ orders { totalCount } }');
    assertUntold(text);
  });

  test('an operation that is not there is told of by the names of the document only', async () => {
    const { text } = await openIntrospected().ask('query A { color } query B { color }', { operationName: 'canary' });
    assertUntold(text, 'canary');
  });

  test('what a subgraph says of hidden names stays inside, whatever else it says goes on', async () => {
    for (const failure of [
      'Cannot return null for non-nullable field Person.canaryPay.',
      'Unknown type "CanarySpy". Did you mean "CanaryShelf"?',
      'column CANARYPAY is missing',
    ]) {
      const { text } = await openIntrospected({ failure }).ask('{ fails }');
      assertUntold(text);
      assert.match(text, /"path":\["fails"\]/);
    }
    assert.match((await openIntrospected({ failure: 'the disk is full' }).ask('{ fails }')).text, /the disk is full/);
    const told = await openIntrospected({ failure: 'no canaryPay' }).ask('{ fails }', { subject: insider });
    assert.match(told.text, /no canaryPay/);
  });

  test('what an event says of hidden names stays inside', async () => {
    const { follow } = openIntrospected();
    for (const text of await follow('subscription { broken { name } }')) assertUntold(text);
  });

  test('the entity and service fields of subgraphs are not the gateway’s', async () => {
    const { ask } = openIntrospected();
    for (const query of ['{ _service { sdl } }', '{ _entities(representations: []) { __typename } }']) {
      const { text, status } = await ask(query);
      assert.equal(status, 400);
      assertUntold(text);
    }
  });
});

describe('hideExistence', () => {
  const pairs = [
    ['{ people { canaryPay } }', '{ people { canaryXyz } }'],
    ['{ canaryVault { shelf { size } } }', '{ canaryXyzab { shelf { size } } }'],
    ['{ things { ... on CanarySpy { cover } } }', '{ things { ... on CanaryXyz { cover } } }'],
    ['{ people(canaryPay: 1) { name } }', '{ people(canaryXyz: 1) { name } }'],
    ['{ people(where: { canaryPay: 1 }) { name } }', '{ people(where: { canaryXyz: 1 }) { name } }'],
    ['{ people(sort: canaryPay) { name } }', '{ people(sort: canaryXyz) { name } }'],
    ['{ paint(color: CANARY_RED) }', '{ paint(color: CANARY_XYZ) }'],
    ['mutation { canaryWipe }', 'mutation { canaryXyzw }'],
    ['query ($w: CanaryVaultWhere) { color }', 'query ($w: CanaryXyzltWhere) { color }'],
  ] as const;
  for (const [hidden, absent] of pairs) {
    test(`${hidden} is answered as what does not exist`, async () => {
      const { ask } = openIntrospected({ disclosure: hiding });
      const [one, other] = [await ask(hidden), await ask(absent)];
      const blank = (text: string): string =>
        text.replaceAll(
          /canary(Pay|Xyzab|Xyzw|Vault|Wipe|Xyz)|Canary(Spy|XyzltWhere|VaultWhere|Xyz)|CANARY_(RED|XYZ)/g,
          '#',
        );
      assert.equal(one.status, other.status);
      assert.equal(blank(one.text), blank(other.text));
      assert.match(one.text, /GRAPHQL_VALIDATION_FAILED/);
    });
  }

  test('values in variables are answered as what does not exist', async () => {
    const { ask } = openIntrospected({ disclosure: hiding });
    const enums = await Promise.all(
      ['CANARY_RED', 'CANARY_XYZ'].map((c) => ask('query ($c: Color) { paint(color: $c) }', { variables: { c } })),
    );
    assert.equal(enums[0]?.text.replaceAll('CANARY_RED', 'CANARY_XYZ'), enums[1]?.text);
    const inputs = await Promise.all(
      ['canaryPay', 'canaryXyz'].map((name) =>
        ask('query ($w: PersonWhere) { people(where: $w) { name } }', { variables: { w: { [name]: 1 } } }),
      ),
    );
    assert.equal(inputs[0]?.text.replaceAll('canaryPay', 'canaryXyz'), inputs[1]?.text);
    assert.equal(inputs[0]?.status, 400);
  });

  test('a document that an insider may run is not known to a stranger, and the other way round', async () => {
    const { ask } = openIntrospected({ disclosure: hiding });
    const query = '{ people { name canaryPay } }';
    for (let round = 0; round < 2; round++) {
      assert.match((await ask(query, { subject: insider })).text, /"canaryPay":7/);
      assert.match((await ask(query)).text, /Cannot query field/);
    }
  });

  test('where it is off, whoever knows the name is told that it is not allowed', async () => {
    const { text } = await openIntrospected().ask('{ people { name canaryPay } }');
    assert.match(text, /UNAUTHORIZED_FIELD_OR_TYPE/);
    assert.match(text, /"people":\[\{"name":"Ada","canaryPay":null\}\]/);
  });

  test('what is left runs as ever', async () => {
    const { ask, follow } = openIntrospected({ disclosure: hiding });
    assert.equal(
      (await ask('{ people(where: { name: "Ada" }, sort: NAME) { name job { title } } }')).text,
      '{"data":{"people":[{"name":"Ada","job":{"title":"count"}}]}}',
    );
    assert.equal((await ask('{ paint }')).text, '{"data":{"paint":"painted"}}');
    assert.deepEqual(await follow('subscription { arrived { name } }'), ['{"data":{"arrived":{"name":"Ada"}}}']);
  });

  test('objects of a hidden type tell nothing but that something is not shown', async () => {
    const { text } = await openIntrospected({ disclosure: hiding }).ask('{ things { __typename } }');
    assertUntold(text);
  });
});
