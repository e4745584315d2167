/**
 * Tokens that others have been fooled by, over real sockets, to a field that only who is known may read. Each is answered
 * 401; the secret is in no byte of any answer, and no subgraph was asked for anything.
 */
import assert from 'node:assert/strict';
import { createHmac, createPublicKey } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { type Signer, createSigner, encode, signed, tokenOf, tokenOfTexts } from '../support/issuer.ts';
import { assertNoCanary, canary, openHouse } from './live-house.ts';

const query = '{ secret }';
const evil = createSigner('first');
const now = Math.floor(Date.now() / 1000);
const good = { iss: 'https://id.example', aud: 'weft', sub: 'ada', exp: now + 600 };
const payload = JSON.stringify(good);

/** What an attack makes of the issuer's signer, whose private key it has only where it shows that the form alone refuses. */
type Forge = (signer: Signer) => string | readonly string[];

/** A token with a good signature of the issuer, so that nothing but what is said of it can be what is refused. */
const ofIssuer =
  (parts: { readonly header?: object; readonly claims?: object }): Forge =>
  (signer) =>
    tokenOf(signer, { header: { ...parts.header }, claims: { ...good, ...parts.claims } });

const withHeader = (signer: Signer, header: object): string =>
  JSON.stringify({ alg: signer.alg, kid: signer.kid, ...header });

