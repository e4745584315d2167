/** Contexts as the gateway gives them: to the subgraphs that are to have them, each its own, and of no client's making. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type TestContext, describe, test } from 'node:test';
import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose';
import { giveContext } from '../../../gateway/auth/context.ts';
import { createHttpSubgraph } from '../../../gateway/execute/http.ts';
import { createHeaderPicker } from '../../../gateway/server/headers.ts';
import { type Clock, systemClock } from '../../../mesh/core/clock.ts';
import { type Subgraph, type SubgraphRequest, wholeView } from '../../../mesh/core/subgraph.ts';
import { type Subject, anonymous } from '../../../mesh/core/subject.ts';
import { type ContextSigner, createContextSigner } from '../../../mesh/identity/context-signer.ts';
import { createTestGateway } from '../../support/gateway.ts';
import { serveHttp } from '../../support/http-subgraph.ts';
import { federation } from '../../support/subgraph.ts';

const schemas = {
  lists: `${federation('@key')}
type Query { items(ids: [ID!]!): [Item!]! }
type Item @key(fields: "id") { id: ID! }`,
  facts: `${federation('@key')}
type Item @key(fields: "id") { id: ID! who: String }`,
};

interface Far {
  readonly url: string;
  /** `weft-context` of each request, `null` where there was none. */
  readonly tokens: (string | null)[];
}

/** Lists items, and says of each who asked, as far as it was told. */
async function serveFar(context: TestContext): Promise<Far> {
  const tokens: (string | null)[] = [];
  const url = await serveHttp(context, async (incoming, response) => {
    const chunks = await Array.fromAsync(incoming as AsyncIterable<Buffer>);
    const { variables } = JSON.parse(Buffer.concat(chunks).toString()) as {
      variables: { ids?: string[]; representations?: { id: string }[] };
    };
    const token = incoming.headers['weft-context'];
    tokens.push(typeof token === 'string' ? token : null);
    const who = typeof token === 'string' ? subjectIn(token).id : 'unknown';
    await nextTurn();
    const items = variables.ids?.map((id) => ({ __typename: 'Item', id }));
    const entities = variables.representations?.map(({ id }) => ({ who: `${who}/${id}` }));
    const data = items ? { items } : entities ? { _entities: entities } : { __typename: 'Query' };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data }));
  });
  return { url, tokens };
}

function subjectIn(token: string): Subject {
  return (decodeJwt(token)['weft'] as { subject: Subject }).subject;
}

function createClock(): Clock & { skip(ms: number): void } {
  let skipped = 0;
  return {
    ...systemClock,
    now: () => systemClock.now() + skipped,
    monotonic: () => systemClock.monotonic() + skipped,
    skip: (ms) => void (skipped += ms),
  };
}

function connect(context: TestContext, { url }: Pick<Far, 'url'>, name: keyof typeof schemas): Subgraph {
  const subgraph = createHttpSubgraph({ name, sdl: schemas[name], url });
  context.after(() => subgraph.close());
  return subgraph;
}

function personOf(id: string, rest: Partial<Subject> = {}): Subject {
  return Object.freeze({ ...anonymous, id, ...rest });
}

function requestOf(subject: Subject, rest: Partial<SubgraphRequest> = {}): SubgraphRequest {
  const query = '{__typename}';
  return {
    operationKind: 'query',
    query,
    queryJson: JSON.stringify(query),
    variablesJson: '{}',
    headers: {},
    subject,
    ...rest,
  };
}

const never = new AbortController().signal;

