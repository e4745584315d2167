/** Supergraphs that others composed: what may be a rule there is read as one, or refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSupergraph } from '../../../gateway/supergraph/supergraph.ts';
import { compose } from '../compose/mesh.ts';

const composed = compose(['type Query { a: String @purpose(allow: "p") b: Int @authenticated }']).sdl;

test('readSupergraph() reads what composition wrote', () => {
  assert.deepEqual([...readSupergraph(composed).rules.keys()], ['Query.a', 'Query.b']);
});

for (const [what, from, to, words] of [
  [
    'a rule that no link knows',
    /, import: \["@purpose"\]/,
    '',
    /found "@purpose" at "Query\.a", which no link gives that name/,
  ],
  [
    'a link to another version',
    'weft.dev/weft/v1.0',
    'weft.dev/weft/v3.0',
    /found a link to "https:\/\/weft\.dev\/weft\/v3\.0"/,
  ],
] as const) {
  test(`readSupergraph() refuses ${what}`, () => {
    const text = composed
      .replace(from, to)
      .replace(', for: SECURITY, import', ', import')
      .replace('v1.0", for: SECURITY)', 'v1.0")')
      .replace('v3.0", for: SECURITY', 'v3.0"');
    assert.notEqual(text, composed);
    assert.throws(() => readSupergraph(text), { code: 'POLICY_INVALID', message: words });
  });
}

test('readSupergraph() takes the standard directives for what they are without a link too', () => {
  const text = composed.replace(/\n.*authenticated\/v0\.1.*/, '');
  assert.ok(readSupergraph(text).rules.has('Query.b'));
});
