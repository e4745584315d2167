/**
 * Reads `weft.yaml`, puts environment variables in place and checks it against `weft.schema.json`, the same schema that
 * editors use. Every mistake of a file is reported at once, each at its line.
 */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

import { Ajv, type ErrorObject } from 'ajv';

import schema from '../weft.schema.json' with { type: 'json' };
import { type ErrorParts, WeftError, messageOf } from '../mesh/core/error.ts';
import type { Json } from '../mesh/core/json.ts';
import { suggest } from './suggest.ts';
import { type YamlFile, type YamlPath, type YamlText, parseYaml } from './yaml.ts';

/** The file as its author writes it. `weft.schema.json` says what each key means. */
export interface ConfigFile {
  readonly host?: string;
  readonly port?: number;
  readonly data?: string;
  readonly supergraph?: { readonly poll?: string; readonly headers?: Readonly<Record<string, string>> };
  readonly subgraphs?: Readonly<
    Record<
      string,
      {
        readonly routing_url: string;
        readonly schema?: { readonly file: string };
        readonly timeout?: string;
        readonly subscriptions?: { readonly protocol?: 'ws' | 'sse' | 'multipart'; readonly url?: string };
        readonly context?: boolean;
        readonly appliesFilters?: boolean;
      }
    >
  >;
  readonly domains?: Readonly<Record<string, { readonly variables?: Readonly<Record<string, Json>> }>>;
  readonly auth?: {
    readonly jwt?: {
      readonly issuers: readonly { readonly issuer: string; readonly jwks: string; readonly audiences: string[] }[];
    };
    readonly claims?: Readonly<Partial<Record<'subject' | 'roles' | 'scopes' | 'purposes' | 'domain', string>>>;
  };
  readonly headers?: { readonly forward?: readonly string[] };
  readonly ws?: { readonly origins?: readonly string[] };
  readonly override?: { readonly labels?: readonly string[] };
  readonly policy?: Readonly<
    Partial<Record<'file' | 'agreements' | 'subjects' | 'secret' | 'auditSecret' | 'record' | 'contextKey', string>>
  > & {
    readonly introspection?: 'filtered' | 'full';
    readonly hideExistence?: boolean;
    readonly acknowledgeWeakening?: boolean;
    readonly contextClaims?: readonly string[];
  };
  readonly gateway?: { readonly jwks?: string };
  readonly documents?: { readonly manifest?: string; readonly safelist?: boolean; readonly apq?: boolean };
  readonly timeouts?: Readonly<Partial<Record<'request' | 'subgraph', string>>>;
  readonly retries?: Readonly<Partial<Record<'max' | 'budget', number>>>;
  readonly breaker?: { readonly enabled?: boolean } & Readonly<Partial<Record<'errors' | 'calls', number>>> &
    Readonly<Partial<Record<'window' | 'wait', string>>>;
  readonly limits?: Readonly<Partial<Record<'body' | 'response', string>>> &
    Readonly<Partial<Record<LimitName, number>>>;
  readonly traffic?: { readonly shareRequests?: boolean };
  readonly stores?: { readonly neo4j?: string };
}

/** Limits that are plain numbers. */
type LimitName =
  | 'batch'
  | 'tokens'
  | 'depth'
  | 'aliases'
  | 'rootFields'
  | 'directives'
  | 'cost'
  | 'listSize'
  | 'listItems'
  | 'inputDepth';

/** Asks for an environment variable; `undefined` when it is not set. */
export type ReadEnvironment = (name: string) => string | undefined;

const validate = new Ajv({ allErrors: true, verbose: true }).compile<ConfigFile>(schema);

/**
 * The checked content of a config file. Throws `CONFIG_INVALID`: for one mistake with its place; for several with an
 * `AggregateError` of them, in the file's order, as the cause.
 */
export function readConfigFile(path: string, readEnvironment: ReadEnvironment): ConfigFile {
  const file = relative('', path) || path;
  const mistakes: WeftError[] = [];
  const replace = (text: YamlText): string | number | boolean => {
    try {
      return interpolate(text, readEnvironment);
    } catch (error) {
      mistakes.push(asMistake(error));
      return text.text;
    }
  };
  const yaml = parseYaml(readText(path, file), { file, replace });
  const content = yaml.value ?? {};
  // A variable that is missing would be reported a second time, for the text left in its place.
  if (mistakes.length === 0 && validate(content)) return content;
  throw oneOf(mistakes.length > 0 ? mistakes : complaints().map((error) => mistakeOf(error, yaml)), file);
}

function readText(path: string, file: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new WeftError('CONFIG_INVALID', {
      action: `Cannot read config file "${file}"`,
      found: messageOf(error),
      fix: 'Name a file that can be read with --config or WEFT_CONFIG, or leave both away.',
      at: { file },
      cause: error,
    });
  }
}

