/** Recordings hold names and no values, and replaying them tells who gains and who loses. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type DocumentNode, type OperationDefinitionNode, buildSchema, parse, validate } from 'graphql';
import {
  type RecordedSubject,
  type Recording,
  parseRecording,
  recordDocument,
  recordSubject,
  recordVariables,
  replayedSubject,
} from '../../../gateway/simulate/recording.ts';
import { replay } from '../../../gateway/simulate/replay.ts';
import type { JsonObject } from '../../../mesh/core/json.ts';
import { anonymous } from '../../../mesh/core/subject.ts';
import { composeRuled } from '../../support/ruled.ts';
import { groundOn, somebody } from '../../support/simulation.ts';
import { createSubgraph } from '../../support/subgraph.ts';
import { createZoo } from '../../support/zoo.ts';

const canary = 'c4n4ry';
const schema = buildSchema(`
  scalar JSON
  enum Sort { AGE PAY }
  input Filter { mail: String, any: [Filter!], by: Sort, free: JSON }
  directive @defer(label: String, if: Boolean) on INLINE_FRAGMENT
  type Query { people(filter: Filter, mail: String = "x", ids: [ID!], free: JSON, most: Float, by: [Sort!]): [Person] }
  type Person { name(first: Int): String }`);

function operationIn(document: DocumentNode, name?: string): OperationDefinitionNode {
  const found = document.definitions.find(
    (one) => one.kind === 'OperationDefinition' && (name === undefined || one.name?.value === name),
  );
  return found?.kind === 'OperationDefinition' ? found : assert.fail('no operation');
}

describe('a recording', () => {
  test('of a document has its names, and nothing that was written as a value', () => {
    const document = parse(`# ${canary}
      query Other { people(mail: "${canary}") { name } }
      query Mine($skip: Boolean = true, $m: String = "${canary}", $j: JSON = { ${canary}: 1 }) {
        people(mail: """${canary}""", ids: ["${canary}", 77777], free: [{ ${canary}: ${canary} }], most: 77777.5, by: [PAY]) {
          ... @defer(label: "first") { a: name(first: 77777) }
          ... @defer(label: "second") { b: name @skip(if: $skip) ...F }
        }
        two: people(filter: { mail: "${canary}", any: [{ by: AGE, free: ${canary} }] }, mail: $m, free: $j) { name }
      }
      fragment F on Person { name }`);
    const text = recordDocument(document, operationIn(document, 'Mine'), schema);
    assert.doesNotMatch(text, /c4n4ry|77777|Other/);
    for (const kept of [
      'by: [PAY]',
      'by: AGE',
      'mail: ""',
      'any: [',
      '$skip: Boolean = true',
      'label: "second"',
      'fragment F',
    ]) {
      assert.ok(text.includes(kept), `${kept} is kept in ${text}`);
    }
    assert.deepEqual(validate(schema, parse(text)), []);
    // What comes out is what goes in: replaying changes nothing more.
    assert.equal(recordDocument(parse(text), operationIn(parse(text)), schema), text);
  });

  test('of variables tells which were given and the names in them', () => {
    const document =
      parse(`query ($filter: Filter, $mail: String, $ids: [ID!], $free: JSON, $on: Boolean!, $by: Sort, $unset: Int) {
      people(filter: $filter, mail: $mail, ids: $ids, free: $free, by: [$by]) { name @include(if: $on) } }`);
    const inputs: JsonObject = {
      filter: {
        mail: canary,
        any: [{ by: 'PAY' }, { by: 'PAY', free: { [canary]: 1 } }, { mail: canary, by: 'PAY' }, { by: 'AGE' }],
        [canary]: 1,
      },
      mail: canary,
      ids: [canary, 7, 8],
      free: { [canary]: canary },
      on: true,
      by: canary,
      [canary]: canary,
    };
    const recorded = recordVariables(inputs, operationIn(document), { schema, conditions: ['on'] });
    assert.deepEqual(recorded, {
      filter: {
        mail: null,
        any: [{ by: 'PAY' }, { by: 'PAY', free: null }, { mail: null, by: 'PAY' }, { by: 'AGE' }],
      },
      mail: null,
      ids: [null],
      free: null,
      on: true,
      by: null,
    });
  });

  test('of a subject has those claims that rules read, and its id where one does', () => {
    const subject = somebody({
      id: canary,
      roles: ['analyst'],
      scopes: ['a'],
      claims: { sub: canary, mail: canary, region: 'eu', team: { name: 'x', secret: canary, lead: [1] } },
    });
    const known = { signedIn: true, roles: ['analyst'], scopes: ['a'], purpose: null, domain: null };
    assert.deepEqual(recordSubject(subject, []), { ...known, claims: {} });
    assert.deepEqual(
      recordSubject(subject, [
        ['claims', 'region'],
        ['claims', 'team', 'name'],
        ['claims', 'team', 'lead', 'x'],
        ['claims', 'none', 'a'],
        ['roles'],
      ]),
      { ...known, claims: { region: 'eu', team: { name: 'x', lead: [1] } } },
    );
    assert.deepEqual(recordSubject(subject, [['id']]), { ...known, id: canary, claims: {} });
    assert.deepEqual(recordSubject(subject, [['claims']]).claims, subject.claims);
    assert.equal(replayedSubject(recordSubject(subject, [])).id, 'somebody');
    assert.deepEqual(replayedSubject(recordSubject(anonymous, [['id']])), anonymous);
  });

  test('is read from its line, and nothing else is', () => {
    const recording: Recording = {
      document: '{ a }',
      operationName: null,
      variables: {},
      subject: { signedIn: true, id: 'a', roles: [], scopes: [], purpose: null, domain: null, claims: {} },
    };
    assert.deepEqual(parseRecording(JSON.stringify(recording)), recording);
    for (const wrong of [
      '',
      '7',
      '[]',
      '{}',
      '{"document":"{a}","subject":{}}',
      '{"document":"{a}","subject":{"signedIn":true,"scopes":"a"}}',
    ]) {
      assert.equal(parseRecording(wrong), null, wrong);
    }
  });
});

describe('replay()', () => {
  const shop = createSubgraph(
    'shop',
    `type Query { orders(mail: String): [Order] } type Order { id: ID region: String mail: String pay: Float }`,
    {},
  );
  const record = (document: string, subject: Partial<RecordedSubject> = {}, variables: JsonObject = {}): Recording => {
    const known = { signedIn: true, roles: [], scopes: [], purpose: null, domain: null, claims: {}, ...subject };
    return { document, operationName: null, variables, subject: known };
  };
  type Rules = Readonly<Record<string, string>>;
  const tell = (recording: Recording, before: Rules, after: Rules) => {
    const [was, is] = [before, after].map((rules) => groundOn(composeRuled([shop], rules)));
    assert.ok(was && is);
    const { changes, refusal } = replay(recording, was, is);
    assert.equal(refusal, null);
    return changes.map((one) => `${one.kind} ${one.coordinate}: ${one.before.verdict} → ${one.after.verdict}`);
  };
  const scoped = '@requiresScopes(scopes: [["pii"]])';

  test('tells who gains and who loses, by what each has', () => {
    const query = '{ orders { id mail } }';
    const loses = ['loses Order.mail: allow → deny'];
    assert.deepEqual(tell(record(query), {}, { 'Order.mail': scoped }), loses);
    assert.deepEqual(tell(record(query, { scopes: ['pii'] }), {}, { 'Order.mail': scoped }), []);
    assert.deepEqual(tell(record(query), { 'Order.mail': scoped }, { 'Order.mail': '@authenticated' }), [
      'gains Order.mail: deny → allow',
    ]);
    assert.deepEqual(
      tell(record(query, { signedIn: false }), { 'Order.mail': scoped }, { 'Order.mail': '@authenticated' }),
      [],
    );
  });

  test('compares masks and rows, and takes for a gain what cannot be compared', () => {
    const query = '{ orders { mail } }';
    const masked = (mask: string) => ({ 'Order.mail': `@weft__mask(with: ${mask})` });
    assert.deepEqual(tell(record(query), masked('REDACT'), masked('LAST4')), ['gains Order.mail: mask → mask']);
    assert.deepEqual(tell(record(query), masked('LAST4'), masked('REDACT')), ['loses Order.mail: mask → mask']);
    assert.deepEqual(tell(record(query), masked('LAST4'), masked('FIRST1')), ['gains Order.mail: mask → mask']);
    const rows = (where: string) => ({ Order: `@weft__rows(where: "${where}")` });
    const regions = (list: string) => rows(`object.region in ${list}`);
    assert.deepEqual(tell(record(query), regions(`['a', 'b']`), regions(`['a']`)), [
      'loses Query.orders: filter → filter',
    ]);
    assert.deepEqual(tell(record(query), regions(`['a']`), regions(`['a', 'b']`)), [
      'gains Query.orders: filter → filter',
    ]);
    assert.deepEqual(tell(record(query), regions(`['a']`), rows('object.pay > 3.0')), [
      'gains Query.orders: filter → filter',
    ]);
    const own = rows('object.region == subject.claims.region');
    assert.deepEqual(tell(record(query, { claims: { region: 'a' } }), own, regions(`['a']`)), []);
    assert.deepEqual(tell(record(query, { claims: { region: 'b' } }), own, regions(`['a']`)), [
      'gains Query.orders: filter → filter',
    ]);
    assert.deepEqual(tell(record(query, { claims: { region: 'a' } }), own, own), []);
  });

  test('takes inputs for used that were given', () => {
    const query = 'query ($mail: String) { orders(mail: $mail) { id } }';
    const rules = { 'Order.mail': scoped };
    assert.deepEqual(tell(record(query), {}, rules), []);
    const lost = ['Query.orders(mail:)', 'Query.orders', 'Order.id'].map((one) => `loses ${one}: allow → deny`);
    assert.deepEqual(tell(record(query, {}, { mail: null }), {}, rules).toSorted(), lost.toSorted());
    const gained = lost.map((line) => line.replace('loses', 'gains').replace('allow → deny', 'deny → allow'));
    assert.deepEqual(tell(record(query, {}, { mail: null }), rules, {}).toSorted(), gained.toSorted());
  });

  test('tells fields of interfaces by the objects that have them', () => {
    const { subgraph } = createZoo();
    const rules: readonly Rules[] = [{}, { Cat: '@authenticated', 'Dog.secret': '@authenticated' }];
    const [was, is] = rules.map((one) => groundOn(composeRuled([subgraph], one)));
    assert.ok(was && is);
    const { changes } = replay(record('{ animals { name secret } }', { signedIn: false }), was, is);
    assert.deepEqual(changes.map(({ kind, coordinate }) => `${kind} ${coordinate}`).toSorted(), [
      'loses Cat.name',
      'loses Cat.secret',
      'loses Dog.secret',
    ]);
  });

  test('tells of operations that the one or the other would not take', () => {
    const [was, is] = [shop, createSubgraph('shop', 'type Query { a: Int }', {})].map((one) =>
      groundOn(composeRuled([one], {})),
    );
    assert.ok(was && is);
    assert.match(
      replay(record('{ orders { id } }'), was, is).refusal?.message ?? '',
      /^GRAPHQL_VALIDATION_FAILED .*"orders"/,
    );
    assert.equal(replay(record('{ a }'), was, is).refusal?.by, 'before');
  });
});
