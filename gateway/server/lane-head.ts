/**
 * Reads the head of a request that is plainly right: a POST to `/graphql` in HTTP/1.1 that wants one answer in JSON, its
 * length stated once, nothing on it that RFC 9112 lets two readers understand differently. It has no opinion on anything
 * else: what it does not take is Node's to read, from its first byte. So it knows no errors, and mends nothing.
 */
import { limits } from '../../mesh/core/limits.ts';
import { graphqlMedia, isJsonContent, jsonMedia, negotiate, type Media } from './media.ts';

export interface LaneHead {
  readonly bodyBytes: number;
  readonly media: NonNullable<Media['single']>;
  readonly authorization: string | undefined;
  readonly purpose: string | undefined;
  /** Headers that go on to subgraphs, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface ReadHead {
  /** Takes a whole head in Latin-1, its empty line included, that begins with `laneStart`; `null`: it is Node's. */
  (head: string): LaneHead | null;
}

export interface HeadOptions {
  /** Names of the headers that go on, in lower case. */
  readonly forward: readonly string[];
  readonly bodyBytesMax: number;
}

/** The one request line that is taken. */
export const laneStart = 'POST /graphql HTTP/1.1\r\n';

/** What one reader of HTTP may see where another sees none, or what asks for more than one answer. */
const refused = (
  'transfer-encoding expect upgrade content-encoding proxy-connection http2-settings trailer set-cookie ' +
  'x-http-method-override'
).split(' ');
/** What is looked at; none of these may come twice. */
const wanted = ['host', 'content-length', 'content-type', 'accept', 'connection', 'authorization', 'weft-purpose'];

const none: Readonly<Record<string, string>> = Object.freeze({});

/** Makes the reader for what a gateway forwards and takes. */
export function createHeadReader({ forward, bodyBytesMax }: HeadOptions): ReadHead {
  const names = [...new Set([...wanted, ...forward])];
  const places = new Map<string, number>(names.map((name, place) => [name, place]));
  for (const name of refused) places.set(name, -1);
  const forwarded = forward.map((name) => ({ name, place: names.indexOf(name) }));

  const pick = (values: readonly (string | undefined)[]): Readonly<Record<string, string>> => {
    if (forwarded.length === 0) return none;
    const picked: Record<string, string> = {};
    for (const { name, place } of forwarded) {
      const value = values[place];
      if (value !== undefined) picked[name] = value;
    }
    return picked;
  };

  return (head) => {
    const values = readFields(head, places);
    if (values === null) return null;
    const [host, length, type, accept, connection, authorization, purpose] = values;
    if (!host || !isKeptAlive(connection) || !isJson(type)) return null;
    const bodyBytes = lengthOf(length);
    const media = mediaOf(accept);
    if (media === null || bodyBytes === 0 || bodyBytes > bodyBytesMax) return null;
    return { bodyBytes, media, authorization, purpose, headers: pick(values) };
  };
}

/** Values by place, of the fields that have one; `null` when a line is out of the ordinary. */
function readFields(head: string, places: ReadonlyMap<string, number>): (string | undefined)[] | null {
  const values: (string | undefined)[] = [];
  const end = head.length - 2;
  let count = 0;
  for (let at = laneStart.length; at < end;) {
    const colon = skip(head, at, nameCharacter);
    const stop = skip(head, colon + 1, valueCharacter);
    const isField = colon > at && head.charCodeAt(colon) === 58 && head.startsWith('\r\n', stop);
    if (!isField || ++count > limits.laneFieldsMax) return null;
    const place = places.get(head.slice(at, colon).toLowerCase());
    at = stop + 2;
    if (place === undefined) continue;
    const value = valueOf(head, colon + 1, stop);
    if (place === -1 || value === null || values[place] !== undefined) return null;
    values[place] = value;
  }
  return values;
}

/** A value after at most one space and with none behind it; `null` otherwise. */
function valueOf(head: string, start: number, end: number): string | null {
  const first = head.charCodeAt(start) === 32 ? start + 1 : start;
  if (first >= end) return '';
  return head.charCodeAt(first) === 32 || head.charCodeAt(end - 1) === 32 ? null : head.slice(first, end);
}

const nameCharacter = 1;
const valueCharacter = 2;
/** RFC 9110, section 5.6.2 (token), and of section 5.5 only visible ASCII and spaces. */
const kinds = Uint8Array.from({ length: 256 }, (_, code) => {
  const character = String.fromCharCode(code);
  const isName = /[\w!#$%&'*+.^`|~-]/.test(character);
  return (isName ? nameCharacter : 0) | (code >= 32 && code < 127 ? valueCharacter : 0);
});

/** Where the run of characters of a kind ends. */
function skip(head: string, from: number, kind: number): number {
  let at = from;
  while (((kinds[head.charCodeAt(at)] ?? 0) & kind) !== 0) at++;
  return at;
}

function isKeptAlive(connection: string | undefined): boolean {
  return connection === undefined || connection === 'keep-alive' || connection.toLowerCase() === 'keep-alive';
}

function isJson(type: string | undefined): boolean {
  return type === jsonMedia || isJsonContent(type);
}

/** 0 for a length that is not stated in the plainest way. */
function lengthOf(text: string | undefined): number {
  return text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : 0;
}

/** Only ranges that say one answer; who reads streams or parts as well is served elsewhere. */
const singleOnly =
  /^(?:(?:application\/(?:graphql-response\+json|json|\*)|\*\/\*)(?:; ?(?:q=[01](?:\.\d{1,3})?|charset=utf-8))*(?:, ?|$))+$/i;

function mediaOf(accept: string | undefined): LaneHead['media'] | null {
  if (accept === undefined || accept === jsonMedia || accept === '*/*') return jsonMedia;
  if (accept === graphqlMedia) return graphqlMedia;
  return singleOnly.test(accept) ? (negotiate(accept)?.single ?? null) : null;
}
