/** Streams of HTTP requests, right and wrong, and the places where they are cut: what a property test sends to servers. */
import fc from 'fast-check';

/** A stream by its requests, as its author saw them, and by the pieces in which it is sent. */
export interface ByteStream {
  readonly requests: readonly Buffer[];
  readonly pieces: readonly Buffer[];
}

const json = 'content-type: application/json';
const bodies = [
  '{"query":"{ hello }"}',
  '{"query":"{ whoami purpose header(name: \\"x-tenant\\") }"}',
  '{"query":"query A($n: String) { hello(name: $n) }","variables":{"n":"é€😀"}}',
  '{"query":"mutation { rename(name: \\"x\\") }"}',
  '{"query":"subscription { count(to: 2) }"}',
  '{"query":"{ nope }"}',
  '{"query":',
  '[]',
  `{"query":"{ hello(name: \\"${'x'.repeat(6_000)}\\") }"}`,
  'GET /graphql?query={whoami} HTTP/1.1\r\nhost: x\r\n\r\n',
  '',
];
const lines = [
  'accept: application/json',
  'Accept: application/graphql-response+json, application/json;q=0.5',
  'accept: */*',
  'accept: text/event-stream;q=0.1, application/json',
  'accept: text/html',
  'authorization: Mock ada',
  'Authorization: Mock nobody',
  'weft-purpose: audit',
  'x-tenant: acme',
  'X-Tenant:  two  spaces ',
  'x-tenant:',
  'connection: keep-alive',
  'connection: x-tenant',
  'user-agent: any/1.0 (thing; other)',
  'content-encoding: identity',
  '__proto__: a',
  'expect: 100-continue',
  'upgrade: h2c',
];
/** What two readers could understand differently, or should refuse. */
const traps = [
  'content-length: 5',
  'Content-Length: 0',
  'content-length: +21',
  'content-length: 21, 21',
  'transfer-encoding: chunked',
  'Transfer-Encoding: identity',
  'transfer-encoding : chunked',
  'host: y',
  'x-tenant: a\r\n folded',
  ' leading: space',
  'x-tenant : a',
  'x-tenant: a\nx-other: b',
  'x-tenant: a\rb',
  'x-tenant: a\0b',
  'x-tenant: \u00e9',
  'no colon here',
  ': no name',
  'x-ten\u0001ant: a',
  'connection: close',
  'content-type: text/plain',
];
const starts = [
  'POST /graphql?a=b HTTP/1.1',
  'POST http://x/graphql HTTP/1.1',
  'POST /graphql HTTP/1.0',
  'POST /graphql HTTP/1.2',
  'POST  /graphql HTTP/1.1',
  'post /graphql HTTP/1.1',
  'GET /graphql?query={hello} HTTP/1.1',
  'PUT /graphql HTTP/1.1',
  'POST /other HTTP/1.1',
  '\r\nPOST /graphql HTTP/1.1',
  ' POST /graphql HTTP/1.1',
  'POST /graphql HTTP/1.1\n',
];

const start = fc.oneof(
  { weight: 12, arbitrary: fc.constant('POST /graphql HTTP/1.1') },
  { weight: 1, arbitrary: fc.constantFrom(...starts) },
);
const trap = fc.oneof(
  { weight: 6, arbitrary: fc.constant<readonly string[]>([]) },
  { weight: 1, arbitrary: fc.constantFrom(...traps).map((line) => [line]) },
);

const request = fc
  .record({
    start,
    body: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...bodies.slice(0, 3)) },
      { weight: 1, arbitrary: fc.constantFrom(...bodies) },
    ),
    lines: fc.uniqueArray(fc.constantFrom(...lines), {
      maxLength: 3,
      selector: (line) => line.split(':')[0]?.toLowerCase(),
    }),
    trap,
    isChunked: fc.integer({ min: 0, max: 15 }).map((die) => die === 0),
    off: fc.integer({ min: -12, max: 12 }).map((die) => (Math.abs(die) === 12 ? Math.sign(die) : 0)),
    order: fc.integer({ min: 0, max: 9 }),
  })
  .map(({ start: line, body, lines: some, trap: bad, isChunked, off, order }) => {
    const size = Buffer.byteLength(body);
    const framing = isChunked ? 'transfer-encoding: chunked' : `Content-Length: ${size + off}`;
    const fields = ['Host: x', json, framing, ...some, ...bad];
    const turned = [...fields.slice(order % fields.length), ...fields.slice(0, order % fields.length)];
    const sent = isChunked ? `${size.toString(16)}\r\n${body}\r\n0\r\n\r\n` : body;
    return Buffer.from(
      `${line}\r\n${turned.join('\r\n')}\r\n\r\n${sent}`,
      bad.includes('x-tenant: \u00e9') ? 'latin1' : 'utf8',
    );
  });

/** Now and then one byte is another. */
const garbled = fc
  .record({ bytes: request, at: fc.nat(400), byte: fc.nat(255), die: fc.nat(9) })
  .map(({ bytes, at, byte, die }) => {
    const copy = Buffer.from(bytes);
    if (die === 0 && at < copy.length) copy[at] = byte;
    return copy;
  });

const last = Buffer.from('GET /end HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');

export const streams: fc.Arbitrary<ByteStream> = fc
  .record({ some: fc.array(garbled, { minLength: 1, maxLength: 5 }), cuts: fc.array(fc.nat(10_000), { maxLength: 6 }) })
  .map(({ some, cuts }) => {
    const requests = [...some, last];
    const bytes = Buffer.concat(requests);
    const places = [...new Set([0, ...cuts.map((cut) => cut % bytes.length), bytes.length])].toSorted((a, b) => a - b);
    const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
    return { requests, pieces };
  });
