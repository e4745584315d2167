/**
 * The step between the transports and the pipeline that finds the text of a client's document: written out, named by a
 * hash that an earlier request gave (automatic persisted queries), or named by an id of the operator's manifest. The
 * domains' own queries come by `server/mesh.ts` and do not pass here, so a safelist is for clients only.
 */
import { hash } from 'node:crypto';
import type { Config } from '../../mesh/core/config.ts';
import { WeftError } from '../../mesh/core/error.ts';
import { limits } from '../../mesh/core/limits.ts';
import { type Cache, createCache } from '../plan/cache.ts';
import type { Report } from './failure.ts';
import type { ClientRequest, Gateway, OperationRequest, OperationResult } from './operation.ts';
import { refusal } from './refusal.ts';

export interface DocumentsOptions extends Pick<Config['documents'], 'safelist' | 'apq'> {
  /** Texts by id. */
  readonly manifest: ReadonlyMap<string, string>;
}

export interface Documents {
  /**
   * The text to run. Throws `PERSISTED_QUERY_NOT_FOUND`, `PERSISTED_QUERY_NOT_SUPPORTED`, `QUERY_NOT_IN_SAFELIST`, or
   * `BAD_REQUEST` for a hash that is another text's.
   */
  textOf(request: Pick<ClientRequest, 'query' | 'documentId' | 'hash'>): string;
}

/**
 * All clients share what is kept of automatic persisted queries. That crosses nothing between them: a document holds no
 * answer, what it gives is decided anew for each subject, and since the hash is checked nobody can put another text in
 * its place. Whoever can name a document has had its text.
 */
export function createDocuments({ manifest, safelist, apq }: DocumentsOptions): Documents {
  const persisted = new Map(Array.from(manifest, ([id, text]) => [keyOf(id), text]));
  const listed: ReadonlySet<string> | null = safelist ? new Set(manifest.values()) : null;
  const kept: Cache<string> | null = apq
    ? createCache({ bytesMax: limits.persistedQueriesBytesMax, sizeOf: (text) => text.length * 2 })
    : null;
  const find = (key: string): string | undefined => persisted.get(key) ?? kept?.find(key);

  const keep = (text: string, key: string): void => {
    if (find(key) === text) return;
    if (kept === null) throw notSupported();
    // In UTF-8 all lone surrogates are the same bytes: texts with them would share a hash.
    if (!text.isWellFormed() || hash('sha256', text, 'hex') !== key) throw otherText();
    kept.get(key, () => text);
  };

  return {
    textOf({ query, documentId, hash: given }) {
      if (query === null) {
        const text = find(given ?? keyOf(documentId ?? ''));
        if (text !== undefined) return text;
        throw given !== null && kept === null ? notSupported() : notFound();
      }
      if (listed !== null && !listed.has(query)) throw notListed();
      if (given !== null) keep(query, given);
      return query;
    },
  };
}

export interface ClientGatewayOptions {
  readonly documents: Documents;
  readonly report: Report;
}

/** The gateway as the transports see it: a client may name its document. A refusal here is a result like the pipeline's. */
export function createClientGateway(
  gateway: Gateway,
  { documents, report }: ClientGatewayOptions,
): Gateway<ClientRequest> {
  const withText = <Outcome>(
    request: ClientRequest,
    run: (operation: OperationRequest) => Promise<Outcome>,
  ): Promise<Outcome | OperationResult> => {
    let query;
    try {
      query = documents.textOf(request);
    } catch (error) {
      return Promise.resolve(refusal(error, report));
    }
    return run(isWrittenOut(request) ? request : { ...request, query });
  };
  return {
    execute: (request, signal) => withText(request, (operation) => gateway.execute(operation, signal)),
    subscribe: (request, signal) => withText(request, (operation) => gateway.subscribe(operation, signal)),
  };
}

function isWrittenOut(request: ClientRequest): request is ClientRequest & OperationRequest {
  return request.query !== null;
}

/** A SHA-256 hash may say that it is one (GraphQL over HTTP, appendix "Persisted Documents"). */
function keyOf(id: string): string {
  return id.replace(/^sha256:(?=[0-9a-f]{64}$)/, '');
}

/** To the letter what clients of automatic persisted queries look for: they send the text next. */
function notFound(): WeftError {
  return new WeftError('PERSISTED_QUERY_NOT_FOUND', {
    action: 'Cannot find the document by its name',
    details: { errors: [{ message: 'PersistedQueryNotFound' }] },
  });
}

/** To the letter what they look for as well: they send texts without hashes from here on. */
function notSupported(): WeftError {
  return new WeftError('PERSISTED_QUERY_NOT_SUPPORTED', {
    action: 'Cannot take a document by its hash',
    details: { errors: [{ message: 'PersistedQueryNotSupported' }] },
  });
}

function otherText(): WeftError {
  return new WeftError('BAD_REQUEST', {
    action: 'Cannot keep the document under its hash',
    found: '"sha256Hash" of another text',
    wanted: 'the SHA-256 hash of "query", in UTF-8 and to the last byte',
  });
}

function notListed(): WeftError {
  return new WeftError('QUERY_NOT_IN_SAFELIST', {
    action: 'Cannot run the document',
    found: 'a text that is not in the manifest of persisted documents',
    wanted: 'one of those, to the last byte, or its id',
  });
}
