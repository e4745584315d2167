/** Texts that would become far more in memory than they are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isBloated as isBloatedBytes } from '../../../gateway/execute/bloat.ts';
import { limits } from '../../../mesh/core/limits.ts';

const { jsonDepthMax, jsonContainersMax, jsonLookedAtMin } = limits;
const isBloated = (text: string): boolean => isBloatedBytes(Buffer.from(text));

/** Makes a text long enough to be looked at. */
const long = (text: string): string => `{"pad":"${'x'.repeat(jsonLookedAtMin)}","of":${text}}`;

test('a text is bloated by depth or by number, brackets in strings aside', () => {
  const nested = (levels: number): string => `${'[{"a":'.repeat(levels / 2)}1${'}]'.repeat(levels / 2)}`;
  assert.equal(isBloated(long(nested(jsonDepthMax - 2))), false);
  assert.equal(isBloated(long(nested(jsonDepthMax + 2))), true);
  assert.equal(
    isBloated(
      long(
        `[${Array(jsonContainersMax - 2)
          .fill('{}')
          .join(',')}]`,
      ),
    ),
    false,
  );
  assert.equal(isBloated(long(`[${Array(jsonContainersMax).fill('[]').join(',')}]`)), true);
  assert.equal(isBloated(long(JSON.stringify('[{"'.repeat(jsonDepthMax * 2)))), false);
  assert.equal(isBloated(`"${'['.repeat(jsonLookedAtMin)}`), false, 'a string without end is for the parser to refuse');
  assert.equal(isBloated('['.repeat(jsonLookedAtMin - 1)), false, 'a short text is not looked at');
});

test('strings end where JSON says, so that depth is what JSON says', () => {
  const depthOf = (value: unknown): number =>
    typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
  const texts = fc.stringMatching(/^[\\"[\]{}a]{0,12}$/);
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 20 }), fc.boolean(), (strings, isDeep) => {
      const inner = JSON.stringify(strings);
      const levels = jsonDepthMax - 1 - depthOf(strings) + (isDeep ? 1 : 0);
      const text = long(`[${inner},${'['.repeat(levels)}${inner}${']'.repeat(levels)}]`);
      assert.equal(isBloated(text), isDeep || levels + depthOf(strings) + 2 > jsonDepthMax);
    }),
    { numRuns: 60 },
  );
});
