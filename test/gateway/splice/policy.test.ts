/** Masks and row filters in answers that are spliced, against the same answers executed the general way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Subgraph } from '../../../mesh/core/subgraph.ts';
import { type Subject, anonymous } from '../../../mesh/core/subject.ts';
import { createTestGateway } from '../../support/gateway.ts';
import { type RulesByCoordinate, composeRuled } from '../../support/ruled.ts';
import { changed, meshQueries, meshSubgraphs } from './mesh.ts';

const mask = (name: string) => `@weft__mask(with: "${name}", unless: [["all"]])`;
const rows = (where: string) => `@weft__rows(where: ${JSON.stringify(where)})`;

/** By coordinate, rules of which some are drawn. */
const choices: Readonly<Record<string, readonly string[]>> = {
  'Shop.name': ['REDACT', 'FIRST1', 'LAST4', 'HASH', 'YEAR'].map(mask),
  'Shop.rank': ['REDACT', 'BUCKET(2)', 'HASH'].map(mask),
  'Shop.share': ['ROUND(0.5)', 'REDACT', 'HASH'].map(mask),
  'Shop.open': [mask('REDACT')],
  'Shop.kind': ['REDACT', 'HASH'].map(mask),
  'Shop.tags': ['REDACT', 'FIRST1', 'HASH'].map(mask),
  'Shop.extra': ['REDACT', 'HASH'].map(mask),
  'Good.title': ['LAST4', 'REDACT', 'EMAIL'].map(mask),
  'Good.price': ['ROUND(200)', 'HASH'].map(mask),
  'Good.fee': [mask('BUCKET(20)')],
  'Good.inStock': [mask('REDACT')],
  Shop: [
    'object.open',
    'object.rank != 0',
    "object.name in subject.claims.names || object.kind == 'CAFE'",
    'true',
    'object.rank == null || object.share < 0.1',
    "object.goods.exists(good, good.sku == 'g3')",
  ].map(rows),
  Good: [
    'object.inStock',
    'object.price > 100 && subject.claims.names.size() > 0',
    'object.sku != "g2"',
    'object.fee < 30',
    "object.maker.name == 'plain'",
  ].map(rows),
};

const ruleSets = fc
  .record(
    Object.fromEntries(
      Object.entries(choices).map(([coordinate, rules]) => [coordinate, fc.option(fc.constantFrom(...rules))]),
    ),
  )
  .map((drawn): RulesByCoordinate => {
    return Object.fromEntries(Object.entries(drawn).flatMap(([at, rule]) => (rule ? [[at, rule]] : [])));
  });

const subjects: readonly Subject[] = [
  { ...anonymous, id: 'a', claims: { names: ['plain'] } },
  { ...anonymous, id: 'b', claims: { names: [] } },
  { ...anonymous, id: 'c', claims: {} },
  { ...anonymous, id: 'd', claims: { names: ['line\nbreak', 'Bäcker "Ost"'] }, scopes: ['all'] },
];
const governance = {
  policies: new Map(),
  agreements: null,
  roster: new Map(),
  revision: '',
  maskSecret: 'the secret of this test',
};
const asIs = (bytes: Buffer): Buffer => bytes;
/** They do not see who asks, as those behind HTTP: subjects share what they answer. */
const unseeing = (subgraphs: readonly Subgraph[]) => subgraphs.map((one) => ({ ...one, seesSubject: false }));

test('what policy leaves of an answer is the same, spliced or not', async () => {
  let spliced = 0;
  await fc.assert(
    fc.asyncProperty(ruleSets, fc.subarray([...meshQueries], { minLength: 2 }), async (rules, queries) => {
      const supergraph = composeRuled(meshSubgraphs, rules);
      const [bytes, objects] = [changed(true, asIs), changed(false, asIs)];
      const fast = createTestGateway(unseeing(bytes.subgraphs), { supergraph, governance });
      const slow = createTestGateway(objects.subgraphs, { supergraph, governance });
      for (const query of queries) {
        const before = bytes.watch.reads;
        // At once, so that subjects share calls; twice, since an answer remembers what was made of it.
        const asked = [...subjects, ...subjects];
        const answers = await Promise.all(asked.map((subject) => fast.ask(query, { subject })));
        const expected = await Promise.all(subjects.map((subject) => slow.ask(query, { subject })));
        assert.deepEqual(answers, [...expected, ...expected], query);
        if (bytes.watch.reads === before) spliced += answers.length;
      }
    }),
    { numRuns: 25 },
  );
  assert.ok(spliced > 100, `${spliced} answers were spliced`);
});

test('masks and filters do not keep an answer from being spliced', async () => {
  const supergraph = composeRuled(meshSubgraphs, {
    'Shop.name': mask('FIRST1'),
    'Good.title': mask('LAST4'),
    Good: rows('object.price > 100'),
    Shop: rows("object.best == null || object.best.sku == 'g2'"),
  });
  const { subgraphs, watch } = changed(true, asIs);
  const gateway = createTestGateway(subgraphs, { supergraph });
  const answer = await gateway.ask('{ shops { label: name goods { sku title inStock } best { sku } } }');
  assert.equal(watch.reads, 0);
  assert.equal(answer.errors, undefined);
  assert.deepEqual(answer.data, {
    shops: [
      {
        label: 'B***',
        goods: [
          { sku: 'g2', title: '**** für', inStock: false },
          { sku: 'g3', title: '**** für', inStock: true },
        ],
        best: { sku: 'g2' },
      },
      { label: 'p***', goods: [], best: null },
      { label: 'l***', goods: [{ sku: 'g2', title: '**** für', inStock: false }], best: { sku: 'g2' } },
    ],
  });
});

test('requests of several subjects that share calls do not share rows', async () => {
  const supergraph = composeRuled(meshSubgraphs, { Shop: rows('object.name in subject.claims.names') });
  const { subgraphs, watch } = changed(true, asIs);
  const gateway = createTestGateway(unseeing(subgraphs), { supergraph });
  const ask = async (subject: Subject) => {
    const { data } = await gateway.ask('{ shops { name } }', { subject });
    return (data as { shops: { name: string }[] }).shops.map(({ name }) => name);
  };
  const answers = await Promise.all([...subjects, ...subjects].map(ask));
  const expected = [['plain'], [], [], ['Bäcker "Ost"', 'line\nbreak']];
  assert.deepEqual(answers, [...expected, ...expected]);
  assert.equal(watch.reads, 0);
});