const attacks: Readonly<Record<string, Forge>> = {
  'no algorithm, no signature': () =>
    ['none', 'None', 'nOnE', ''].map((alg) => `${encode(JSON.stringify({ alg, kid: 'first' }))}.${encode(payload)}.`),
  'no algorithm, a good signature': (signer) => tokenOfTexts(signer, withHeader(signer, { alg: 'none' }), payload),
  'no header at all': (signer) => signed(signer, `.${encode(payload)}`),
  'the public key as a shared secret': ({ jwk, privateKey }) => {
    const key = createPublicKey(privateKey);
    const secrets = [
      key.export({ format: 'pem', type: 'spki' }),
      String(key.export({ format: 'pem', type: 'spki' })).trim(),
      key.export({ format: 'der', type: 'spki' }),
      JSON.stringify(jwk),
      Buffer.from(String(jwk['x']), 'base64url'),
      '',
    ];
    return secrets.map((secret) => {
      const input = `${encode('{"alg":"HS256","kid":"first"}')}.${encode(payload)}`;
      return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
    });
  },
  'no key id': ofIssuer({ header: { kid: undefined } }),
  'an empty key id': ofIssuer({ header: { kid: '' } }),
  'a key id that is no text': (signer) =>
    [1, null, ['first'], { kid: 'first' }, true].map((kid) => tokenOf(signer, { header: { kid } })),
  'a key id that is a path, a query, a property of every object': () =>
    ['../../../dev/null', "first' OR '1'='1", '__proto__', 'constructor', 'first\u0000', 'FIRST', ' first'].map((kid) =>
      tokenOf(evil, { header: { kid } }),
    ),
  'the key id of ours with another key': () => tokenOf(evil),
  'a key of its own inline': () => [
    tokenOf(evil, { header: { jwk: evil.jwk } }),
    tokenOf(evil, { header: { kid: 'evil', jwk: evil.jwk } }),
  ],
  'our own key inline': (signer) => tokenOf(signer, { header: { jwk: signer.jwk } }),
  'a chain of certificates': (signer) => [
    tokenOf(signer, { header: { x5c: ['MIIB'] } }),
    tokenOf(evil, { header: { x5c: ['MIIB'] } }),
  ],
  'an extension that must be understood': (signer) => [
    tokenOf(signer, { header: { crit: ['exp'], exp: now + 600 } }),
    tokenOf(signer, { header: { crit: ['x'], x: 1 } }),
    tokenOf(signer, { header: { crit: ['b64'], b64: true } }),
    tokenOf(signer, { header: { crit: [] } }),
    tokenOf(signer, { header: { crit: null } }),
    tokenOf(signer, { header: { crit: 'x' } }),
  ],
  'a payload that is not encoded (RFC 7797)': (signer) => {
    const header = encode(withHeader(signer, { b64: false, crit: ['b64'] }));
    return [
      signed(signer, `${header}.${payload.replaceAll('.', '')}`),
      signed(signer, `${header}.${encode(payload)}`),
      tokenOf(signer, { header: { b64: false } }),
    ];
  },
  'a payload that is elsewhere': (signer) => {
    const [header, , signature] = tokenOf(signer).split('.');
    return `${header}..${signature}`;
  },
  'a token within a token': (signer) => [
    tokenOfTexts(signer, withHeader(signer, { cty: 'JWT' }), tokenOf(signer)),
    tokenOf(signer, { header: { cty: 'JWT' } }),
    tokenOf(signer, { header: { cty: 'jwt' } }),
  ],
  'an encrypted token': () => [
    `${encode('{"alg":"dir","enc":"A256GCM","kid":"first"}')}..AAAA.AAAA.AAAA`,
    `${encode('{"alg":"RSA-OAEP","enc":"A256GCM","kid":"first"}')}.AAAA.AAAA.AAAA.AAAA`,
  ],
  'the JSON serialisation': (signer) => {
    const [header, body, signature] = tokenOf(signer).split('.');
    return JSON.stringify({ payload: body, protected: header, signature });
  },
  'a type that stands for no subject': (signer) =>
    ['logout+jwt', 'dpop+jwt', 'secevent+jwt', 'JOSE', 'application/secevent+jwt', 1, null, ['JWT']].map((typ) =>
      tokenOf(signer, { header: { typ } }),
    ),
  'another audience': (signer) =>
    [
      'other',
      'weft2',
      'WEFT',
      'weft ',
      '',
      [],
      ['other'],
      [['weft']],
      ['weft', 1],
      { weft: 1 },
      1,
      null,
      undefined,
    ].map((aud) => tokenOf(signer, { claims: { aud } })),
  'another issuer': (signer) =>
    [
      'https://evil.example',
      'https://id.example/',
      'HTTPS://ID.EXAMPLE',
      'https://id.example ',
      ['https://id.example'],
      '__proto__',
      1,
      null,
      undefined,
    ].map((iss) => tokenOf(signer, { claims: { iss } })),
  'an end that is past, or none': (signer) => [
    ...[now - 1, 0, -1, String(now + 600), null, undefined, true, [now + 600]].map((exp) =>
      tokenOf(signer, { claims: { exp } }),
    ),
    tokenOfTexts(signer, withHeader(signer, {}), payload.replace(/"exp":\d+/, '"exp":1e999')),
    tokenOfTexts(signer, withHeader(signer, {}), payload.replace(/"exp":\d+/, '"exp":1e15')),
  ],
  'a beginning that is to come': (signer) =>
    [now + 60, String(now - 60), null, 1e15].map((nbf) => tokenOf(signer, { claims: { nbf } })),
  'no subject': (signer) =>
    [undefined, '', null, 7, ['ada'], { id: 'ada' }].map((sub) => tokenOf(signer, { claims: { sub } })),
  'two subjects, the first or the last of them ours': (signer) => [
    tokenOfTexts(signer, withHeader(signer, {}), payload.replace('"sub":', '"sub":"admin","sub":')),
    tokenOfTexts(signer, withHeader(signer, {}), payload.replace('}', ',"sub":"admin"}')),
    tokenOfTexts(signer, withHeader(signer, {}), payload.replace('}', ',"\\u0073ub":"admin"}')),
    tokenOfTexts(signer, withHeader(signer, {}), payload.replace('}', ',"roles":{"a":1,"a":2}}')),
  ],
  'two algorithms': (signer) => tokenOfTexts(signer, '{"alg":"none","alg":"ES256","kid":"first"}', payload),
  'a payload that is no object': (signer) =>
    ['[]', 'null', '"ada"', '7', '', '{', `[${payload}]`, `${payload}${payload}`].map((text) =>
      tokenOfTexts(signer, withHeader(signer, {}), text),
    ),
  'bytes that are no text, or a mark before it': (signer) => [
    tokenOfTexts(signer, withHeader(signer, {}), Buffer.from(`\ufeff${payload}`)),
    tokenOfTexts(signer, Buffer.from(`\ufeff${withHeader(signer, {})}`), payload),
    tokenOfTexts(
      signer,
      withHeader(signer, {}),
      Buffer.concat([Buffer.from(payload.slice(0, -1)), Buffer.from(',"x":"'), Buffer.from([0xff]), Buffer.from('"}')]),
    ),
    tokenOfTexts(signer, withHeader(signer, {}), Buffer.from(payload, 'utf16le')),
  ],
  'another spelling of the same bytes': (signer) => {
    const token = tokenOf(signer);
    const [header = '', body = '', signature = ''] = token.split('.');
    // 64 bytes leave four bits of the last character without a meaning.
    const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const other = last[last.indexOf(signature.at(-1) ?? '') + 1] ?? '';
    const standard = Buffer.from(signature, 'base64url').toString('base64');
    return [
      `${header}.${body}.${signature.slice(0, -1)}${other}`,
      `${token}=`,
      `${token}==`,
      `${header}=.${body}.${signature}`,
      `${header}.${body}.${standard}`,
    ];
  },
  'more than a token, or less': (signer) => {
    const token = tokenOf(signer);
    return [
      `${token}.`,
      `.${token}`,
      `${token}.${token}`,
      `${token} x`,
      `${token},${token}`,
      `"${token}"`,
      token.slice(0, -4),
      token.slice(0, token.lastIndexOf('.')),
      token.replace('.', '..'),
    ];
  },
  'more than the head of a request may hold': (signer) => tokenOf(signer, { claims: { padding: 'x'.repeat(15_000) } }),
  'a signature of zeros, and none': (signer) => {
    const input = tokenOf(signer).split('.').slice(0, 2).join('.');
    return [
      `${input}.${Buffer.alloc(64).toString('base64url')}`,
      `${input}.${Buffer.alloc(32).toString('base64url')}`,
      `${input}.`,
      input,
    ];
  },
  'the signature of another token': (signer) => {
    const [header, , signature] = tokenOf(signer).split('.');
    return `${header}.${encode(JSON.stringify({ ...good, sub: 'admin' }))}.${signature}`;
  },
};

