/** What a subject may see a part of: masked values and filtered rows, as the steps after pruning are told of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anonymous } from '../../../mesh/core/subject.ts';
import { isAsStrict, strictestOf } from '../../../gateway/policy/strictest.ts';
import { readMask } from '../../../mesh/policy/mask.ts';
import { createTestGateway } from '../../support/gateway.ts';
import { prune } from '../../support/pruned.ts';
import { type RulesByCoordinate, composeRuled } from '../../support/ruled.ts';
import { createSubgraph } from '../../support/subgraph.ts';

const people = `
  type Query { people: [Person!]! party: [Party] firms: [Firm] staff: Staff }
  type Staff { edges: [Edge] } type Edge { since: Int node: Person }
  interface Party { name: String @mask(with: LAST4) }
  type Person implements Party @rows(where: "object.age >= 18") {
    name: String @mask(with: HASH)
    email: String @mask(with: EMAIL)
    phone: String @mask(with: NULL)
    code: String! @mask(with: NULL)
    age: Int
  }
  type Firm implements Party { name: String @mask(with: FIRST1) size: Int phone: String @mask(with: NULL) }`;

test('a mask is told of each field, the strictest where several bind', () => {
  const pruned = prune(people, '{ people { name email age } party { name } }');
  const maskOf = (field: string, type: string) => pruned.maskOf(pruned.fieldOf(field), type)?.name ?? null;
  assert.deepEqual(
    [
      maskOf('name', 'Person'),
      maskOf('name', 'Firm'),
      maskOf('name', 'Party'),
      maskOf('email', 'Person'),
      maskOf('age', 'Person'),
    ],
    ['HASH', 'REDACT', 'REDACT', 'EMAIL', null],
  );
  assert.equal(pruned.text, '{ people { name email age } party { name } }');
  assert.deepEqual(pruned.denied, []);
});

test('rows are told of by type, and of an abstract type those of all that may stand there', () => {
  const pruned = prune(people, '{ people { age } }');
  const textsOf = (type: string) => pruned.filtersOf(type).map(({ text }) => text);
  assert.deepEqual(textsOf('Person'), ['@rows(where: "object.age >= 18")']);
  assert.deepEqual(textsOf('Party'), textsOf('Person'));
  assert.deepEqual(textsOf('Firm'), []);
});

test('a value that is masked with NULL is not asked for, and where null may not stand it is denied', () => {
  const pruned = prune(people, '{ people { age phone code } }');
  assert.equal(pruned.text, '{ people { age } }');
  assert.deepEqual(
    pruned.denied.map(({ path, coordinate, rule }) => [path.join('.'), coordinate, rule.text]),
    [['people.code', 'Person.code', '@mask(with: NULL)']],
  );
  assert.equal(pruned.isDenied(pruned.fieldOf('phone'), 'Person'), true);
});

test('of two masks the one binds that shows less; two that show different parts leave nothing', () => {
  const strictest = (...masks: string[]) =>
    masks.map(readMask).reduce<ReturnType<typeof readMask> | null>((one, other) => strictestOf(one, other), null);
  assert.equal(strictest('LAST4', 'NULL', 'REDACT')?.name, 'NULL');
  assert.equal(strictest('EMAIL', 'HASH')?.name, 'HASH');
  assert.equal(strictest('ROUND(10)', 'ROUND(100)')?.name, 'REDACT');
  assert.deepEqual(strictest('ROUND(10)', 'ROUND(10)'), readMask('ROUND(10)'));
  assert.equal(isAsStrict(readMask('REDACT'), readMask('HASH')), true);
  assert.equal(isAsStrict(readMask('LAST4'), readMask('FIRST1')), false);
  assert.equal(isAsStrict(null, readMask('LAST4')), false);
});

test('what is masked with NULL is asked of no subgraph, and answered without an error', async () => {
  const shop = createSubgraph('shop', 'type Query { people: [Person] } type Person { name: String phone: String }', {
    Query: { people: () => [{ name: 'Ada', phone: 'canary-51' }] },
  });
  const rules: RulesByCoordinate = { 'Person.phone': '@weft__mask(with: NULL, unless: [["pii:read"]])' };
  const gateway = createTestGateway([shop], { supergraph: composeRuled([shop], rules) });
  const answer = await gateway.ask('{ people { name tel: phone } }');
  assert.deepEqual(answer, { data: { people: [{ name: 'Ada', tel: null }] } });
  assert.doesNotMatch(shop.requests.map(({ query }) => query).join(), /phone/);
  const all = await gateway.ask('{ people { tel: phone } }', { subject: { ...anonymous, scopes: ['pii:read'] } });
  assert.deepEqual(all, { data: { people: [{ tel: 'canary-51' }] } });
});

test('results are gone over only where something of what is selected is seen in part', () => {
  const isPartial = (query: string) => prune(people, query).isPartial;
  assert.equal(isPartial('{ firms { size } }'), false);
  assert.equal(isPartial('{ firms { phone } }'), false, 'nothing is left of what is masked with NULL');
  assert.equal(isPartial('{ firms { name } }'), true);
  assert.equal(isPartial('{ people { age } }'), true);
  assert.equal(isPartial('{ party { __typename } }'), true);
  assert.equal(isPartial('{ staff { edges { since } } }'), true, 'an edge goes with its node');
});
