/** `fold`: what each record of the log means for lineage. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ProcessDeployed, ProductDeployed } from '../../mesh/core/event.ts';
import { fold, nodeIdOf } from '../../mesh/lineage/fold.ts';
import type { Fact, LineageEdge } from '../../mesh/lineage/store.ts';
import { eventAt, finished, minute, nodeOf, productFlow, recordAt } from './build.ts';

const delays: ProductDeployed = {
  name: 'delays',
  coordinate: 'Query.delays',
  owner: 'ops',
  description: 'Delays by airport',
  status: 'ACTIVE',
  freshness: null,
  availability: null,
  process: null,
  labels: [],
  derivedFrom: [],
  fields: [],
};
const summarise: ProcessDeployed = {
  name: 'summarise',
  revision: 'r1',
  logics: ['load'],
  aggregator: 'answer',
  answers: ['Query.delays'],
  labels: [],
  schedule: null,
};

describe('fold()', () => {
  it('makes a domain a node with what its deployment says', () => {
    const payload = { name: 'flights', owner: 'ops', description: 'Departures', revision: 'r1' };
    assert.deepEqual(fold(recordAt(1, 'weft.domain.deployed', { payload })), [
      { fact: 'node', node: nodeOf('domain:flights', payload) },
    ]);
  });

  it('declares what flows into a product: its process, the labels of its domain, the products it is derived from', () => {
    const payload = { ...delays, process: 'summarise', labels: ['flight.delayed'], derivedFrom: ['airports/Airport'] };
    const facts = fold(recordAt(3, 'weft.product.deployed', { payload }));
    assert.deepEqual(facts.slice(0, 2), [
      { fact: 'node', node: nodeOf('product:flights/delays', payload) },
      { fact: 'redeclared', node: 'product:flights/delays', at: minute(3) },
    ]);
    assert.deepEqual(
      edgesOf(facts),
      ['process:flights/summarise', 'label:flights/flight.delayed', 'product:airports/Airport'].map((from) =>
        edge(from, 'product:flights/delays', 'DECLARED'),
      ),
    );
    assertNoneDangles(facts);
  });

  it('ends what a product was fed by when its new deployment declares nothing', () => {
    const facts = fold(recordAt(3, 'weft.product.deployed', { payload: delays }));
    assert.deepEqual(facts.at(-1), { fact: 'redeclared', node: 'product:flights/delays', at: minute(3) });
  });

  it('declares the labels that start a process', () => {
    const payload = { ...summarise, labels: ['flight.departed'] };
    const facts = fold(recordAt(3, 'weft.process.deployed', { payload }));
    assert.deepEqual(facts.slice(0, 2), [
      { fact: 'node', node: nodeOf('process:flights/summarise', payload) },
      { fact: 'redeclared', node: 'process:flights/summarise', at: minute(3) },
    ]);
    assert.deepEqual(edgesOf(facts), [edge('label:flights/flight.departed', 'process:flights/summarise', 'DECLARED')]);
    assertNoneDangles(facts);
  });

  it('observes what an execution read and what it answered or emitted', () => {
    const payload = finished({
      inputs: [{ kind: 'dataset', namespace: 'file', name: 'flights-3m.parquet' }, productFlow('airports', 'Airport')],
      outputs: [productFlow('flights', 'delays'), { kind: 'label', domain: 'flights', name: 'flight.delayed' }],
    });
    const run = { process: 'summarise', revision: 'r1', executionId: 'x1', subject: 'ada' };
    const facts = fold(recordAt(3, 'weft.execution.finished', { ...run, payload }));
    assert.deepEqual(facts[0], {
      fact: 'execution',
      execution: {
        ...payload,
        id: 'x1',
        domain: 'flights',
        process: 'summarise',
        revision: 'r1',
        subject: 'ada',
        offset: 3,
      },
    });
    assert.deepEqual(edgesOf(facts), [
      edge('dataset:file/flights-3m.parquet', 'process:flights/summarise', 'OBSERVED'),
      edge('product:airports/Airport', 'process:flights/summarise', 'OBSERVED'),
      edge('process:flights/summarise', 'product:flights/delays', 'OBSERVED'),
      edge('process:flights/summarise', 'label:flights/flight.delayed', 'OBSERVED'),
    ]);
    assertNoneDangles(facts);
    assert.deepEqual(facts[2], { fact: 'node', node: nodeOf('dataset:file/flights-3m.parquet') });
  });

  it('leaves out a finished record that names no process or no execution', () => {
    const payload = finished();
    assert.deepEqual(fold(recordAt(1, 'weft.execution.finished', { executionId: 'x1', payload })), []);
    assert.deepEqual(fold(recordAt(1, 'weft.execution.finished', { process: 'summarise', payload })), []);
  });

  it('keeps the ends and the place of a data event, not its payload', () => {
    const event = eventAt(9, { target: 'airport:BOS', executionId: 'x1', payload: { minutes: 31 } });
    const { id, time, type, label, source, target, domain, executionId, offset } = event;
    assert.deepEqual(fold(event), [
      { fact: 'event', event: { id, time, type, label, source, target, domain, executionId, offset } },
      { fact: 'node', node: nodeOf('label:flights/flight.delayed') },
    ]);
  });

  it('finds nothing in queued executions, in access, and in records it does not know', () => {
    const nothing = { rule: null, ruleAt: null, code: null, reason: null };
    const decisions = [{ verdict: 'allow', ...nothing, coordinates: ['Query.delays'] }] as const;
    const place = { part: 0, parts: 1, count: 1, rowsHidden: null };
    const access = { requestId: null, operation: null, purpose: null, revision: 'r', decisions, ...place };
    for (const type of ['weft.access.read', 'weft.access.limited', 'weft.access.denied'] as const) {
      assert.deepEqual(fold(recordAt(1, type, { payload: access })), []);
    }
    assert.deepEqual(fold(recordAt(1, 'weft.execution.queued', { payload: { trigger: 'query', from: 'q' } })), []);
    assert.deepEqual(fold(eventAt(1, { type: 'weft.of.tomorrow' })), []);
    assert.deepEqual(fold(eventAt(1, { type: 'weft.toString' })), []);
  });
});

describe('nodeIdOf()', () => {
  it('names each kind by its owner, a domain by itself', () => {
    assert.equal(nodeIdOf('domain', 'flights', 'flights'), 'domain:flights');
    assert.equal(nodeIdOf('product', 'flights', 'delays'), 'product:flights/delays');
    assert.equal(nodeIdOf('dataset', 'file', 'a/b.csv'), 'dataset:file/a/b.csv');
  });
});

function edge(from: string, to: string, kind: LineageEdge['kind']): LineageEdge {
  return { from, to, kind, validFrom: minute(3), validTo: null, recordedAt: minute(3) };
}

function edgesOf(facts: readonly Fact[]): LineageEdge[] {
  return facts.flatMap((fact) => (fact.fact === 'edge' ? [fact.edge] : []));
}

/** Both ends of each edge are nodes of an earlier fact. */
function assertNoneDangles(facts: readonly Fact[]): void {
  const known = new Set<string>();
  for (const fact of facts) {
    if (fact.fact === 'node') known.add(fact.node.id);
    if (fact.fact === 'edge')
      assert.ok(known.has(fact.edge.from) && known.has(fact.edge.to), JSON.stringify(fact.edge));
  }
}
