/** The page's route; what a browser makes of it is test/page. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPageRoute } from '../../../gateway/server/page.ts';
import { startTiny } from './tiny.ts';

test('the page allows nothing but its own files, which are compressed and kept for good', async (context) => {
  const { url } = await startTiny(context, { routes: [createPageRoute({ examples: ['{ hello }'] })] });
  const page = await fetch(url);
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'; script-src 'self';/);
  const html = await page.text();
  assert.doesNotMatch(html, /<script>|https?:\/\/(?!www\.w3\.org)/);

  const files = [...html.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)].map(([, path]) => String(path));
  assert.equal(files.length, 4);
  for (const file of files) {
    const response = await fetch(url + file);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-encoding'), 'gzip');
    assert.match(response.headers.get('cache-control') ?? '', /immutable/);
    await response.text();
  }
  const plain = await fetch(`${url}${String(files.at(-1))}`, { headers: { 'accept-encoding': 'identity' } });
  assert.equal(plain.headers.get('content-encoding'), null);
  assert.match(await plain.text(), /"defaultTabs":\[\{"query":"\{ hello \}"\}\]/);
});

test('a file of another version of the page is a 404', async (context) => {
  const { url } = await startTiny(context, { routes: [createPageRoute({ examples: [] })] });
  assert.equal((await fetch(`${url}/page/0123456789abcdef/start.js`)).status, 404);
});
