/** What is put into service: one after the other, and nothing that weakens what is there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Succession } from '../../../gateway/server/generation.ts';
import { createPolicyGuard } from '../../../gateway/server/policy-guard.ts';
import { readSupergraph } from '../../../gateway/supergraph/supergraph.ts';
import type { PolicyChanged } from '../../../mesh/core/event.ts';
import type { GovernanceParts } from '../../../mesh/policy/revision.ts';
import { compose } from '../compose/mesh.ts';

const supergraphOf = (rules: string) =>
  readSupergraph(compose([`type Query { open: Int secret: String ${rules} }`]).sdl);
const parts = (rules: string, released: string[] = []) => ({
  supergraph: supergraphOf(rules),
  subgraphs: new Map(),
  release: () => void released.push(rules),
});
const named = (texts: Readonly<Record<string, string>>): GovernanceParts => {
  return { policies: new Map(), texts: new Map(Object.entries(texts)), agreements: null, roster: new Map() };
};

function open(isWeakeningAcknowledged = false) {
  const swaps: Succession[] = [];
  const notes: string[] = [];
  const changes: Omit<PolicyChanged, 'audit'>[] = [];
  let under = 0;
  const guard = createPolicyGuard({
    supergraph: supergraphOf('@policy(policies: [["p"]])'),
    governance: named({ p: 'true' }),
    maskSecret: null,
    isWeakeningAcknowledged,
    note: (line) => notes.push(line),
    record: (change) => changes.push(change),
  });
  const guarded = guard.guard({
    async swap(succession) {
      assert.equal(++under, 1, 'one at a time');
      await nextTurn();
      under -= 1;
      swaps.push(succession);
    },
  });
  return { guard, guarded, swaps, notes, changes };
}

test('what is weaker is not put into service, and lets go of its connections', async () => {
  const { guarded, swaps } = open();
  const released: string[] = [];
  await assert.rejects(guarded.swap(parts('', released)), {
    code: 'POLICY_WEAKENED',
    message: /Query\.secret: @policy\(policies: \[\["p"\]\]\) → nothing/,
  });
  assert.deepEqual([swaps.length, released], [0, ['']]);
  await guarded.swap(parts('@policy(policies: [["p"]]) @authenticated'));
  // It is held against what is in service now.
  await assert.rejects(guarded.swap(parts('@policy(policies: [["p"]])')), { code: 'POLICY_WEAKENED' });
  assert.equal(swaps.length, 1);
});

test('each other policy is recorded, taken or not; one that is the same is not', async () => {
  const { guard, guarded, changes } = open();
  const rules = '@policy(policies: [["p"]])';
  await guarded.swap(parts(rules));
  assert.equal(changes.length, 0);
  await assert.rejects(guarded.swap(parts('')));
  await guarded.swap(parts(`${rules} @authenticated`));
  const [refused, taken] = changes;
  assert.deepEqual(
    changes.map(({ before, isTaken }) => [before, isTaken]),
    [
      [guard.governance.revision, false],
      [guard.governance.revision, true],
    ],
  );
  assert.deepEqual([refused?.weakened, refused?.tightened], [[`Query.secret: ${rules} → nothing`], []]);
  assert.deepEqual([taken?.weakened, taken?.tightened], [[], [`Query.secret: ${rules} → ${rules} @authenticated`]]);
  assert.notEqual(refused?.after, taken?.after);

  const acknowledged = open(true);
  await acknowledged.guarded.swap(parts(''));
  const [weaker] = acknowledged.changes;
  assert.deepEqual([weaker?.isTaken, weaker?.isWeakeningAcknowledged, weaker?.weakened.length], [true, true, 1]);
});

test('each supergraph comes with what is agreed on by then, under a name of its own', async () => {
  const { guard, guarded, swaps } = open();
  const rules = '@policy(policies: [["p"]])';
  await Promise.all([
    guarded.govern(named({ p: 'true && 1 == 2' }), () => parts(rules)),
    guarded.swap(parts(`${rules} @authenticated`)),
    guarded.govern(named({ p: 'false' }), () => parts(`${rules} @authenticated`)),
  ]);
  const revisions = [guard.governance, ...swaps.map(({ governance }) => governance)].map((one) => one?.revision);
  assert.equal(new Set(revisions).size, 4);
});

test('one that fails does not hold up the next', async () => {
  const { guarded, swaps } = open();
  const failed = guarded.govern(named({}), () => {
    throw new Error('no supergraph');
  });
  await Promise.all([
    assert.rejects(failed, /no supergraph/),
    guarded.govern(named({}), () => parts('@authenticated @policy(policies: [["p"]])')),
  ]);
  assert.equal(swaps.length, 1);
});

test('a weakening that is acknowledged is told', async () => {
  const { guarded, swaps, notes } = open(true);
  await guarded.swap(parts(''));
  assert.equal(swaps.length, 1);
  assert.deepEqual(notes, ['policy weakened  Query.secret: @policy(policies: [["p"]]) → nothing']);
});
