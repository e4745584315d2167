/** A supergraph in a file: every way in which files are changed, and what is seen of it. */
import assert from 'node:assert/strict';
import { mkdir, open, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFileSource } from '../../../gateway/supergraph/file.ts';
import { limits } from '../../../mesh/core/limits.ts';
import { temporaryFolder } from '../../support/mesh.ts';

/** Reads a file until the test ends; `next` gives the next text or the code of the next failure. */
function follow(context: TestContext, path: string) {
  const stop = new AbortController();
  const readings = createFileSource(path).read(stop.signal)[Symbol.asyncIterator]();
  context.after(async () => {
    stop.abort();
    await readings.return?.();
  });
  return async (): Promise<string> => {
    const { value } = await readings.next();
    return value.kind === 'text' ? value.sdl : value.error.code;
  };
}

test('a file is read at once, and again when it was written in place', async (context) => {
  const path = join(await temporaryFolder(context), 'supergraph.graphql');
  await writeFile(path, 'one');
  const next = follow(context, path);
  assert.equal(await next(), 'one');
  await writeFile(path, 'two');
  assert.equal(await next(), 'two');
});

test('a file that is replaced is followed, again and again, as editors replace it', async (context) => {
  const folder = await temporaryFolder(context);
  const path = join(folder, 'supergraph.graphql');
  await writeFile(path, 'zero');
  const next = follow(context, path);
  assert.equal(await next(), 'zero');
  for (const text of ['one', 'two', 'three']) {
    // As Vim does: the old file moves away, the new one is written under its name.
    const waiting = next();
    await rename(path, `${path}~`);
    await writeFile(path, text);
    assert.equal(await waiting, text);
  }
  await writeFile(join(folder, 'next'), 'four');
  await rename(join(folder, 'next'), path);
  assert.equal(await next(), 'four');
});

test('a link whose target is exchanged is followed, as Kubernetes mounts are', async (context) => {
  const folder = await temporaryFolder(context);
  for (const version of ['one', 'two']) {
    await mkdir(join(folder, version));
    await writeFile(join(folder, version, 'supergraph.graphql'), version);
  }
  await symlink('one', join(folder, 'data'));
  await symlink('data/supergraph.graphql', join(folder, 'supergraph.graphql'));
  const next = follow(context, join(folder, 'supergraph.graphql'));
  assert.equal(await next(), 'one');
  await symlink('two', join(folder, 'data-next'));
  await rename(join(folder, 'data-next'), join(folder, 'data'));
  assert.equal(await next(), 'two');
});

test('a file that is written piece by piece is read once it is whole', async (context) => {
  const path = join(await temporaryFolder(context), 'supergraph.graphql');
  await writeFile(path, 'whole');
  const next = follow(context, path);
  assert.equal(await next(), 'whole');
  const waiting = next();
  const file = await open(path, 'w');
  for (const piece of ['again ', 'w', 'ho', 'le']) {
    await file.write(piece);
    await sleep(limits.supergraphSettleMs / 4);
  }
  await file.close();
  assert.equal(await waiting, 'again whole');
});

test('a file that goes is told of once, and its text comes again with it', async (context) => {
  const path = join(await temporaryFolder(context), 'supergraph.graphql');
  await writeFile(path, 'here');
  const next = follow(context, path);
  assert.equal(await next(), 'here');
  await unlink(path);
  assert.equal(await next(), 'SUPERGRAPH_UNAVAILABLE');
  await writeFile(path, 'here');
  assert.equal(await next(), 'here');
});

test('a folder that is put in the place of the watched one is found', async (context) => {
  const folder = join(await temporaryFolder(context), 'conf');
  const path = join(folder, 'supergraph.graphql');
  await mkdir(folder);
  await writeFile(path, 'old');
  const next = follow(context, path);
  assert.equal(await next(), 'old');
  const waiting = next();
  await rename(folder, `${folder}-old`);
  await mkdir(folder);
  await writeFile(path, 'new');
  assert.equal(await waiting, 'new');
  await rm(`${folder}-old`, { recursive: true });
});

test('a file whose text did not change is nothing new', async (context) => {
  const path = join(await temporaryFolder(context), 'supergraph.graphql');
  await writeFile(path, 'same');
  const next = follow(context, path);
  assert.equal(await next(), 'same');
  const waiting = next();
  for (const text of ['same', 'other']) {
    await sleep(limits.supergraphSettleMs * 3);
    await writeFile(`${path}~`, text);
    await rename(`${path}~`, path);
  }
  assert.equal(await waiting, 'other');
});

test('a file that is not there is a failure that says so', async (context) => {
  const path = join(await temporaryFolder(context), 'nowhere.graphql');
  const stop = new AbortController();
  for await (const reading of createFileSource(path).read(stop.signal)) {
    assert.equal(reading.kind, 'failure');
    if (reading.kind === 'failure')
      assert.match(reading.error.message, /nowhere\.graphql".*ENOENT.*wanted a supergraph/);
    stop.abort();
  }
});
