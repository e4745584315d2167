/** What a subgraph answered over HTTP: kept as bytes, and read when somebody asks what it says. */
import { isUtf8 } from 'node:buffer';
import { WeftError } from '../../mesh/core/error.ts';
import { type JsonObject, isJsonObject } from '../../mesh/core/json.ts';
import type { SubgraphError, SubgraphResponse } from '../../mesh/core/subgraph.ts';
import { isBloated } from './bloat.ts';
import { readErrors } from './reported.ts';

/** Whoever reads `data` may change it: two readers each take an answer of their own with `fresh`. */
export class BytesResponse implements SubgraphResponse {
  readonly bytes: Uint8Array;
  readonly #subgraph: string;
  #read: ReadResponse | null = null;

  constructor(bytes: Uint8Array, subgraph: string) {
    this.bytes = bytes;
    this.#subgraph = subgraph;
  }

  /** Throws `SUBGRAPH_INVALID_RESPONSE` for what is no GraphQL response (GraphQL specification, section 7.1). */
  get data(): JsonObject | null {
    return this.#response().data;
  }

  get errors(): readonly SubgraphError[] {
    return this.#response().errors;
  }

  get plain(): boolean {
    return this.#response().plain;
  }

  fresh(): BytesResponse {
    return new BytesResponse(this.bytes, this.#subgraph);
  }

  #response(): ReadResponse {
    return (this.#read ??= readResponse(this.bytes, this.#subgraph));
  }
}

interface ReadResponse {
  readonly data: JsonObject | null;
  readonly errors: readonly SubgraphError[];
  readonly plain: boolean;
}

function readResponse(bytes: Uint8Array, subgraph: string): ReadResponse {
  if (bytes.length === 0) throw invalid(subgraph, 'answered without a body');
  if (isBloated(bytes)) throw invalid(subgraph, 'answered with more lists and objects than can be taken');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  // Bytes that are no text were replaced by this character; only where it stands they are looked at again.
  if (text.includes('\ufffd') && !isUtf8(bytes)) throw invalid(subgraph, 'answered with bytes that are no UTF-8');
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch (error) {
    throw invalid(subgraph, 'answered with something that is no JSON', error);
  }
  return checkAnswer(answer, { subgraph, plain: !text.includes('\\') });
}

/** A parsed answer; `plain`: its text held no backslash. Throws `SUBGRAPH_INVALID_RESPONSE` as reading bytes does. */
export function checkAnswer(
  answer: unknown,
  { subgraph, plain }: { readonly subgraph: string; readonly plain: boolean },
): ReadResponse {
  if (!isJsonObject(answer)) throw invalid(subgraph, 'answered with something that is no GraphQL response');
  const { data = null, errors = null } = answer;
  if (errors !== null && !Array.isArray(errors)) throw invalid(subgraph, 'answered with errors that are no list');
  if (data === null) {
    // GraphQL specification, section 7.1: without data there is an error that says why.
    if (errors === null || errors.length === 0) throw invalid(subgraph, 'answered with neither data nor errors');
  } else if (!isJsonObject(data)) throw invalid(subgraph, 'answered with data that is no object');
  return { data, errors: errors === null ? [] : readErrors(errors), plain };
}

function invalid(subgraph: string, what: string, cause?: unknown): WeftError {
  return new WeftError('SUBGRAPH_INVALID_RESPONSE', { action: `Subgraph "${subgraph}" ${what}`, cause });
}
