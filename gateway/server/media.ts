/** What a client can read of an answer, from its `Accept` header (GraphQL over HTTP, section "Media Types"). */

/** Media type of an answer whose status tells whether the request itself was good. */
export const graphqlMedia = 'application/graphql-response+json';
/** The older media type: a well-formed request is answered with 200, whatever GraphQL says of it. */
export const jsonMedia = 'application/json';
/** A stream of answers, one an event (WHATWG HTML, server-sent events). */
export const streamMedia = 'text/event-stream';

export interface Media {
  /** How one answer is sent; `null` when the client reads streams only. */
  readonly single: typeof graphqlMedia | typeof jsonMedia | null;
  /** Whether the client reads a stream of answers. */
  readonly stream: boolean;
}

const singles = new Map<string, typeof graphqlMedia | typeof jsonMedia>([
  [graphqlMedia, graphqlMedia],
  [jsonMedia, jsonMedia],
  ['application/*', jsonMedia],
  ['*/*', jsonMedia],
]);

/** The best of what the client accepts: the largest `q`, among equals the first named. `null` when nothing fits. */
export function negotiate(accept: string | undefined): Media | null {
  let single: Media['single'] = accept === undefined ? jsonMedia : null;
  let best = 0;
  let stream = false;
  for (const range of accept?.split(',') ?? []) {
    const { type, quality } = parseRange(range);
    const candidate = singles.get(type);
    if (candidate !== undefined && quality > best) {
      single = candidate;
      best = quality;
    }
    if (type === streamMedia && quality > 0) stream = true;
  }
  return single === null && !stream ? null : { single, stream };
}

/** Whether a request's body is JSON in UTF-8, by its `Content-Type`. */
export function isJsonContent(contentType: string | undefined): boolean {
  if (contentType === undefined) return false;
  const [type, ...parameters] = contentType.toLowerCase().split(';');
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='));
  return type?.trim() === jsonMedia && (charset === undefined || /^charset="?utf-?8"?$/.test(charset));
}

function parseRange(range: string): { readonly type: string; readonly quality: number } {
  const [type = '', ...parameters] = range.toLowerCase().split(';');
  const weight = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('q='));
  return { type: type.trim(), quality: weight === undefined ? 1 : Number(weight.slice(2)) || 0 };
}
