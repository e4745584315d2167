/** Policies that change while a gateway serves: in a process of its own, with real files. */
import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { composeSubgraphs } from '../../gateway/supergraph/compose.ts';
import { meshDefinitions } from '../../mesh/core/definitions.ts';
import { serveSubgraph } from '../support/http-subgraph.ts';
import { createSigner, issuerName, tokenOf } from '../support/issuer.ts';
import { serveWeft, temporaryFolder } from '../support/mesh.ts';
import { createSubgraph, federation } from '../support/subgraph.ts';

const canary = 'canary-7d1';
const sdl = (rules: string): string =>
  `${federation('@key', '@policy', '@authenticated')} type Query { open: Int secret: String ${rules} }`;

const signer = createSigner('first');
const auth = `auth: { jwt: { issuers: [{ issuer: "${issuerName}", jwks: "file:keys.json", audiences: [weft] }] } }`;
const headers = { authorization: `Bearer ${tokenOf(signer, { claims: { roles: ['reader'] } })}` };

async function openGateway(context: TestContext, more = '') {
  const folder = await temporaryFolder(context);
  const shop = createSubgraph('shop', sdl('@policy(policies: [["open"]])'), {
    Query: { secret: () => canary, open: () => 1 },
  });
  const url = await serveSubgraph(context, shop);
  const put = async (name: string, text: string): Promise<void> => {
    await writeFile(join(folder, `${name}.new`), text);
    await rename(join(folder, `${name}.new`), join(folder, name));
  };
  const supergraph = (rules: string): Promise<void> => {
    const subgraph = { name: 'shop', sdl: sdl(rules), origin: 'shop.graphql', url };
    return put('supergraph.graphql', composeSubgraphs([subgraph], { definitions: meshDefinitions() }).sdl);
  };
  await put('weft.yaml', `policy: { file: policies.yaml, agreements: agreements.yaml${more} }\n${auth}\n`);
  await put('keys.json', JSON.stringify({ keys: [signer.jwk] }));
  await put('subjects.yaml', 'subjects:\n');
  await put('policies.yaml', 'policies: { open: "true" }\n');
  await put('agreements.yaml', 'agreements: []\n');
  await supergraph('@policy(policies: [["open"]])');
  const gateway = await serveWeft(context, ['gateway', '--supergraph', 'supergraph.graphql', '--port', '0'], folder);
  const ask = async (): Promise<unknown> => {
    const answer = await (await fetch(`${gateway.url}/graphql?query={secret}`, { headers })).json();
    const { data, errors } = answer as { data?: { secret: unknown }; errors?: { extensions: { code: string } }[] };
    return data === undefined ? errors?.[0]?.extensions.code : data.secret;
  };
  const health = async () =>
    (await (await fetch(`${gateway.url}/health/ready`)).json()) as Record<string, { status: string; reason?: string }>;
  return { put, supergraph, ask, health, requests: shop.requests, output: gateway.output };
}

/** Waits until it is so, for twenty seconds at most. */
async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  for (let count = 0; !(await isSo()); count++) {
    assert.ok(count < 1_000, 'it did not come to pass in twenty seconds');
    await sleep(20);
  }
}

test('a tightened policy binds the next requests; one that is weaker or broken is not taken, and health says so', async (context) => {
  const { put, ask, health, requests, output } = await openGateway(context);
  assert.equal(await ask(), canary);
  assert.equal((await health())['policy']?.status, 'up');

  await put('policies.yaml', `policies: { open: "true && 'nobody' in subject.roles" }\n`);
  await until(async () => (await ask()) === null);
  const before = requests.length;
  assert.equal(await ask(), null);
  assert.equal(requests.length, before, 'the subgraph is not asked');

  await put('policies.yaml', 'policies: { open: "true" }\n');
  await until(async () => (await health())['policy']?.status === 'stale');
  assert.deepEqual((await health())['policy'], {
    status: 'stale',
    reason: 'the last good policies are in service: POLICY_WEAKENED',
  });
  assert.equal(await ask(), null);
  assert.match(
    output(),
    /are not taken; the last good ones are in service: POLICY_WEAKENED .*policy open: true && 'nobody' in subject\.roles → true/,
  );

  await put('policies.yaml', 'policies: { open: ');
  await until(async () => (await health())['policy']?.reason?.endsWith('CONFIG_INVALID') ?? false);
  assert.equal(await ask(), null);

  await put('policies.yaml', 'policies: {}\n');
  await until(async () => (await health())['policy']?.status === 'up');

  const agreement = '{ id: a, consumer: { domain: d }, products: [Query.opn], purposes: [p], until: 2099-01-01 }';
  await put('agreements.yaml', `agreements: [${agreement}]\n`);
  await until(() => output().includes('agreement "a" is on Query.opn, which is not in the graph'));

  await put('agreements.yaml', 'agreements: [{ id: a }]\n');
  await until(async () => (await health())['policy']?.reason?.endsWith('POLICY_INVALID') ?? false);
});

test('a supergraph that lets somebody see more is not taken up', async (context) => {
  const { supergraph, ask, health, put } = await openGateway(context);
  await put('policies.yaml', 'policies: {}\n');
  await until(async () => (await ask()) === null);
  await supergraph('');
  await until(async () => (await health())['supergraph']?.status === 'stale');
  assert.match((await health())['supergraph']?.reason ?? '', /POLICY_WEAKENED/);
  assert.equal(await ask(), null);
  await supergraph('@policy(policies: [["open"]]) @authenticated');
  await until(async () => (await health())['supergraph']?.status === 'up');
  assert.equal(await ask(), null);
});

test('what is acknowledged is taken up, and told', async (context) => {
  const { put, supergraph, ask, output } = await openGateway(context, ', acknowledgeWeakening: true');
  await put('policies.yaml', 'policies: {}\n');
  await until(async () => (await ask()) === null);
  await put('policies.yaml', 'policies: { open: "1 == 1" }\n');
  await until(async () => (await ask()) === canary);
  assert.match(output(), /^policy weakened {2}policy open: nothing → 1 == 1$/m);
  await put('policies.yaml', 'policies: {}\n');
  await until(async () => (await ask()) === null);
  await supergraph('');
  await until(async () => (await ask()) === canary);
  assert.match(output(), /^policy weakened {2}Query\.secret: @policy\(policies: \[\["open"\]\]\) → nothing$/m);
});

test('what is said of a subject counts from the next requests on, whatever its token says', async (context) => {
  const { put, ask, health, output } = await openGateway(
    context,
    ', subjects: subjects.yaml, acknowledgeWeakening: true',
  );
  await put('policies.yaml', `policies: { open: "'reader' in subject.roles" }\n`);
  await until(() => output().includes('the policies that changed are in service'));
  assert.equal(await ask(), canary);
  await put('subjects.yaml', 'subjects: { ada: { roles: [] } }\n');
  await until(async () => (await ask()) === null);
  await put('subjects.yaml', 'subjects: { ada: { withdrawn: true } }\n');
  await until(async () => (await ask()) === 'UNAUTHENTICATED');
  await put('subjects.yaml', 'subjects: { ada: { withdrwn: true } }\n');
  await until(async () => (await health())['policy']?.reason?.endsWith('POLICY_INVALID') ?? false);
  assert.equal(await ask(), 'UNAUTHENTICATED');
  await put('subjects.yaml', 'subjects:\n');
  await until(async () => (await ask()) === canary);
});
