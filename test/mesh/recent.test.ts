/** A memory of so many values. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Recent } from '../../mesh/core/recent.ts';

test('get() makes a value once, and forgets the one that was used longest ago', () => {
  const made: string[] = [];
  const recent = new Recent<string>(2);
  const get = (key: string): string => recent.get(key, () => (made.push(key), key));
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) assert.equal(get(key), key);
  assert.deepEqual(made, ['a', 'b', 'c', 'b']);
  assert.equal(recent.size, 2);
});

test('get() keeps nothing of what throws', () => {
  const recent = new Recent<string>(2);
  const fail = (): string => {
    throw new Error('no');
  };
  assert.throws(() => recent.get('a', fail));
  assert.equal(recent.size, 0);
  assert.equal(
    recent.get('a', () => 'x'),
    'x',
  );
});
