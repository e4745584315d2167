/**
 * The subprotocol `graphql-transport-ws` with the gateway behind it. Who asks is said in the payload of
 * `connection_init` and nowhere else: a browser sends the headers of an upgrade for any page that asks. Answers go out as
 * the text that they came as.
 */
import { WeftError, isWeftError } from '../../mesh/core/error.ts';
import type { JsonObject } from '../../mesh/core/json.ts';
import { limits } from '../../mesh/core/limits.ts';
import { anonymous, type Subject } from '../../mesh/core/subject.ts';
import type { EndpointOptions } from './endpoint.ts';
import { describeFailure, failureBody, type Failure } from './failure.ts';
import { createHeaderPicker, type PickHeaders } from './headers.ts';
import { Lifetime, expired, isExpired, startExpiry } from './lifetime.ts';
import { parseMessage, type ClientMessage } from './message.ts';
import { hasDeadline, isStream, textOf, type OperationResult, type OperationStream } from './operation.ts';
import { parseParameters } from './parameters.ts';

export interface Protocol {
  /**
   * The subprotocol to agree on, of those that a client offers. Where ours is not among them, another is agreed on and
   * the socket closed with 4406: a client whose offer is left open fails without being told why.
   */
  readonly choose: (offered: ReadonlySet<string>) => string | false;
  /** Begins to speak on an open socket. To be called once it is closed: what it gives back. */
  open(socket: Socket): () => void;
}

/** A WebSocket as the protocol needs it. */
export interface Socket {
  /** The id of the request that opened it, as its client was told: that of its n-th `subscribe` is `ID.n`. */
  readonly id: string;
  /** The subprotocol agreed on. */
  readonly protocol: string;
  isOpen(): boolean;
  /** Resolves when there is room for more, or nobody to send to. */
  send(text: string): Promise<void>;
  close(code: number, reason: string): void;
  /** Lets go of it without a word. */
  cut(): void;
  onMessage(handle: (text: string) => void): void;
}

const subprotocol = 'graphql-transport-ws';

/** The close codes of the protocol document, and of IANA's registry (RFC 6455) "try again later". */
const closeCodes = {
  invalid: 4400,
  unauthorized: 4401,
  forbidden: 4403,
  subprotocol: 4406,
  initTimeout: 4408,
  duplicate: 4409,
  initTwice: 4429,
  tryAgainLater: 1013,
} as const;

/** The longest id that fits into the reason of a close frame (RFC 6455, section 5.5) whatever it is made of. */
const idLengthShown = 24;

export function createProtocol(options: EndpointOptions): Protocol {
  const shared = { ...options, pickHeaders: createHeaderPicker(options.config.headers.forward) };
  return {
    choose: (offered) => (offered.has(subprotocol) ? subprotocol : (offered.values().next().value ?? false)),
    open(socket) {
      if (socket.protocol !== subprotocol) {
        socket.close(closeCodes.subprotocol, 'Subprotocol not acceptable');
        return () => {};
      }
      const conversation = new Conversation(socket, shared);
      socket.onMessage((text) => conversation.hear(text));
      return () => conversation.end();
    },
  };
}

interface ConversationOptions extends EndpointOptions {
  readonly pickHeaders: PickHeaders;
}

type Ping = Extract<ClientMessage, { readonly type: 'ping' }>;

/** One connection from its opening to its end. */
class Conversation {
  readonly #socket: Socket;
  readonly #options: ConversationOptions;
  readonly #initWait: NodeJS.Timeout;
  /** Operations that the client has not completed, by id. */
  readonly #operations = new Map<string, Lifetime>();
  /** With those that it has completed and that are not over, or not sent. */
  #underWay = 0;
  #refusals = 0;
  /** Messages that asked for an operation. */
  #asked = 0;
  #state: 'opened' | 'greeting' | 'acknowledged' | 'ended' = 'opened';
  #subject: Subject = anonymous;
  #headers: Readonly<Record<string, string>> = {};
  #stopExpiry = (): void => {};
  #ping: Ping | null = null;
  #isAnsweringPings = false;

