/** What a client can read of an answer, from its `Accept` header (GraphQL over HTTP, section "Media Types"). */

/** Media type of an answer whose status tells whether the request itself was good. */
export const graphqlMedia = 'application/graphql-response+json';
/** The older media type: a well-formed request is answered with 200, whatever GraphQL says of it. */
export const jsonMedia = 'application/json';
/** A stream of answers, one an event (WHATWG HTML, server-sent events). */
export const streamMedia = 'text/event-stream';
/** Answers, or parts of one, as the parts of a message (RFC 2046, section 5.1); parameters say by which protocol. */
export const multipartMedia = 'multipart/mixed';

/** How more than one text is sent. */
export type StreamMedia = typeof streamMedia | typeof multipartMedia;

/** What the client reads, the best of each kind; `null` when there is none. */
export interface Media {
  /** One answer. */
  readonly single: typeof graphqlMedia | typeof jsonMedia | null;
  /** The answers of a subscription; several parts: Apollo's `subscriptionSpec=1.0`. */
  readonly events: StreamMedia | null;
  /** One answer in parts, as `@defer` makes them; several parts: `deferSpec=20220824`. */
  readonly parts: StreamMedia | null;
}

type Kind = keyof Media;
type Offer = { readonly [Of in Kind]?: NonNullable<Media[Of]> };

const offers: ReadonlyMap<string, Offer> = new Map<string, Offer>([
  [graphqlMedia, { single: graphqlMedia }],
  [jsonMedia, { single: jsonMedia }],
  ['application/*', { single: jsonMedia }],
  ['*/*', { single: jsonMedia }],
  [streamMedia, { events: streamMedia, parts: streamMedia }],
  [`${multipartMedia};subscriptionspec=1.0`, { events: multipartMedia }],
  [`${multipartMedia};deferspec=20220824`, { parts: multipartMedia }],
]);

/** The best of what the client accepts: the largest `q`, among equals the first named. `null` when nothing fits. */
export function negotiate(accept: string | undefined): Media | null {
  if (accept === undefined) return { single: jsonMedia, events: null, parts: null };
  const best: { [Of in Kind]: Media[Of] } = { single: null, events: null, parts: null };
  const qualities = { single: 0, events: 0, parts: 0 };
  for (const range of splitQuoted(accept.toLowerCase(), ',')) {
    const { types, quality } = parseRange(range);
    for (const type of types) {
      const offer = offers.get(type);
      for (const kind in offer) take(kind as Kind, offer, quality);
    }
  }
  return (best.single ?? best.events ?? best.parts) ? best : null;

  function take<Of extends Kind>(kind: Of, offer: Offer, quality: number): void {
    const media = offer[kind];
    if (media === undefined || quality <= qualities[kind]) return;
    best[kind] = media;
    qualities[kind] = quality;
  }
}

/** Whether a request's body is JSON in UTF-8, by its `Content-Type`. */
export function isJsonContent(contentType: string | undefined): boolean {
  if (contentType === undefined) return false;
  const [type, ...parameters] = contentType.toLowerCase().split(';');
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='));
  return type?.trim() === jsonMedia && (charset === undefined || /^charset="?utf-?8"?$/.test(charset));
}

/** The types that a range may stand for: those of the multipart protocols are told apart by a parameter. */
function parseRange(range: string): { readonly types: readonly string[]; readonly quality: number } {
  const [first = '', ...rest] = splitQuoted(range, ';');
  const type = first.trim();
  const parameters = rest.map((parameter) => parameter.trim().replaceAll('"', ''));
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = weight === undefined ? 1 : Number(weight.slice(2)) || 0;
  return { types: type === multipartMedia ? parameters.map((parameter) => `${type};${parameter}`) : [type], quality };
}

/** The text cut at a mark, but not where the mark is inside of quotes. */
function splitQuoted(text: string, mark: ',' | ';'): readonly string[] {
  if (!text.includes('"')) return text.split(mark);
  return text.match(mark === ',' ? /(?:[^,"]|"[^"]*"?)+/g : /(?:[^;"]|"[^"]*"?)+/g) ?? [];
}
