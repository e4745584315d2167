/** Connections that are shared by whoever names the same subgraph at the same place. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHttpSubgraph } from '../../../gateway/execute/http.ts';
import { createLeases } from '../../../gateway/execute/lease.ts';

function open() {
  const events: string[] = [];
  const leases = createLeases((address) => {
    const subgraph = createHttpSubgraph({ ...address, sdl: '' });
    const { port } = new URL(address.url);
    events.push(`open ${address.name} ${port}`);
    return {
      ...subgraph,
      close() {
        events.push(`close ${address.name} ${port}`);
        return subgraph.close();
      },
    };
  });
  const at = (name: string, port: number) => ({ name, url: `http://127.0.0.1:${port}/` });
  return { leases, events, at };
}

test('a connection is shared by name and URL, and closed with its last lease', () => {
  const { leases, events, at } = open();
  const first = leases.take([at('a', 1), at('b', 1)]);
  const second = leases.take([at('a', 1), at('b', 2)]);
  assert.deepEqual(events.splice(0), ['open a 1', 'open b 1', 'open b 2']);
  assert.equal(first.subgraphs.get('a'), second.subgraphs.get('a'));
  assert.notEqual(first.subgraphs.get('b'), second.subgraphs.get('b'));
  first.release();
  assert.deepEqual(events.splice(0), ['close b 1']);
  first.release();
  assert.deepEqual(events.splice(0), []);
  second.release();
  assert.deepEqual(events.splice(0), ['close a 1', 'close b 2']);
  leases.take([at('a', 1)]);
  assert.deepEqual(events, ['open a 1']);
});

test('a lease of which one connection cannot be had is none', async () => {
  const { leases, events, at } = open();
  assert.throws(() => leases.take([at('a', 1), { name: 'b', url: 'weft:b' }]), { code: 'CONFIG_INVALID' });
  assert.deepEqual(events.splice(0), ['open a 1', 'close a 1']);
  leases.take([at('a', 1)]);
  await leases.close();
  assert.deepEqual(events, ['open a 1', 'close a 1']);
});
