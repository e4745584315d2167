/** Reads documents, each once for all who are told the same of the schema. */
import type { GraphQLSchema } from 'graphql';
import { isWeftError } from '../../mesh/core/error.ts';
import { limits } from '../../mesh/core/limits.ts';
import { type Cache, createCache } from '../plan/cache.ts';
import { type DocumentOptions, type ParsedDocument, parseDocument, unfitDocument } from '../plan/document.ts';
import type { Disclosed } from './disclosure.ts';

/** A document that is known by a number: those that are held against different schemas have different ones. */
export interface NumberedDocument extends ParsedDocument {
  readonly number: number;
}

/** Throws as `parseDocument` does. What is wrong with a document is said by what is disclosed of the schema. */
export interface Reader {
  (text: string, disclosed: Disclosed): NumberedDocument;
}

export function createReader(options: Pick<DocumentOptions, 'schema' | 'limits'>): Reader {
  const create = (): Cache<NumberedDocument> =>
    createCache({ bytesMax: limits.documentCacheBytesMax, sizeOf: ({ text }) => text.length * 40 });
  const [documents, held] = [create(), create()];
  let count = 0;
  const parse = (text: string, schema: GraphQLSchema): NumberedDocument => ({
    ...parseDocument(text, { ...options, schema }),
    number: ++count,
  });

  return (text, disclosed) => {
    const schema = disclosed.held();
    // A text that fits what one subject sees of the schema is no other's document.
    if (schema !== null) {
      return held.get(`${disclosed.sign()}\n${text}`, () => {
        parseDocument(text, { ...options, schema });
        return orUnfit(() => parse(text, options.schema));
      });
    }
    return documents.get(text, () => {
      try {
        return parse(text, options.schema);
      } catch (error) {
        throw inWordsOf(disclosed.schema(), error, { ...options, text });
      }
    });
  };
}

interface Misfit extends Pick<DocumentOptions, 'schema' | 'limits'> {
  readonly text: string;
}

/** The same complaint by somebody who knows of nothing else than that schema. */
function inWordsOf(schema: GraphQLSchema, error: unknown, { text, ...options }: Misfit): unknown {
  if (schema === options.schema || !isWeftError(error, 'GRAPHQL_VALIDATION_FAILED')) return error;
  try {
    parseDocument(text, { ...options, schema });
    return unfitDocument();
  } catch (other) {
    return other;
  }
}

/** It fits what the subject sees: whatever does not fit beyond that is not for it to know. */
function orUnfit<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw isWeftError(error, 'GRAPHQL_VALIDATION_FAILED') ? unfitDocument() : error;
  }
}
