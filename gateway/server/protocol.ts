/**
 * The subprotocol `graphql-transport-ws`, spoken by graphql-ws, with the gateway behind it. Who asks is said in the
 * payload of `connection_init` and nowhere else: a browser sends the headers of an upgrade for any page that asks.
 */
import { GraphQLError, GraphQLSchema, parse, type ExecutionResult, type GraphQLFormattedError } from 'graphql';
import {
  CloseCode,
  handleProtocols,
  makeServer,
  type Context,
  type FormattedExecutionResult,
  type SubscribePayload,
} from 'graphql-ws';
import { WeftError } from '../../mesh/core/error.ts';
import { limits } from '../../mesh/core/limits.ts';
import { anonymous, type Subject } from '../../mesh/core/subject.ts';
import type { EndpointOptions } from './endpoint.ts';
import { describeFailure } from './failure.ts';
import { createHeaderPicker } from './headers.ts';
import { Lifetime, startExpiry } from './lifetime.ts';
import { hasDeadline, isStream, type OperationResult } from './operation.ts';
import { parseParameters } from './parameters.ts';

export interface Protocol {
  /** The subprotocol to agree on, of those that a client offers; `false` when it offers another only. */
  readonly choose: (offered: Set<string>) => string | false;
  /** Begins to speak on an open socket. To be called once it is closed: what it gives back. */
  open(socket: Socket): (code: number, reason: string) => void;
}

/** A WebSocket as the protocol needs it. */
export interface Socket {
  /** The subprotocol agreed on. */
  readonly protocol: string;
  isOpen(): boolean;
  /** Resolves when there is room for more. */
  send(text: string): Promise<void>;
  close(code: number, reason: string): void;
  onMessage(handle: (text: string) => void): void;
}

/** What is known of one connection beyond its protocol state. */
interface Connection {
  readonly socket: Socket;
  subject: Subject;
  headers: Readonly<Record<string, string>>;
  stopExpiry(): void;
}

type Payload = Record<string, unknown> | undefined;
type ConnectionContext = Context<Payload, Connection>;

/** graphql-ws wants a parsed document to tell streams from single results; the gateway parses and tells for itself. */
const anyOperation = { schema: new GraphQLSchema({}), document: parse('subscription { any }') };

/** The close code for "try again later" (IANA's registry of RFC 6455). */
const tryAgainLater = 1013;

export function createProtocol(options: EndpointOptions): Protocol {
  const { report } = options;
  const greet = createGreeting(options);
  const run = createRunner(options);
  const server = makeServer<Payload, Connection>({
    connectionInitWaitTimeout: limits.socketInitMs,
    onConnect: greet,
    onSubscribe: ({ subscriptions }) =>
      Object.keys(subscriptions).length > limits.subscriptionsPerSocketMax ? [tooMany()] : anyOperation,
    subscribe: () => ({}),
    onOperation: ({ extra }, _id, payload) => run(extra, payload),
    onNext: (...[, , , , result]) => result as FormattedExecutionResult,
    onError: (...[, , , errors]) => {
      const cause = errors[0]?.originalError;
      if (cause instanceof Refused) return cause.errors;
      return cause ? [describeFailure(cause, report).error] : undefined;
    },
  });

  const fail = (socket: Socket, error: unknown): void => {
    socket.close(CloseCode.InternalServerError, codeOf(describeFailure(error, report)));
  };

  return {
    choose: handleProtocols,
    open(socket) {
      const connection: Connection = { socket, subject: anonymous, headers: {}, stopExpiry: () => {} };
      const closed = server.opened(
        {
          protocol: socket.protocol,
          send: (text) => socket.send(text),
          close: (code = CloseCode.InternalServerError, reason = '') => socket.close(code, reason),
          onMessage: (handle) =>
            socket.onMessage((text) => {
              handle(text).catch((error: unknown) => fail(socket, error));
            }),
        },
        connection,
      );
      return (code, reason) => {
        connection.stopExpiry();
        Promise.resolve(closed(code, reason)).catch((error: unknown) => fail(socket, error));
      };
    },
  };
}

/** Answers `connection_init`: finds the subject, or closes the socket. */
function createGreeting({ authenticate, clock, config, report }: EndpointOptions) {
  const pickHeaders = createHeaderPicker(config.headers.forward);
  return async ({ connectionParams, extra }: ConnectionContext): Promise<boolean> => {
    const headers = headersOf(connectionParams);
    try {
      extra.subject = await authenticate(headers['authorization'], headers['weft-purpose']);
    } catch (error) {
      const failure = describeFailure(error, report);
      extra.socket.close(failure.status < 500 ? CloseCode.Forbidden : tryAgainLater, codeOf(failure));
      return false;
    }
    if (!extra.socket.isOpen()) return false;
    extra.headers = pickHeaders(headers);
    extra.stopExpiry = startExpiry(extra.subject, clock, ({ code }) => extra.socket.close(CloseCode.Forbidden, code));
    return true;
  };
}

/** Runs the operation of one `subscribe` message. */
function createRunner({ gateway, config }: EndpointOptions) {
  async function* resultsOf({ subject, headers }: Connection, payload: SubscribePayload, life: Lifetime) {
    try {
      const operation = { ...parseParameters(payload), subject, headers, readOnly: false };
      const outcome = await gateway.subscribe(operation, life.signal);
      if (!hasDeadline(outcome)) life.settle();
      if (!isStream(outcome)) yield resultOf(outcome);
      else for await (const text of outcome.stream) yield JSON.parse(text) as ExecutionResult;
    } finally {
      life.settle();
    }
  }

  return (connection: Connection, payload: SubscribePayload) => {
    const life = new Lifetime(config.timeouts.requestMs);
    return endable(resultsOf(connection, payload, life), life);
  };
}

/** An operation that was refused before execution, with its errors as the gateway worded them. */
class Refused extends Error {
  readonly errors: readonly GraphQLFormattedError[];
  constructor(errors: readonly GraphQLFormattedError[]) {
    super('The operation was refused.');
    this.errors = errors;
  }
}

function resultOf({ body, executed }: OperationResult): ExecutionResult {
  const result = JSON.parse(body) as ExecutionResult;
  if (!executed) throw new Refused(result.errors ?? []);
  return result;
}

/** An async generator that is asked to return waits for the value under way; this one ends the wait first. */
function endable<T>(results: AsyncGenerator<T>, life: Lifetime): AsyncIterableIterator<T> {
  return {
    next: () => results.next(),
    return: () => {
      life.end();
      return results.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function headersOf(payload: Payload): Readonly<Record<string, string | undefined>> {
  const texts = Object.entries(payload ?? {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(texts.map(([name, value]) => [name.toLowerCase(), value]));
}

function codeOf({ error }: { readonly error: { readonly extensions: Readonly<Record<string, unknown>> } }): string {
  return String(error.extensions['code']);
}

function tooMany(): GraphQLError {
  const { message, code } = new WeftError('LIMIT_EXCEEDED', {
    action: 'Cannot start another operation on this socket',
    found: `${limits.subscriptionsPerSocketMax} under way`,
    wanted: 'fewer',
    fix: 'Complete one, or open another socket.',
  });
  return new GraphQLError(message, { extensions: { code } });
}
