/** "Did you mean …?" */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { suggest } from '../../cli/suggest.ts';

const words = ['start', 'gateway', 'subgraph', 'compose'];

test('suggest() names the word that is closest', () => {
  assert.equal(suggest('strat', words), 'Did you mean "start"?');
  assert.equal(suggest('subgraphs', words), 'Did you mean "subgraph"?');
  assert.equal(suggest('GATEWAY', words), 'Did you mean "gateway"?');
  assert.equal(suggest('routingUrl', ['schema', 'routing_url']), 'Did you mean "routing_url"?');
});

test('suggest() is silent when no word is close', () => {
  assert.equal(suggest('deploy', words), undefined);
  assert.equal(suggest('x', words), undefined);
  assert.equal(suggest('start', []), undefined);
  assert.equal(suggest('', ['a']), undefined);
});
