/**
 * The one error class of Weft and the closed table of its codes. A message reads: the action that failed with its
 * values quoted, what was found, what was wanted, and the way out. `docs/errors.md` lists the same codes; a test holds
 * the two together.
 */

/** What a code means to the outside: HTTP status, process exit, whether trying again may help, whether its text may leave the house. */
export interface ErrorKind {
  /** HTTP status when a request ends with this error before GraphQL execution begins. */
  readonly status: number;
  /** Exit status of `weft` (0 · 1 a check failed · 2 usage or config · 3 environment · 70 a bug of ours). */
  readonly exit: 1 | 2 | 3 | 70;
  /** The same call may succeed later without anything being changed. */
  readonly retryable: boolean;
  /** The text may be shown to a client. Otherwise the client sees `INTERNAL_SERVER_ERROR` and an id. */
  readonly public: boolean;
}

const usage = { status: 500, exit: 2, retryable: false, public: false } as const;
const environment = { status: 503, exit: 3, retryable: true, public: false } as const;
const request = { status: 400, exit: 1, retryable: false, public: true } as const;

/** Every code that Weft can answer with. */
export const errorKinds = {
  // Usage and configuration.
  USAGE_INVALID: usage,
  CONFIG_INVALID: usage,
  DOMAIN_INVALID: usage,
  PROCESS_INVALID: usage,
  COMPOSITION_FAILED: usage,
  POLICY_INVALID: usage,
  POLICY_WEAKENED: { ...usage, exit: 1 },
  // The machine and the stores.
  PORT_IN_USE: environment,
  STORE_CORRUPT: { ...environment, retryable: false },
  STORE_UNAVAILABLE: environment,
  SUPERGRAPH_UNAVAILABLE: environment,
  // The log.
  EVENT_INVALID: { status: 400, exit: 1, retryable: false, public: true },
  EVENT_TOO_LARGE: { status: 413, exit: 1, retryable: false, public: true },
  // Requests.
  BAD_REQUEST: request,
  REQUEST_TOO_LARGE: { ...request, status: 413 },
  METHOD_NOT_ALLOWED: { ...request, status: 405 },
  NOT_ACCEPTABLE: { ...request, status: 406 },
  UNSUPPORTED_MEDIA_TYPE: { ...request, status: 415 },
  GRAPHQL_PARSE_FAILED: request,
  GRAPHQL_VALIDATION_FAILED: request,
  LIMIT_EXCEEDED: request,
  OPERATION_NOT_FOUND: request,
  OPERATION_NOT_PLANNED: request,
  PERSISTED_QUERY_NOT_FOUND: request,
  PERSISTED_QUERY_NOT_SUPPORTED: request,
  QUERY_NOT_IN_SAFELIST: { ...request, status: 403 },
  NOT_FOUND: { ...request, status: 404 },
  UNAUTHENTICATED: { ...request, status: 401 },
  TOKEN_EXPIRED: { ...request, status: 401 },
  UNAUTHORIZED_FIELD_OR_TYPE: { ...request, status: 403 },
  REQUEST_TIMED_OUT: { status: 504, exit: 1, retryable: true, public: true },
  SUPERGRAPH_CHANGED: { ...request, status: 409, retryable: true },
  SERVICE_UNAVAILABLE: { status: 503, exit: 3, retryable: true, public: true },
  // Subgraphs, as the gateway meets them.
  SUBGRAPH_UNAVAILABLE: { status: 502, exit: 3, retryable: true, public: true },
  SUBGRAPH_CIRCUIT_OPEN: { status: 503, exit: 3, retryable: true, public: true },
  SUBGRAPH_INVALID_RESPONSE: { status: 502, exit: 3, retryable: false, public: true },
  SUBGRAPH_TIMED_OUT: { status: 504, exit: 3, retryable: true, public: true },
  // Processes.
  AGENT_DENIED: { status: 403, exit: 1, retryable: false, public: false },
  AGENT_FAILED: { status: 502, exit: 1, retryable: true, public: false },
  LOGIC_FAILED: { status: 500, exit: 1, retryable: false, public: false },
  EXECUTION_FAILED: { status: 500, exit: 1, retryable: false, public: true },
  EXECUTION_TIMED_OUT: { status: 504, exit: 1, retryable: true, public: true },
  EXECUTION_CANCELLED: { status: 499, exit: 1, retryable: true, public: true },
  EXECUTION_OVERLOADED: { status: 503, exit: 1, retryable: true, public: true },
  // Ours.
  INTERNAL_SERVER_ERROR: { status: 500, exit: 70, retryable: false, public: true },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;

/** A place in a text that somebody wrote: a config file, an SDL, a process file. Lines and columns count from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** The lines around the place with a caret, as `frameOf` draws them. */
  readonly frame?: string;
}

/** The parts of a message, in reading order. `action` alone is required. */
export interface ErrorParts {
  /** What could not be done, values quoted: `Cannot start process "billing"`. */
  readonly action: string;
  readonly found?: string;
  readonly wanted?: string;
  /** The way out, as a sentence. */
  readonly fix?: string;
  readonly at?: SourceLocation;
  readonly cause?: unknown;
  /** Extra facts for `extensions` of a GraphQL error; no secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What Weft throws: tell it apart by `code`, never by `message`. Foreign errors travel as `cause`. */
export class WeftError extends Error {
  override readonly name = 'WeftError';
  readonly code: ErrorCode;
  readonly at: SourceLocation | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, parts: ErrorParts) {
    super(sentenceOf(parts), parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = code;
    this.at = parts.at;
    this.details = parts.details ?? {};
  }

  get kind(): ErrorKind {
    return errorKinds[this.code];
  }
}

/** Whether an unknown thrown value is a `WeftError`, of the given code if one is named. */
export function isWeftError(value: unknown, code?: ErrorCode): value is WeftError {
  return value instanceof WeftError && (code === undefined || value.code === code);
}

/** The text of any thrown value. */
export function messageOf(value: unknown): string {
  return value instanceof Error ? value.message : String(value);
}

/** Draws the lines around a place, the place marked with a caret; at most two lines before and one after. */
export function frameOf(text: string, line: number, column: number): string {
  const lines = text.split(/\r?\n/);
  const first = Math.max(1, line - 2);
  const last = Math.min(lines.length, line + 1);
  const width = String(last).length;
  const drawn: string[] = [];
  for (let number = first; number <= last; number++) {
    drawn.push(`${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${lines[number - 1] ?? ''}`);
    if (number === line) drawn.push(`  ${' '.repeat(width)} | ${' '.repeat(Math.max(0, column - 1))}^`);
  }
  return drawn.join('\n');
}

function sentenceOf({ action, found, wanted, fix }: ErrorParts): string {
  const contrast = [found && `found ${found}`, wanted && `wanted ${wanted}`].filter(Boolean).join(', ');
  const sentence = contrast ? `${action}: ${contrast}.` : `${action}${/[.!?]$/.test(action) ? '' : '.'}`;
  return fix ? `${sentence} ${fix}` : sentence;
}
