/**
 * The short way of a request that is plainly right, beside Node's HTTP server: a strict reader takes whole POSTs off the
 * socket and one write answers each. Whatever it does not take goes to that server as it came, for the rest of its
 * connection, so that there is one reader for everything that could be read in two ways. It costs half of the other way.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { limits } from '../../mesh/core/limits.ts';
import type { Subject } from '../../mesh/core/subject.ts';
import { createBodyReader } from './body.ts';
import type { EndpointOptions } from './endpoint.ts';
import { type Exchange, LaneConnection, type LaneGround } from './lane-connection.ts';
import { createHeadReader } from './lane-head.ts';
import { LaneWriter } from './lane-writer.ts';
import { createRequestId } from './request-id.ts';
import { failureReply, resultReply } from './single.ts';

export interface LaneOptions extends EndpointOptions {
  /** As `HttpServerOptions` has it. */
  readonly patience?: { readonly headMs: number };
}

export interface Lane {
  /** Ends connections at rest now, the others with their last answer. */
  close(): void;
  /** Cuts what is left. */
  cut(): void;
}

/** Puts the lane before a server that does not listen yet. */
export function openLane(server: Server, options: LaneOptions): Lane {
  const connections = new Set<LaneConnection>();
  const take = server.listeners('connection');
  const ground: LaneGround = {
    requestMs: options.config.timeouts.requestMs,
    headMs: options.patience?.headMs ?? limits.requestHeadMs,
    readHead: createHeadReader({
      forward: options.config.headers.forward.map((name) => name.toLowerCase()),
      bodyBytesMax: options.config.limits.bodyBytes,
    }),
    writer: new LaneWriter(options.clock),
    answer: createAnswer(options),
    handOver(socket, bytes) {
      if (bytes.length > 0) socket.unshift(bytes);
      for (const listener of take) listener.call(server, socket);
      socket.resume();
    },
    onClose: (connection) => void connections.delete(connection),
  };
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => connections.add(new LaneConnection(socket, ground)));
  const sweep = setInterval(
    () => connections.forEach((connection) => connection.sweep()),
    limits.requestSweepMs,
  ).unref();
  return {
    close() {
      clearInterval(sweep);
      connections.forEach((connection) => connection.close());
    },
    cut: () => connections.forEach((connection) => connection.cut()),
  };
}

/** The endpoint's work, in the same order: read the body, tell who asks, run. */
function createAnswer({ gateway, authenticate, report }: EndpointOptions): (exchange: Exchange) => void {
  const readBody = createBodyReader();

  return (exchange) => {
    const { head, body, life } = exchange;
    const id = createRequestId();
    const fail = (error: unknown): void => {
      if (exchange.isWanted) exchange.finish(failureReply(error, { media: head.media, report, requestId: id }));
      else life.settle();
    };
    try {
      const parameters = readBody(body);
      const run = (subject: Subject): void => {
        const request = { ...parameters, id, subject, headers: head.headers, readOnly: false };
        gateway
          .execute(request, life.signal)
          .then((result) => exchange.finish(resultReply(result, head.media, id)))
          .catch(fail);
      };
      const known = authenticate.known?.(head.authorization, head.purpose) ?? null;
      if (known !== null) run(known);
      else authenticate(head.authorization, head.purpose).then(run).catch(fail);
    } catch (error) {
      fail(error);
    }
  };
}
