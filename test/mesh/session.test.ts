/** README's session: what it shows is what a mesh that has just been started answers. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startMesh } from '../support/mesh.ts';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
const [, session = ''] = /## A session[\s\S]*?```console\n([\s\S]*?)```/.exec(readme) ?? [];

interface Shown {
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly answer: string;
}

/** Each `ask` that is followed by an answer in one line; a stream is not. */
const shown = Array.from(
  session.matchAll(/^\$ ask '(.*?)'(.*)\n(\{.*)$/gm),
  ([, query = '', rest = '', answer = '']): Shown => ({
    query: query.replaceAll(String.raw`\"`, '"'),
    headers: Object.fromEntries(
      Array.from(rest.matchAll(/-H '([\w-]+): ([^']*)'/g), ([, name, value]) => [name, value]),
    ),
    answer,
  }),
);

/** The part that is shown, without what differs from run to run. */
function comparable(text: string, { answer }: Shown): string {
  const [part = ''] = answer.split(' …');
  const cut = part === answer ? text : text.slice(0, part.length);
  return cut.replaceAll(/("durationMs"):[\d.]+/g, '$1:0');
}

test('the session of README goes as it is shown', async (context) => {
  assert.equal(session.match(/^\$ ask /gm)?.length, shown.length + 1, 'all but the subscription');
  const mesh = await startMesh(context);
  for (const one of shown) {
    const wanted = comparable(one.answer.split(' …')[0] ?? '', one);
    const ask = async () => comparable(JSON.stringify(await mesh.ask(one.query, one.headers)), one);
    let text = await ask();
    // What has been executed is told a little later.
    for (let tries = 0; tries < 40 && text !== wanted && one.query.includes('executions'); tries++) {
      await sleep(250);
      text = await ask();
    }
    assert.equal(text, wanted, one.query);
  }
});
