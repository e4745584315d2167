/** What the mesh says of subjects, over what their tokens say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anonymous } from '../../mesh/core/subject.ts';
import { createStandingOf } from '../../mesh/policy/standing.ts';

const ada = Object.freeze({ ...anonymous, id: 'ada', roles: ['reader'], scopes: ['a'], claims: { roles: ['reader'] } });
const said = { roles: ['steward'], scopes: null, isWithdrawn: false };

test('a subject is one object for one object, so that answers can be shared and caches hit', () => {
  const standingOf = createStandingOf(new Map([['ada', said]]));
  const standing = standingOf(ada);
  assert.deepEqual(standing, { ...ada, roles: ['steward'] });
  assert.equal(standingOf(ada), standing);
  assert.equal(standingOf(standing), standing);
  assert.notEqual(standingOf({ ...ada }), standing);
});

test('of whom nothing is said is who the token says, and so is nobody', () => {
  const standingOf = createStandingOf(
    new Map([
      ['', { ...said, isWithdrawn: true }],
      ['null', said],
      ['bo', said],
    ]),
  );
  for (const subject of [ada, anonymous]) assert.equal(standingOf(subject), subject);
});

test('lists that are empty leave nothing of the token', () => {
  const standingOf = createStandingOf(new Map([['ada', { roles: [], scopes: [], isWithdrawn: false }]]));
  assert.deepEqual(standingOf(ada), { ...ada, roles: [], scopes: [] });
});

test('a withdrawn subject is refused, whatever else is said', () => {
  const standingOf = createStandingOf(new Map([['ada', { ...said, isWithdrawn: true }]]));
  assert.throws(() => standingOf(ada), { code: 'UNAUTHENTICATED' });
});