  constructor(socket: Socket, options: ConversationOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#initWait = setTimeout(() => {
      if (this.#state === 'opened') socket.close(closeCodes.initTimeout, 'Connection initialisation timeout');
    }, limits.socketInitMs);
  }

  hear(text: string): void {
    if (!this.#socket.isOpen()) return;
    const message = parseMessage(text);
    if (message === null) this.#socket.close(closeCodes.invalid, 'Invalid message received');
    else this.#take(message);
  }

  /** The socket is closed, or must be: nothing more is sent on it. */
  end(reason?: WeftError): void {
    this.#state = 'ended';
    clearTimeout(this.#initWait);
    this.#stopExpiry();
    const lives = [...this.#operations.values()];
    this.#operations.clear();
    for (const life of lives) life.end(reason);
  }

  /** The token has ended. A client that does not answer the goodbye is left without. */
  #expire(): void {
    if (this.#state === 'ended') return;
    this.end(expired());
    this.#socket.close(closeCodes.forbidden, expired().code);
    setTimeout(() => this.#socket.cut(), limits.socketGoodbyeMs).unref();
  }

  #take(message: ClientMessage): void {
    switch (message.type) {
      case 'connection_init':
        if (this.#state === 'opened') void this.#greet(message.payload);
        else this.#socket.close(closeCodes.initTwice, 'Too many initialisation requests');
        return;
      case 'ping':
        void this.#answerPing(message);
        return;
      case 'pong':
        return;
      case 'subscribe':
        return this.#begin(message.id, message.payload);
      case 'complete':
        this.#operations.get(message.id)?.end();
        this.#operations.delete(message.id);
    }
  }

  /** Finds the subject, or closes the socket. */
  async #greet(payload: JsonObject): Promise<void> {
    this.#state = 'greeting';
    const { authenticate, clock, report, pickHeaders } = this.#options;
    try {
      const headers = headersOf(payload);
      this.#subject = await authenticate(headers['authorization'], headers['weft-purpose']);
      this.#headers = pickHeaders(headers);
    } catch (error) {
      const failure = describeFailure(error, report);
      const code = failure.status < 500 ? closeCodes.forbidden : closeCodes.tryAgainLater;
      return this.#socket.close(code, String(codeOf(failure)));
    }
    if (!this.#socket.isOpen()) return;
    this.#state = 'acknowledged';
    this.#stopExpiry = startExpiry(this.#subject, clock, () => this.#expire());
    void this.#socket.send('{"type":"connection_ack"}');
  }

  /** Of pings that come before there is room for a pong, the last is answered. */
  async #answerPing(ping: Ping): Promise<void> {
    this.#ping = ping;
    if (this.#isAnsweringPings) return;
    this.#isAnsweringPings = true;
    while (this.#ping !== null) {
      const { payload }: Ping = this.#ping;
      this.#ping = null;
      await this.#socket.send(JSON.stringify({ type: 'pong', ...(payload === null ? {} : { payload }) }));
    }
    this.#isAnsweringPings = false;
  }

  #begin(id: string, payload: JsonObject): void {
    if (isExpired(this.#subject, this.#options.clock)) return this.#expire();
    if (this.#state !== 'acknowledged') return this.#socket.close(closeCodes.unauthorized, 'Unauthorized');
    this.#asked += 1;
    if (this.#operations.has(id)) {
      const shown = id.length > idLengthShown ? `${id.slice(0, idLengthShown)}…` : id;
      return this.#socket.close(closeCodes.duplicate, `Subscriber for ${shown} already exists`);
    }
    if (this.#underWay >= limits.subscriptionsPerSocketMax) void this.#refuse(id);
    else void this.#run(id, payload);
  }

  /** A client that goes on asking and reads none of its refusals is let go. */
  async #refuse(id: string): Promise<void> {
    if (this.#refusals >= limits.subscriptionsPerSocketMax) return this.#socket.cut();
    this.#refusals += 1;
    await this.#socket.send(errorMessage(id, failureBody(describeFailure(tooMany(), this.#options.report))));
    this.#refusals -= 1;
  }

  async #run(id: string, payload: JsonObject): Promise<void> {
    const { gateway, config, report } = this.#options;
    const life = new Lifetime(config.timeouts.requestMs);
    this.#operations.set(id, life);
    this.#underWay += 1;
    try {
      const who = { id: `${this.#socket.id}.${this.#asked}`, subject: this.#subject, headers: this.#headers };
      const request = { ...parseParameters(payload), ...who, readOnly: false };
      const outcome = await gateway.subscribe(request, life.signal);
      if (!hasDeadline(outcome)) life.settle();
      await this.#sendOutcome(id, life, outcome);
    } catch (error) {
      if (isWeftError(error, 'TOKEN_EXPIRED')) this.#expire();
      await this.#send(id, life, errorMessage(id, failureBody(describeFailure(error, report))));
    }
    life.settle();
    this.#underWay -= 1;
    if (this.#operations.get(id) === life) this.#operations.delete(id);
  }

  async #sendOutcome(id: string, life: Lifetime, outcome: OperationResult | OperationStream): Promise<void> {
    if (this.#operations.get(id) !== life) return;
    const literal = JSON.stringify(id);
    const next = (text: string): string => `{"id":${literal},"type":"next","payload":${text}}`;
    if (!isStream(outcome)) {
      if (!outcome.executed) return this.#send(id, life, errorMessage(id, textOf(outcome)));
      await this.#send(id, life, next(textOf(outcome)));
    } else {
      for await (const text of outcome.stream) {
        if (this.#operations.get(id) !== life) break;
        await this.#send(id, life, next(text));
      }
    }
    await this.#send(id, life, `{"id":${literal},"type":"complete"}`);
  }

  /** Nothing is sent of an operation that the client has completed: by now its id may be another's. */
  async #send(id: string, life: Lifetime, text: string): Promise<void> {
    if (isExpired(this.#subject, this.#options.clock)) this.#expire();
    if (this.#operations.get(id) === life) await this.#socket.send(text);
  }
}

/** The message that ends an operation, from the text of a response with `errors` alone. */
function errorMessage(id: string, body: string): string {
  const { errors } = JSON.parse(body) as { readonly errors: readonly unknown[] };
  return JSON.stringify({ id, type: 'error', payload: errors });
}

/** Throws `BAD_REQUEST` where two keys are one header: who asks would depend on their order. */
function headersOf(payload: JsonObject): Readonly<Record<string, string | undefined>> {
  const texts = Object.entries(payload).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const headers = Object.fromEntries(texts.map(([name, value]) => [name.toLowerCase(), value]));
  if (Object.keys(headers).length === texts.length) return headers;
  throw new WeftError('BAD_REQUEST', {
    action: 'Cannot read the payload of "connection_init"',
    found: 'two keys that differ in case only',
  });
}

function codeOf({ error }: Failure): unknown {
  return error.extensions['code'];
}

function tooMany(): WeftError {
  return new WeftError('LIMIT_EXCEEDED', {
    action: 'Cannot start another operation on this socket',
    found: `${limits.subscriptionsPerSocketMax} under way`,
    wanted: 'fewer',
    fix: 'Complete one, or open another socket.',
  });
}
