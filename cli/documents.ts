/** The manifest of persisted documents, in Apollo's form or as a plain map of ids to texts. */
import { readFileSync } from 'node:fs';
import type { DocumentsConfig } from '../mesh/core/config.ts';
import { WeftError, messageOf } from '../mesh/core/error.ts';
import { type JsonObject, isJsonObject } from '../mesh/core/json.ts';

const apolloFormat = 'apollo-persisted-query-manifest';

/** Texts by id; none without a manifest. Throws `CONFIG_INVALID`, also for a safelist of nothing. */
export function readManifest({ manifest: file, safelist }: DocumentsConfig): ReadonlyMap<string, string> {
  if (file === null && !safelist) return new Map();
  if (file === null) {
    throw new WeftError('CONFIG_INVALID', {
      action: 'Cannot keep clients to a safelist',
      found: 'no manifest',
      wanted: 'the documents that they may run',
      fix: 'Name the file in documents.manifest, or remove documents.safelist.',
    });
  }
  const content = parseFile(file);
  if (!isJsonObject(content)) throw refuse(file, 'no JSON object');
  const texts = new Map<string, string>();
  for (const { place, id, body } of 'format' in content ? operationsOf(content, file) : entriesOf(content)) {
    if (typeof id !== 'string' || id === '') throw refuse(file, `${place} without an id`);
    if (typeof body !== 'string' || body === '') throw refuse(file, `${place} without a text`);
    if (texts.has(id)) throw refuse(file, `the id "${id}" twice`);
    texts.set(id, body);
  }
  return texts;
}

interface Entry {
  /** How a message calls it. */
  readonly place: string;
  readonly id: unknown;
  readonly body: unknown;
}

function entriesOf(content: JsonObject): readonly Entry[] {
  return Object.entries(content).map(([id, body]) => ({ place: id === '' ? 'a text' : `the id "${id}"`, id, body }));
}

function operationsOf({ format, version, operations }: JsonObject, file: string): readonly Entry[] {
  if (format !== apolloFormat) throw refuse(file, `the format ${JSON.stringify(format)}`);
  if (version !== 1) throw refuse(file, `the version ${JSON.stringify(version) ?? 'undefined'}`);
  if (!Array.isArray(operations)) throw refuse(file, 'no list of operations');
  return operations.map((operation: unknown, index) => {
    const { id, body } = isJsonObject(operation) ? operation : {};
    return { place: `operation ${index + 1}`, id, body };
  });
}

function parseFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw refuse(file, messageOf(cause), cause);
  }
}

function refuse(file: string, found: string, cause?: unknown): WeftError {
  return new WeftError('CONFIG_INVALID', {
    action: `Cannot read persisted documents from "${file}"`,
    found,
    wanted: `{ "format": "${apolloFormat}", "version": 1, "operations": [{ "id", "body" }] }, or a map of ids to texts`,
    at: { file },
    cause,
  });
}
