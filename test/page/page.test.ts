/** The page in a real browser: it comes from the gateway alone, and its examples run. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { chromium, type Page } from 'playwright-core';
import { readEnvironment } from '../../mesh/core/config.ts';
import { startPageSubject } from './subject.ts';

const executablePath = readEnvironment('WEFT_CHROMIUM') ?? '/usr/bin/chromium';
const skip = existsSync(executablePath) ? false : `no Chromium at "${executablePath}"; set WEFT_CHROMIUM`;
const args =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

test(
  'the page loads from the gateway alone and runs its examples, live events over a WebSocket',
  { skip, timeout: 60_000 },
  async (context) => {
    const { url, tabs } = await startPageSubject(context);
    const browser = await chromium.launch({ executablePath, args: args.split(' ') });
    try {
      const page = await browser.newPage();
      const seen = watch(page);
      await page.goto(url);
      const names = page.locator('.graphiql-tab-button');
      await names.nth(tabs.length - 1).waitFor();
      assert.deepEqual(
        await names.allTextContents(),
        tabs.map(({ name }) => name),
      );

      for (const { name, answer } of tabs) {
        await openTab(page, name);
        await runUntil(page, answer);
      }

      assert.deepEqual(seen.errors, []);
      assert.deepEqual(
        seen.requests.filter((address) => !address.startsWith(`${url}/`)),
        [],
      );
      assert.deepEqual(seen.sockets, [`${url.replace('http', 'ws')}/graphql`]);
    } finally {
      await browser.close();
    }
  },
);

/** Tabs are chosen with the keyboard: under the pointer they move, for they can be dragged. */
async function openTab(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).press('Enter');
  await page.locator('.graphiql-tab-active', { hasText: name }).waitFor();
  await page.locator('.graphiql-query-editor', { hasText: name }).waitFor();
}

/** Presses the button until the answer is there: GraphiQL may miss a press in the first moments of a tab. */
async function runUntil(page: Page, answer: string): Promise<void> {
  const result = page.locator('.result-window', { hasText: answer });
  const run = page.getByRole('button', { name: /^Execute query/ });
  while (!(await result.isVisible())) {
    if (await run.isVisible()) await run.click();
    await result.waitFor({ timeout: 2_000 }).catch(() => undefined);
  }
}

/** All that the page asks for and complains of. Data and blob addresses do not leave the browser. */
function watch(page: Page) {
  const seen = { requests: [] as string[], sockets: [] as string[], errors: [] as string[] };
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url())) seen.requests.push(request.url());
  });
  page.on('websocket', (socket) => seen.sockets.push(socket.url()));
  page.on('pageerror', (error) => seen.errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') seen.errors.push(message.text());
  });
  return seen;
}
