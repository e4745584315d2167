/** Writes HTTP/1.1 requests to a subgraph: one string a request, one character a byte, most of it made beforehand. */

export interface WriteRequest {
  /** Head and body. Throws `TypeError` for a header that cannot be sent as it is. */
  (body: string, headers: Readonly<Record<string, string>>): string;
}

/** What the client says itself, or says nothing of: a forwarded header does not take its place. */
const own = new Set(
  (
    'host connection keep-alive proxy-connection te trailer transfer-encoding upgrade expect ' +
    'content-length content-type content-encoding accept accept-encoding'
  ).split(' '),
);

export function createRequestWriter(url: URL): WriteRequest {
  const start =
    `POST ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\ncontent-type: application/json\r\n` +
    'accept: application/graphql-response+json, application/json;q=0.9\r\n';
  return (body, headers) => {
    let lines = '';
    for (const name in headers) lines += writeHeader(name, headers[name] ?? '');
    const size = Buffer.byteLength(body);
    const bytes = size === body.length ? body : Buffer.from(body).toString('latin1');
    return `${start}${lines}content-length: ${size}\r\n\r\n${bytes}`;
  };
}

/** The headers that go on with a request that another client writes. Throws `TypeError` as a request writer does. */
export function sendableHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(
      // How a socket opens is between its two ends (RFC 6455, section 11.3).
      ([name, value]) => writeHeader(name, value) !== '' && !/^sec-websocket-/i.test(name),
    ),
  );
}

function writeHeader(name: string, value: string): string {
  if (own.has(name.toLowerCase())) return '';
  // RFC 9110, section 5.5: a value that could end its line would begin another header, or another request.
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value))
    throw new TypeError('The header cannot be sent.');
  return `${name}: ${value}\r\n`;
}
