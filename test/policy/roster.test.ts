/** What the mesh says of subjects, over what their tokens say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anonymous } from '../../mesh/core/subject.ts';
import { createEnrol } from '../../mesh/policy/roster.ts';

const ada = Object.freeze({ ...anonymous, id: 'ada', roles: ['reader'], scopes: ['a'], claims: { roles: ['reader'] } });
const said = { roles: ['steward'], scopes: null, isWithdrawn: false };

test('a subject is one object for one object, so that answers can be shared and caches hit', () => {
  const enrol = createEnrol(new Map([['ada', said]]));
  const enrolled = enrol(ada);
  assert.deepEqual(enrolled, { ...ada, roles: ['steward'] });
  assert.equal(enrol(ada), enrolled);
  assert.equal(enrol(enrolled), enrolled);
  assert.notEqual(enrol({ ...ada }), enrolled);
});

test('of whom nothing is said is who the token says, and so is nobody', () => {
  const enrol = createEnrol(
    new Map([
      ['', { ...said, isWithdrawn: true }],
      ['null', said],
      ['bo', said],
    ]),
  );
  for (const subject of [ada, anonymous]) assert.equal(enrol(subject), subject);
});

test('lists that are empty leave nothing of the token', () => {
  const enrol = createEnrol(new Map([['ada', { roles: [], scopes: [], isWithdrawn: false }]]));
  assert.deepEqual(enrol(ada), { ...ada, roles: [], scopes: [] });
});

test('a withdrawn subject is refused, whatever else is said', () => {
  const enrol = createEnrol(new Map([['ada', { ...said, isWithdrawn: true }]]));
  assert.throws(() => enrol(ada), { code: 'UNAUTHENTICATED' });
});
