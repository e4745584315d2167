/** The parameters of a GraphQL request, checked for their form: the same over HTTP and WebSocket. */
import { WeftError } from '../../mesh/core/error.ts';
import { isJsonObject, type JsonObject } from '../../mesh/core/json.ts';
import type { ClientRequest } from './operation.ts';

export type Parameters = Pick<ClientRequest, 'query' | 'documentId' | 'hash' | 'operationName' | 'variables'>;

/**
 * The parameters of each operation of a request: one, or a list of as many as may come together. Throws `BAD_REQUEST`, and
 * `LIMIT_EXCEEDED` for a longer list.
 */
export function parseBody(given: unknown, operationsMax: number): Parameters | readonly Parameters[] {
  if (!Array.isArray(given) || operationsMax === 1) return parseParameters(given);
  if (given.length > operationsMax) {
    throw new WeftError('LIMIT_EXCEEDED', {
      action: 'Cannot take the request body',
      found: `${given.length} operations`,
      wanted: `at most ${operationsMax}`,
    });
  }
  if (given.length > 0) return given.map(parseParameters);
  throw new WeftError('BAD_REQUEST', {
    action: 'Cannot take the request body',
    found: 'an empty list',
    wanted: 'an operation in it',
  });
}

/** Throws `BAD_REQUEST` for what is not well-formed. What is `null` counts as not given. */
export function parseParameters(given: unknown): Parameters {
  if (!isJsonObject(given)) {
    throw malformed('the request body', given, 'one JSON object; operations are not taken in batches');
  }
  const { query, documentId, operationName, variables, extensions } = given;
  const hash = parseHash(parseObject(extensions, 'extensions')?.['persistedQuery']);
  return {
    ...parseDocument({ query, documentId, hash }),
    operationName: parseName(operationName, 'operationName'),
    variables: parseObject(variables, 'variables') ?? {},
  };
}

interface GivenDocument {
  readonly query: unknown;
  readonly documentId: unknown;
  readonly hash: string | null;
}

/** Where a document is named, an empty text counts as none: over WebSocket a text must stand there. */
function parseDocument({ query, documentId, hash }: GivenDocument): Pick<Parameters, 'query' | 'documentId' | 'hash'> {
  const id = parseName(documentId, 'documentId');
  const isNamed = id !== null || hash !== null;
  const text = query === null || query === undefined || (query === '' && isNamed) ? null : query;
  if (id !== null && (text !== null || hash !== null)) {
    throw new WeftError('BAD_REQUEST', {
      action: 'Cannot take the parameter "documentId"',
      found: text === null ? 'a hash beside it' : 'a "query" beside it',
      wanted: 'one of them',
    });
  }
  if (typeof text === 'string' || (text === null && isNamed)) return { query: text, documentId: id, hash };
  throw malformed('the parameter "query"', text, 'a string');
}

/** Apollo's protocol of automatic persisted queries, version 1. */
function parseHash(extension: unknown): string | null {
  if (extension === undefined || extension === null) return null;
  const place = 'the extension "persistedQuery"';
  if (!isJsonObject(extension)) throw malformed(place, extension, 'an object');
  const { version, sha256Hash } = extension;
  if (version !== 1) {
    const found = typeof version === 'number' ? `version ${version}` : `${kindOf(version)} for its version`;
    throw new WeftError('BAD_REQUEST', { action: `Cannot take ${place}`, found, wanted: 'version 1' });
  }
  const wanted = '64 hex digits in lower case';
  if (typeof sha256Hash !== 'string') throw malformed(`"sha256Hash" of ${place}`, sha256Hash, wanted);
  if (/^[0-9a-f]{64}$/.test(sha256Hash)) return sha256Hash;
  throw new WeftError('BAD_REQUEST', { action: `Cannot take "sha256Hash" of ${place}`, found: 'other text', wanted });
}

function parseName(given: unknown, name: string): string | null {
  if (given === undefined || given === null || given === '') return null;
  if (typeof given !== 'string') throw malformed(`the parameter "${name}"`, given, 'a string or null');
  return given;
}

function parseObject(given: unknown, name: string): JsonObject | null {
  if (given === undefined || given === null) return null;
  if (!isJsonObject(given)) throw malformed(`the parameter "${name}"`, given, 'an object or null');
  return given;
}

function malformed(place: string, given: unknown, wanted: string): WeftError {
  return new WeftError('BAD_REQUEST', { action: `Cannot take ${place}`, found: kindOf(given), wanted });
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