/** Puts variables in place. A text without quotes becomes a number or a truth value where the schema wants one. */
function interpolate({ text, path, plain, at }: YamlText, readEnvironment: ReadEnvironment): string | number | boolean {
  if (!text.includes('${')) return text;
  const filled = text.replaceAll(/\$\{([^}]*)\}?/g, (whole, inside: string) => {
    const [, name, fallback] = /^env\.([A-Za-z_]\w*)(?::-(.*))?$/s.exec(inside) ?? [];
    if (name === undefined || !whole.endsWith('}')) {
      throw invalid({ action: 'Cannot put a variable in place', found: `"${whole}"`, wanted: '"${env.NAME}"', at });
    }
    const value = readEnvironment(name) ?? fallback;
    if (value !== undefined) return value;
    throw invalid({
      action: `Cannot put environment variable "${name}" in place`,
      found: 'that it is not set',
      fix: `Set it, or write a default: \${env.${name}:-default}.`,
      at,
    });
  });
  if (!plain || schemaAt(path)?.type === 'string') return filled;
  if (/^-?\d+(\.\d+)?$/.test(filled)) return Number(filled);
  return filled === 'true' || filled === 'false' ? filled === 'true' : filled;
}

interface SchemaNode {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
}

function schemaAt(path: YamlPath): SchemaNode | undefined {
  let node: SchemaNode | undefined = schema;
  for (const step of path) {
    const rest: SchemaNode | boolean | undefined = node?.additionalProperties;
    node = node?.properties?.[step] ?? node?.items ?? (typeof rest === 'object' ? rest : undefined);
  }
  return node;
}

/** What the schema has against the content that was checked last. */
function complaints(): readonly ErrorObject[] {
  // For a name Ajv complains of the pattern that it breaks and once more of the name as a whole.
  return (validate.errors ?? []).filter(({ keyword }) => keyword !== 'propertyNames');
}

/** The schema's complaint in our words, at the place that it is about. */
function mistakeOf(error: ErrorObject, yaml: YamlFile): WeftError {
  const path = error.instancePath.split('/').slice(1).map(unescapePointer);
  const action = (at: YamlPath) => `Cannot use ${at.length === 0 ? 'the file' : `"${at.join('.')}"`}`;
  if (error.keyword === 'additionalProperties') {
    const key = String(error.params['additionalProperty']);
    const known = Object.keys(schemaAt(path)?.properties ?? {});
    return invalid({
      action: action([...path, key]),
      found: `an unknown key "${key}"`,
      wanted: `one of ${known.join(', ')}`,
      fix: suggest(key, known),
      at: yaml.placeOf([...path, key], 'key'),
    });
  }
  if (error.keyword === 'required') {
    const key = String(error.params['missingProperty']);
    return invalid({
      action: action(path),
      found: `no "${key}"`,
      wanted: `a "${key}" in it`,
      at: yaml.placeOf(path, 'key'),
    });
  }
  const name = error.propertyName;
  return invalid({
    action: action(name === undefined ? path : [...path, name]),
    found: name === undefined ? found(yaml.sourceOf(path)) : `the name "${name}"`,
    wanted: wanted(error),
    at: name === undefined ? yaml.placeOf(path) : yaml.placeOf([...path, name], 'key'),
  });
}

function wanted({ keyword, params, parentSchema }: ErrorObject): string {
  const examples: unknown = parentSchema?.['examples'];
  if (Array.isArray(examples)) return `the like of ${examples.map((example) => `"${example}"`).join(' or ')}`;
  switch (keyword) {
    case 'type':
      return typeNames[String(params['type'])] ?? String(params['type']);
    case 'minimum':
      return `${params['limit']} at least`;
    case 'maximum':
      return `${params['limit']} at most`;
    default:
      return 'something that is not empty';
  }
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'keys with values',
  array: 'a list',
};

function found(source: string): string {
  const [line = '', ...more] = source.split('\n');
  if (line === '') return 'nothing';
  return more.length > 0 || line.length > 60 ? `"${line.slice(0, 60)} …"` : line.replace(/^(?!["']).*$/, '"$&"');
}

function unescapePointer(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

function invalid(parts: ErrorParts): WeftError {
  return new WeftError('CONFIG_INVALID', parts);
}

function asMistake(error: unknown): WeftError {
  if (error instanceof WeftError) return error;
  throw error;
}

function oneOf(mistakes: readonly WeftError[], file: string): WeftError {
  const sorted = mistakes.toSorted(
    (a, b) => (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0),
  );
  const [first] = sorted;
  if (first !== undefined && sorted.length === 1) return first;
  return invalid({
    action: `Cannot use config file "${file}"`,
    found: `${sorted.length} mistakes`,
    at: { file },
    cause: new AggregateError(sorted),
  });
}
