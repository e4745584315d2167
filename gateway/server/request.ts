/**
 * Reads the parameters of a GraphQL request off HTTP (GraphQL over HTTP, section "Request") and refuses what is not
 * well-formed before anything of GraphQL is looked at.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { WeftError } from '../../mesh/core/error.ts';
import { parseJson } from './body.ts';
import { isJsonContent } from './media.ts';
import type { RequestLimits } from '../../mesh/core/config.ts';
import { parseBody, parseParameters, type Parameters } from './parameters.ts';

/** Headers that a browser sends to another site only after that site has agreed (Fetch, "CORS-preflight request"). */
const preflightHeaders = ['weft-require-preflight', 'apollo-require-preflight', 'x-apollo-operation-name'];

/**
 * Parameters of a POST: one JSON object, or a list of them. Throws `UNSUPPORTED_MEDIA_TYPE`, `REQUEST_TOO_LARGE`,
 * `LIMIT_EXCEEDED` or `BAD_REQUEST`.
 */
export async function readBody(
  request: IncomingMessage,
  { bodyBytes, batch }: Pick<RequestLimits, 'bodyBytes' | 'batch'>,
): Promise<Parameters | readonly Parameters[]> {
  const { 'content-type': type, 'content-encoding': encoding = 'identity' } = request.headers;
  if (!isJsonContent(type) || encoding !== 'identity') {
    throw new WeftError('UNSUPPORTED_MEDIA_TYPE', {
      action: 'Cannot read the request body',
      found: `content-type "${type ?? ''}"${encoding === 'identity' ? '' : ` in content-encoding "${encoding}"`}`,
      wanted: '"application/json" in UTF-8, not encoded',
    });
  }
  return parseBody(parseJson(await collect(request, bodyBytes), 'the request body'), batch);
}

/** Parameters of a GET, from the text after `?`. Throws `BAD_REQUEST`. */
export function readSearch(search: string, headers: IncomingHttpHeaders): Parameters {
  assertNotForged(headers);
  const given = new URLSearchParams(search);
  return parseParameters({
    query: given.get('query'),
    documentId: given.get('documentId'),
    operationName: given.get('operationName'),
    variables: parseJson(given.get('variables') || 'null', 'the parameter "variables"'),
    extensions: parseJson(given.get('extensions') || 'null', 'the parameter "extensions"'),
  });
}

/**
 * Another site can make a browser send a GET, and learn something from how long it takes. Browsers say so themselves
 * (Fetch Metadata); clients that are no browsers say nothing and need no extra header, as GraphQL over HTTP wants it.
 * A POST needs no such care: its content type already forces a preflight.
 */
function assertNotForged(headers: IncomingHttpHeaders): void {
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return;
  if (preflightHeaders.some((name) => headers[name] !== undefined)) return;
  throw new WeftError('BAD_REQUEST', {
    action: 'Cannot run an operation by GET for a page of another site',
    found: `"sec-fetch-site: ${String(site)}"`,
    fix: 'Use POST, or send a header "weft-require-preflight".',
  });
}

function collect(request: IncomingMessage, bytesMax: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const refuse = (): void => {
      request.removeAllListeners('data');
      reject(tooLarge(bytesMax));
    };
    if (Number(request.headers['content-length']) > bytesMax) return refuse();
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bytesMax) refuse();
      else chunks.push(chunk);
    });
    request.once('end', () => resolve(chunks.length === 1 ? String(chunks[0]) : String(Buffer.concat(chunks))));
    request.once('error', reject);
  });
}

function tooLarge(bytesMax: number): WeftError {
  return new WeftError('REQUEST_TOO_LARGE', {
    action: 'Cannot read the request body',
    found: `more than ${bytesMax} bytes`,
    wanted: 'at most that many',
  });
}
