/** What passes through a map of things under way is garbage once it has left, whoever holds a table of the map's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queryObjects } from 'node:v8';
import { ChurnMap } from '../../mesh/core/churn.ts';

class Passenger {
  readonly load = new Uint8Array(8);
}

test('an outgrown table keeps nothing alive', () => {
  const map = new ChurnMap<number, Passenger>();
  map.set(-1, new Passenger());
  // An iterator stands on the table of its time, as an old table stands in the heap, and for all that follow it.
  const old = map.keys()[Symbol.iterator]();
  for (let key = 0; key < 10_000; key++) {
    map.set(key, new Passenger());
    if (key >= 50) map.delete(key - 50);
  }
  // The count is preceded by a full collection.
  assert.equal(queryObjects(Passenger, { format: 'count' }), 51);
  assert.equal(map.size, 51);
  assert.equal(old.next().value, -1);
});

test('entries are found until they leave, across the cuts of the chain', () => {
  const map = new ChurnMap<string, number>();
  for (let key = 0; key < 1_000; key++) map.set(`${key}`, key);
  map.delete('1');
  map.delete('none');
  map.set('2', 20);
  assert.equal(map.size, 999);
  assert.equal(map.get('1'), undefined);
  assert.equal(map.get('2'), 20);
  assert.equal(map.get('999'), 999);
  assert.equal([...map.keys()].length, 999);
});
