/** Which of a client's headers go on to subgraphs: those that configuration names, and never one that belongs to the connection. */
import { WeftError } from '../../mesh/core/error.ts';

export interface PickHeaders {
  (headers: Readonly<Record<string, string | readonly string[] | undefined>>): Readonly<Record<string, string>>;
}

/** Hop-by-hop (RFC 9110, section 7.6.1), or of the message itself. */
const unforwardable = new Set(
  (
    'connection keep-alive te trailer transfer-encoding upgrade http2-settings ' +
    'host content-length content-type content-encoding accept-encoding expect'
  ).split(' '),
);
/** What a gateway says to a subgraph, a proxy to the next, two ends of a socket to each other. */
const unforwardableStarts = ['weft-', 'proxy-', 'sec-websocket-'];

/** Throws `CONFIG_INVALID` for a header that must not be forwarded. Names are matched in any case and given in lower case. */
export function createHeaderPicker(forward: readonly string[]): PickHeaders {
  const names = forward.map((name) => name.toLowerCase());
  const wrong = names.find(
    (name) => unforwardable.has(name) || unforwardableStarts.some((start) => name.startsWith(start)),
  );
  if (wrong !== undefined) {
    throw new WeftError('CONFIG_INVALID', {
      action: `Cannot forward the header "${wrong}" to subgraphs`,
      found: 'a header that ends at the gateway',
      fix: 'Remove it from headers.forward.',
    });
  }
  return (headers) => {
    const dropped = namedByConnection(headers['connection']);
    const picked: Record<string, string> = {};
    for (const name of names) {
      const value = headers[name];
      if (typeof value === 'string' && !dropped.includes(name)) picked[name] = value;
    }
    return picked;
  };
}

/** A sender may declare more headers to be hop-by-hop. */
function namedByConnection(connection: string | readonly string[] | undefined): readonly string[] {
  if (typeof connection !== 'string' || connection === 'keep-alive') return [];
  return connection.toLowerCase().split(/\s*,\s*/);
}