test('a token with', async (context) => {
  const house = await openHouse(context);
  for (const [what, forge] of Object.entries(attacks)) {
    await context.test(`${what} is refused`, async () => {
      const asked = house.asked();
      for (const token of [forge(house.signer)].flat()) {
        const { status, text } = await house.ask(query, { authorization: `Bearer ${token}` });
        // 431: Node's, for a head that is too large.
        assert.ok(status === 401 || status === 431, `${status} for ${token.slice(0, 400)}`);
        assertNoCanary(text);
      }
      assert.equal(house.asked(), asked);
    });
  }
});

test('a good token is let in: what was refused was refused for what is wrong with it', async (context) => {
  const house = await openHouse(context);
  const { status, text } = await house.ask(query, { authorization: `Bearer ${house.token()}` });
  assert.deepEqual([status, JSON.parse(text)], [200, { data: { secret: canary } }]);
  assert.equal((await house.ask(query)).text.includes(canary), false);
});

test('no variant of a token that is known is taken for it', async (context) => {
  const house = await openHouse(context);
  const token = house.token();
  assert.equal((await house.ask(query, { authorization: `Bearer ${token}` })).status, 200);
  const middle = token.indexOf('.') + 5;
  const swapped = token.slice(0, middle) + (token[middle] === 'A' ? 'B' : 'A') + token.slice(middle + 1);
  for (const authorization of [
    `Bearer ${swapped}`,
    `Bearer ${token}=`,
    `Bearer ${token}.`,
    `Bearer ${token} ${token}`,
    `Bearer${token}`,
    token,
    `Basic ${token}`,
    `Bearer\t${token}`,
    `Bearer ,${token}`,
  ]) {
    const { status, text } = await house.ask(query, { authorization });
    assert.equal(status, 401, authorization);
    assertNoCanary(text);
  }
  assert.equal((await house.ask(query, { authorization: `Bearer ${token}` })).status, 200);
});

test('an address of keys that a token names is not asked', async (context) => {
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.end(JSON.stringify({ keys: [evil.jwk] }));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  context.after(() => server.close());
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  const house = await openHouse(context);
  for (const header of [{ jku: address }, { x5u: address }, { jku: address, kid: 'other' }, { kid: address }]) {
    for (const signer of [evil, house.signer]) {
      const { status, text } = await house.ask(query, { authorization: `Bearer ${tokenOf(signer, { header })}` });
      assert.equal(status, 401);
      assertNoCanary(text);
    }
  }
  assert.equal(asked, 0);
});

test('a token that ends while it is remembered is refused from that moment', async (context) => {
  const house = await openHouse(context);
  const authorization = `Bearer ${house.token({ exp: now + 60 })}`;
  assert.equal((await house.ask(query, { authorization })).status, 200);
  house.clock.ahead += 61_000;
  const { status, text } = await house.ask(query, { authorization });
  assert.equal(status, 401);
  assert.match(text, /"reason":"expired"/);
  assertNoCanary(text);
});