describe('a subgraph that is given contexts', () => {
  test('learns who asks, for what purpose and what they may see, and of claims those alone that are named', async (context) => {
    const far = await serveFar(context);
    const clock = createClock();
    const signer = createContextSigner({ keyFile: null, claims: ['region', 'toString'], clock });
    const subgraph = giveContext(connect(context, far, 'facts'), { signer, clock });
    assert.equal(subgraph.seesSubject, true);
    const claims = { sub: 'ada', region: 'EU', salary: 'canary' };
    const expiresAt = Math.floor(clock.now() / 1_000) + 7;
    const ada = personOf('ada', { roles: ['crew'], scopes: ['a'], purpose: 'safety', claims, expiresAt });
    const view = { revision: 'r7', filters: { Item: 'object.region == "EU"' } };
    await subgraph.fetch(requestOf(ada, { view }), never);
    const [token = ''] = far.tokens;
    const { weft, exp, ...rest } = decodeJwt(token ?? '');
    assert.deepEqual(weft, { subject: { ...ada, claims: { region: 'EU' } }, ...view });
    // It does not outlive the subject's own token.
    assert.equal(exp, expiresAt);
    assert.deepEqual({ iss: rest.iss, aud: rest.aud }, { iss: 'weft', aud: 'facts' });
    const { keys } = await signer.keySet();
    assert.deepEqual(decodeProtectedHeader(token ?? ''), { alg: 'EdDSA', typ: 'weft-context+jwt', kid: keys[0]?.kid });
  });

  test('gets one for each subject and view, and another once it is a while old', async (context) => {
    const far = await serveFar(context);
    const clock = createClock();
    let signed = 0;
    const real = createContextSigner({ keyFile: null, clock });
    const signer: ContextSigner = { ...real, sign: (...what) => (signed++, real.sign(...what)) };
    const subgraph = giveContext(connect(context, far, 'facts'), { signer, clock });
    const [ada, bob] = [personOf('ada'), personOf('bob')];
    const ask = (subject: Subject, view = wholeView) => subgraph.fetch(requestOf(subject, { view }), never);
    await Promise.all([ask(ada), ask(ada), ask(bob)]);
    await ask(ada);
    assert.equal(signed, 2);
    await ask(ada, { revision: '', filters: { Item: 'false' } });
    assert.equal(signed, 3);
    await ask(bob);
    assert.equal(signed, 3);
    clock.skip(16_000);
    await ask(bob);
    assert.equal(signed, 4);
    const ends = far.tokens.map((token) => decodeJwt(token ?? '').exp ?? 0);
    assert.ok(ends.every((end) => end > 0));
  });

  test('never gets a client’s own, under whatever name it comes', async (context) => {
    const far = await serveFar(context);
    const clock = createClock();
    const signer = createContextSigner({ keyFile: null, clock });
    const subgraph = giveContext(connect(context, far, 'facts'), { signer, clock });
    await subgraph.fetch(requestOf(personOf('ada'), { headers: { 'weft-context': 'forged' } }), never);
    assert.equal(subjectIn(far.tokens[0] ?? '').id, 'ada');
    assert.throws(() => createHeaderPicker(['Weft-Context']), { code: 'CONFIG_INVALID' });
  });

  test('is well when it answers those who bring one', async (context) => {
    const clock = createClock();
    const signer = createContextSigner({ keyFile: null, clock });
    const health = async (listener: Parameters<typeof serveHttp>[1]): Promise<string | null> => {
      const url = await serveHttp(context, listener);
      const subgraph = connect(context, { url }, 'facts');
      return giveContext(subgraph, { signer, clock }).health();
    };
    const far = await serveFar(context);
    const well = giveContext(connect(context, far, 'facts'), { signer, clock });
    assert.equal(await well.health(), null);
    assert.equal(subjectIn(far.tokens[0] ?? '').id, null);
    const body = JSON.stringify({ errors: [{ message: 'No.', extensions: { code: 'UNAUTHENTICATED' } }] });
    assert.equal(await health((_incoming, response) => response.writeHead(401).end(body)), 'UNAUTHENTICATED');
    assert.equal(await health((incoming) => incoming.destroy()), 'SUBGRAPH_UNAVAILABLE');
  });
});

