/** `/graphql` over HTTP, to the letter of GraphQL over HTTP: a POST or GET becomes one operation, its result one answer or a stream. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../mesh/core/clock.ts';
import type { Config } from '../../mesh/core/config.ts';
import { WeftError } from '../../mesh/core/error.ts';
import type { Authenticate } from '../auth/subject.ts';
import type { Report } from './failure.ts';
import { createHeaderPicker } from './headers.ts';
import { Lifetime } from './lifetime.ts';
import { framingOf, lastPayload } from './framing.ts';
import { graphqlMedia, jsonMedia, multipartMedia, negotiate, streamMedia, type Media } from './media.ts';
import {
  hasDeadline,
  isStream,
  textOf,
  type ClientRequest,
  type Gateway,
  type OperationResult,
  type OperationStream,
} from './operation.ts';
import { send, type Reply } from './reply.ts';
import { readBody, readSearch } from './request.ts';
import { createRequestId } from './request-id.ts';
import { sendStream } from './send-stream.ts';
import { failureReply, resultReply, shapeOf } from './single.ts';

export interface EndpointOptions {
  readonly gateway: Gateway<ClientRequest>;
  readonly authenticate: Authenticate;
  readonly config: Pick<Config, 'headers' | 'limits' | 'timeouts' | 'ws'>;
  readonly clock: Clock;
  readonly report: Report;
}

export interface Endpoint {
  /** Answers one request; never throws. */
  serve(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Ends every stream. Requests that wait for one answer are left to get it. */
  close(): void;
}

export function createEndpoint({ gateway, authenticate, config, clock, report }: EndpointOptions): Endpoint {
  const pickHeaders = createHeaderPicker(config.headers.forward);
  const streams = new Set<Lifetime>();

  async function admit(request: IncomingMessage, id: string): Promise<ClientRequest | readonly ClientRequest[]> {
    const { method, headers, url = '' } = request;
    const isGet = method === 'GET';
    if (!isGet && method !== 'POST') throw methodNotAllowed(method);
    const parameters = isGet ? readSearch(searchOf(url), headers) : await readBody(request, config.limits);
    const subject = await authenticate(authorizationOf(request), valueOf(headers['weft-purpose']));
    const shared = { id, subject, headers: pickHeaders(headers), readOnly: isGet };
    return isList(parameters) ? parameters.map((one) => ({ ...one, ...shared })) : { ...parameters, ...shared };
  }

  async function answer(request: IncomingMessage, response: ServerResponse, { media, id }: Asked): Promise<void> {
    const admitted = await admit(request, id);
    const life = new Lifetime(config.timeouts.requestMs);
    response.once('close', () => {
      if (!response.writableFinished) life.end();
    });
    try {
      if (isList(admitted)) send(response, await batchReply(gateway, admitted, { media, life, id }));
      else if (media.events ?? media.parts) await answerStream(admitted, response, { media, life, id });
      else send(response, resultReply(await gateway.execute(admitted, life.signal), media.single ?? jsonMedia, id));
    } finally {
      life.settle();
    }
  }

  async function answerStream(operation: ClientRequest, response: ServerResponse, { media, life, id }: Streaming) {
    const outcome = await gateway.subscribe({ ...operation, mayDefer: media.parts !== null }, life.signal);
    if (!hasDeadline(outcome)) life.settle();
    if (!isStream(outcome) && media.single !== null) return send(response, resultReply(outcome, media.single, id));
    const stream = isStream(outcome) ? outcome : only(outcome, media);
    const medium = stream.kind === 'events' ? media.events : media.parts;
    if (medium === null) {
      const refused = await gateway.execute(operation, life.signal);
      // A stream that nobody reads holds on to what it stands on until it is ended.
      life.end();
      return send(response, resultReply(refused, media.single ?? jsonMedia, id));
    }
    // Whoever waits for one answer, in parts or not, is left to get it.
    if (stream.kind === 'events') streams.add(life);
    const framing = framingOf(stream.kind, medium);
    await sendStream(response, stream, { life, framing, subject: operation.subject, requestId: id, clock, report });
    streams.delete(life);
  }

  return {
    async serve(request, response) {
      const media = negotiate(request.headers.accept);
      const id = createRequestId();
      try {
        if (media === null) throw notAcceptable(request.headers.accept);
        await answer(request, response, { media, id });
      } catch (error) {
        if (response.destroyed) return;
        send(response, failureReply(error, { media: media?.single ?? jsonMedia, report, requestId: id }));
      }
    },
    close() {
      for (const life of streams) life.end(closing());
    },
  };
}

interface Asked {
  readonly media: Media;
  /** The request's. */
  readonly id: string;
}

interface Streaming extends Asked {
  readonly life: Lifetime;
}

function isList<Item>(one: Item | readonly Item[]): one is readonly Item[] {
  return Array.isArray(one);
}

/** A list is answered by a list in its order, whatever became of each operation. They run at once. */
async function batchReply(
  gateway: Gateway<ClientRequest>,
  operations: readonly ClientRequest[],
  { media, life, id }: Streaming,
): Promise<Reply> {
  if (media.single === null) throw notAcceptable(streamMedia);
  const results = await Promise.all(operations.map((operation) => gateway.execute(operation, life.signal)));
  return { ...shapeOf(200, media.single), body: `[${results.map(textOf).join(',')}]`, requestId: id };
}

/** One answer as the stream of a client that reads nothing else. */
function only(result: OperationResult, { events }: Media): OperationStream {
  const body = textOf(result);
  async function* stream(): AsyncGenerator<string> {
    yield events === null ? lastPayload(body) : body;
  }
  return { kind: events === null ? 'incremental' : 'events', stream: stream() };
}

function searchOf(url: string): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start + 1);
}

/** Of several one reader takes the first, another the last: who asks would depend on who reads. */
function authorizationOf({ headers, headersDistinct }: IncomingMessage): string | undefined {
  if ((headersDistinct['authorization']?.length ?? 0) < 2) return headers.authorization;
  throw new WeftError('UNAUTHENTICATED', {
    action: 'Cannot authenticate the request',
    found: 'several authorization headers',
    wanted: 'one, or none',
  });
}

function valueOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.join(',');
}

function methodNotAllowed(method = ''): WeftError {
  return new WeftError('METHOD_NOT_ALLOWED', {
    action: 'Cannot take the request',
    found: `method "${method}"`,
    wanted: '"POST" or "GET"',
  });
}

function notAcceptable(accept = ''): WeftError {
  return new WeftError('NOT_ACCEPTABLE', {
    action: 'Cannot answer in a form that the client reads',
    found: `accept "${accept}"`,
    wanted: `"${graphqlMedia}", "${jsonMedia}", "${streamMedia}" or "${multipartMedia}" by a protocol of Apollo's`,
  });
}

function closing(): WeftError {
  return new WeftError('SERVICE_UNAVAILABLE', { action: 'Cannot go on with the stream: the gateway is closing' });
}
