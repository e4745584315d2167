/** Where what a condition reads cannot be had: nothing is shown, and nobody is told what it was. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BytesResponse } from '../../../gateway/execute/answer.ts';
import type { Subgraph } from '../../../mesh/core/subgraph.ts';
import { createTestGateway } from '../../support/gateway.ts';
import { composeRuled } from '../../support/ruled.ts';
import { createAirline, createRuledAirline, westerner } from './airline.ts';

describe('a value that may not be null and fails', () => {
  const { ask } = createRuledAirline({ Flight: '@weft__rows(where: "object.strict < 4")' });

  test('takes its row along, and those behind it move up', async () => {
    const { data, errors, text } = await ask('{ loose { id broken } flight(id: "2") { id } }');
    assert.deepEqual(data, {
      loose: [
        { id: '1', broken: null },
        { id: '3', broken: null },
      ],
      flight: null,
    });
    assert.deepEqual(errors?.map(({ message, path }) => [message, path]).toSorted(), [
      ['broken-1', ['loose', 0, 'broken']],
      ['broken-3', ['loose', 1, 'broken']],
    ]);
    assert.doesNotMatch(text, /canary|strict/);
  });

  test('is told of without words where it takes more along than its row', async () => {
    const { data, errors, text } = await ask('{ flights { id } grid { id } }');
    assert.deepEqual((data as Record<string, unknown>)['flights'], null);
    assert.deepEqual(
      errors?.map(({ message, path }) => [message, path]),
      [['The subgraph reported an error.', ['flights']]],
    );
    assert.doesNotMatch(text, /canary|strict/);
  });
});

describe('a subgraph that', () => {
  async function askWith(answer: (data: { data: Record<string, unknown> }) => unknown, where: string) {
    const { flights, risks } = createAirline();
    const troubled: Subgraph = {
      ...flights,
      fetch: async (request, signal) => {
        const { data } = await flights.fetch(request, signal);
        return new BytesResponse(Buffer.from(JSON.stringify(answer({ data: { ...data } }))), 'flights');
      },
    };
    const supergraph = composeRuled([flights, risks], { Flight: `@weft__rows(where: ${JSON.stringify(where)})` });
    const gateway = createTestGateway([troubled, risks], { supergraph });
    const told = await gateway.ask('{ flights { id } flight(id: "1") { id } }', { subject: westerner });
    return { ...told, text: JSON.stringify(told) };
  }

  test('reports an error of nothing in particular is trusted with no null, and not quoted', async () => {
    const where = "object.region != 'east'";
    const { data, errors, text } = await askWith(
      (answer) => ({ ...answer, errors: [{ message: 'canary-region' }] }),
      where,
    );
    assert.deepEqual(data, { flights: [{ id: '1' }, { id: '3' }], flight: { id: '1' } });
    assert.deepEqual(
      errors?.map(({ message }) => message),
      ['The subgraph reported an error.'],
    );
    assert.doesNotMatch(text, /canary/);
    const calm = await askWith((answer) => answer, where);
    assert.deepEqual((calm.data as { flights: unknown[] }).flights.length, 3);
  });

  test('leaves the field out, or gives what is none of its type, shows no row', async () => {
    const where = "object.region != 'east'";
    const without = (value: unknown) => (answer: { data: Record<string, unknown> }) =>
      JSON.parse(JSON.stringify(answer), (key, known: unknown) => (key === '__rows_Flight_region' ? value : known));
    for (const value of [undefined, { deep: 'west' }, ['west']]) {
      const { data, errors } = await askWith(without(value), where);
      assert.deepEqual(data, { flights: [], flight: null }, JSON.stringify(value));
      assert.equal(errors, undefined);
    }
  });

  test('does not answer leaves nothing to show', async () => {
    const { flights, risks } = createAirline();
    const down: Subgraph = { ...risks, fetch: () => Promise.reject(new Error('canary-down')) };
    const supergraph = composeRuled([flights, risks], { Flight: '@weft__rows(where: "object.risk != 9")' });
    const gateway = createTestGateway([flights, down], { supergraph });
    const { data, errors } = await gateway.ask('{ flights { id } flight(id: "1") { id } }', { subject: westerner });
    assert.deepEqual(data, { flights: [], flight: null });
    assert.doesNotMatch(JSON.stringify(errors), /canary/);
    // Of a single row it would tell that there is one.
    assert.deepEqual(
      errors?.map(({ path }) => path),
      [['flights']],
    );
  });
});
