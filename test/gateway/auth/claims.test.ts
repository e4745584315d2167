/** What claims say of a subject. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readClaims } from '../../../gateway/auth/claims.ts';
import { defaultConfig } from '../../../mesh/core/config.ts';
import type { JsonObject } from '../../../mesh/core/json.ts';

const domainOf = (claims: JsonObject) =>
  readClaims({ sub: 'ana', ...claims }, defaultConfig.auth.claims)?.subject.domain;

test('a domain that is no text, or an empty one, is none', () => {
  assert.equal(domainOf({ domain: 'safety' }), 'safety');
  for (const domain of [undefined, null, '', 7, true, ['safety'], { name: 'safety' }])
    assert.equal(domainOf({ domain }), null);
});
