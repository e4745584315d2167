/** One answer over HTTP: its status and headers in each media type, of a result as of a failure. */
import { STATUS_CODES } from 'node:http';
import { describeFailure, failureBody, type Report } from './failure.ts';
import { graphqlMedia, jsonMedia, type Media } from './media.ts';
import type { OperationResult } from './operation.ts';
import type { Reply } from './reply.ts';

type SingleMedia = NonNullable<Media['single']>;

/** What GraphQL refuses (400) is a good answer to a well-formed request where the media type is plain JSON. */
export function resultReply(result: OperationResult, media: SingleMedia, requestId: string): Reply {
  const { status, headers } = shapeOf(result.status === 400 && media === jsonMedia ? 200 : result.status, media);
  const { body, latin1, isShared } = result;
  return { status, headers, body, latin1, source: isShared ? result : undefined, requestId };
}

export interface FailureReplyOptions {
  readonly media: SingleMedia;
  readonly report: Report;
  readonly requestId: string;
}

/** What a client is told of a request that could not be read or admitted. */
export function failureReply(error: unknown, { media, report, requestId }: FailureReplyOptions): Reply {
  const failure = describeFailure(error, report);
  const { status, headers } = shapeOf(failure.status, media);
  return { status, headers, body: failureBody(failure), requestId };
}

type Shape = Pick<Reply, 'status' | 'headers'>;

/** One for each status and media type, so that what is made of one can be kept by it. */
const shapes: Readonly<Record<SingleMedia, Map<number, Shape>>> = { [graphqlMedia]: new Map(), [jsonMedia]: new Map() };

/** Status and headers of an answer. */
export function shapeOf(status: number, media: SingleMedia): Shape {
  const known = shapes[media].get(status);
  if (known !== undefined) return known;
  const shape = { status, headers: headersOf(status, media) };
  if (STATUS_CODES[status] !== undefined) shapes[media].set(status, shape);
  return shape;
}

function headersOf(status: number, media: SingleMedia): Reply['headers'] {
  const headers = { 'content-type': `${media}; charset=utf-8`, 'cache-control': 'no-store' };
  // RFC 9110, sections 15.5.2 and 15.5.6: these say what would do.
  if (status === 401) return { ...headers, 'www-authenticate': 'Bearer error="invalid_token"' };
  if (status === 405) return { ...headers, allow: 'GET, POST' };
  return headers;
}