test('what one subject is told is told to no other, and subgraphs without a context cost nothing', async (context) => {
  const [open, far] = [await serveFar(context), await serveFar(context)];
  const clock = createClock();
  const signer = createContextSigner({ keyFile: null, clock });
  const gateway = createTestGateway([
    connect(context, open, 'lists'),
    giveContext(connect(context, far, 'facts'), { signer, clock }),
  ]);
  const people = ['ada', 'bob', 'cy'].map((id) => personOf(id));
  const ask = async (number: number): Promise<void> => {
    const subject = people[(number * 7) % people.length] ?? anonymous;
    const ids = ['1', '2', String(number % 5)];
    const { data } = await gateway.ask('query ($ids: [ID!]!) { items(ids: $ids) { id who } }', {
      subject,
      variables: { ids },
    });
    assert.deepEqual(
      data,
      { items: ids.map((id) => ({ id, who: `${subject.id}/${id}` })) },
      `request ${number} of ${subject.id}`,
    );
  };
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 15 }, (_, index) => ask(round * 15 + index)));
  }
  assert.deepEqual([...new Set(open.tokens)], [null]);
  assert.equal(new Set(far.tokens).size, people.length);
});

describe('keys of a signer', () => {
  test('are published without what is private, those of the past until what they signed has ended', async () => {
    const clock = createClock();
    const signer = createContextSigner({ keyFile: null, clock });
    const kids = async () => (await signer.keySet()).keys.map(({ kid }) => kid);
    const first = await kids();
    assert.deepEqual(await kids(), first);
    const { keys } = await signer.keySet();
    assert.deepEqual(Object.keys(keys[0] ?? {}).toSorted(), ['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    clock.skip(25 * 60 * 60 * 1_000);
    const token = await signer.sign('facts', { subject: anonymous, view: wholeView });
    const both = await kids();
    assert.deepEqual(both, [decodeProtectedHeader(token).kid, ...first]);
    clock.skip(33_000);
    assert.deepEqual(await kids(), [both[0]]);
  });

  test('may come from a file: the first signs, all are published', async (context) => {
    const folder = await mkdtemp(join(tmpdir(), 'weft-key-'));
    context.after(() => rm(folder, { recursive: true }));
    const keyFile = join(folder, 'key.json');
    const make = async () => exportJWK((await generateKeyPair('EdDSA', { extractable: true })).privateKey);
    const [one, two] = [await make(), { ...(await make()), kid: 'two' }];
    await writeFile(keyFile, JSON.stringify({ keys: [two, one] }));
    const signer = createContextSigner({ keyFile, clock: systemClock });
    const text = JSON.stringify(await signer.keySet());
    assert.ok(!text.includes(String(one.d)) && !text.includes(String(two.d)));
    assert.ok(text.includes(String(one.x)) && text.includes(String(two.x)));
    const token = await signer.sign('facts', { subject: anonymous, view: wholeView });
    assert.equal(decodeProtectedHeader(token).kid, 'two');
    // The same key file, the same keys: a second gateway's tokens are as good.
    assert.equal(JSON.stringify(await createContextSigner({ keyFile, clock: systemClock }).keySet()), text);
  });

  test('stop the start when their file holds another kind, or none', async (context) => {
    const folder = await mkdtemp(join(tmpdir(), 'weft-key-'));
    context.after(() => rm(folder, { recursive: true }));
    const keyFile = join(folder, 'key.json');
    const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true });
    const elliptic = await generateKeyPair('ES256', { extractable: true });
    const wrong = [
      'no json',
      '[]',
      '{}',
      '{ "keys": [] }',
      '{ "kty": "oct", "k": "c2VjcmV0" }',
      JSON.stringify(await exportJWK(publicKey)),
      JSON.stringify(await exportJWK(elliptic.privateKey)),
      JSON.stringify({ ...(await exportJWK(privateKey)), kid: 7 }),
    ];
    const open = () => createContextSigner({ keyFile, clock: systemClock });
    assert.throws(open, { code: 'CONFIG_INVALID' });
    for (const text of wrong) {
      await writeFile(keyFile, text);
      assert.throws(open, { code: 'CONFIG_INVALID' }, text);
    }
  });
});
