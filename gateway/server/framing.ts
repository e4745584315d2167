/** How a stream of JSON texts is put into bytes: what differs between the protocols that carry one over HTTP. */
import { multipartMedia, streamMedia, type StreamMedia } from './media.ts';
import type { OperationStream } from './operation.ts';

export interface Framing {
  readonly contentType: string;
  /** Sent at once, so that the client knows that the stream stands. */
  readonly opening: string;
  /** Sent now and then to a client that waits; `null` where the protocol has none. */
  readonly heartbeat: string | null;
  /** Frames an answer, or a part of one. */
  frame(text: string): string;
  /** Frames what ended the stream: the JSON text of a response with `errors` alone. */
  frameFailure(text: string): string;
  /** Sent last, when the stream came to its end. */
  readonly closing: string;
  /** Whether a client whose stream the server cuts short is told why, or sees it break off and comes again by itself. */
  readonly tellsOfCut: boolean;
}

/** The framing of a stream of that kind for a client that reads that media type. */
export function framingOf(kind: OperationStream['kind'], media: StreamMedia): Framing {
  if (media === streamMedia) return kind === 'events' ? eventStream : incrementalEventStream;
  return kind === 'events' ? subscriptionParts : incrementalParts;
}

/** Marks the only or last payload of an answer in parts. */
export function lastPayload(text: string): string {
  return `${text.slice(0, -1)},"hasNext":false}`;
}

const nextEvent = (text: string): string => `event: next\ndata: ${text}\n\n`;

/** Server-sent events: the "distinct connections mode" of the GraphQL over SSE protocol. */
const eventStream: Framing = {
  contentType: `${streamMedia}; charset=utf-8`,
  opening: ':\n\n',
  heartbeat: ':\n\n',
  frame: nextEvent,
  frameFailure: nextEvent,
  closing: 'event: complete\ndata: \n\n',
  tellsOfCut: false,
};

const incrementalEventStream: Framing = {
  ...eventStream,
  frameFailure: (text) => nextEvent(lastPayload(text)),
  tellsOfCut: true,
};

/** Each part ends with the next one's delimiter, so that a client need not wait for it. */
const part = (boundary: string, text: string): string =>
  `\r\ncontent-type: application/json; charset=utf-8\r\n\r\n${text}\r\n--${boundary}`;

/** Apollo's multipart protocol for subscriptions. An answer stands in `payload`; beside it, what befell the stream. */
const subscriptionParts: Framing = {
  contentType: `${multipartMedia};boundary="graphql";subscriptionSpec=1.0`,
  opening: `\r\n--graphql${part('graphql', '{}')}`,
  heartbeat: part('graphql', '{}'),
  frame: (text) => part('graphql', `{"payload":${text}}`),
  frameFailure: (text) => part('graphql', `{"payload":null,${text.slice(1)}`),
  closing: '--\r\n',
  tellsOfCut: true,
};

/** Incremental delivery as of 2022-08-24, which Apollo's clients and router speak. */
const incrementalParts: Framing = {
  contentType: `${multipartMedia}; boundary="-"; deferSpec=20220824`,
  opening: '\r\n---',
  heartbeat: null,
  frame: (text) => part('-', text),
  frameFailure: (text) => part('-', lastPayload(text)),
  closing: '--\r\n',
  tellsOfCut: true,
};
