/** The gateway's front as a verb puts it up from its configuration. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openFront } from '../../cli/front.ts';
import { createOutput } from '../../cli/output.ts';
import { readSupergraph } from '../../gateway/supergraph/supergraph.ts';
import { systemClock } from '../../mesh/core/clock.ts';
import { type DocumentsConfig, defaultConfig } from '../../mesh/core/config.ts';
import { createContextSigner } from '../../mesh/identity/context-signer.ts';
import { composeForTest, createSubgraph } from '../support/subgraph.ts';

const nowhere = { write: () => true };

function openShop(documents: DocumentsConfig) {
  const shop = createSubgraph('shop', 'type Query { open: Boolean! }', { Query: { open: () => true } });
  return openFront({
    config: { ...defaultConfig, port: 0, documents },
    supergraph: readSupergraph(composeForTest([shop])),
    subgraphs: new Map([['shop', shop]]),
    examples: [],
    mockUsers: [],
    log: null,
    parts: {},
    signer: createContextSigner({ keyFile: null, clock: systemClock }),
    output: createOutput({ stdout: nowhere, stderr: nowhere, format: 'text', color: false }),
  });
}

function writeManifest(context: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'weft-front-'));
  context.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'persisted.json'), text);
  return join(folder, 'persisted.json');
}

test('openFront() keeps clients to the documents that its configuration names', async (context) => {
  const manifest = writeManifest(context, '{ "open": "{ open }" }');
  const front = await openShop({ manifest, safelist: true, apq: true });
  context.after(() => front.close());
  const ask = async (search: string): Promise<unknown> => (await fetch(`${front.url}/graphql?${search}`)).json();
  assert.deepEqual(await ask('documentId=open'), { data: { open: true } });
  const { errors } = (await ask('query={__typename}')) as { errors: { extensions: { code: string } }[] };
  assert.equal(errors[0]?.extensions.code, 'QUERY_NOT_IN_SAFELIST');
});

test('openFront() does not open with a manifest that cannot be read', async (context) => {
  const manifest = writeManifest(context, '[]');
  await assert.rejects(openShop({ manifest, safelist: false, apq: true }), { code: 'CONFIG_INVALID' });
});
