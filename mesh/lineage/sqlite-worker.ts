/** The thread behind `sqlite.ts`: what it can be asked, and what SQLite's errors mean. */
import { parentPort } from 'node:worker_threads';
import { type ErrorCode, isWeftError, messageOf, WeftError } from '../core/error.ts';
import { answerQuestions, type Handlers } from '../events/thread.ts';
import type { Change } from './change.ts';
import { openGraph, type SqliteGraph } from './sqlite-graph.ts';
import type {
  EventOccurrence,
  ExecutionOccurrence,
  ExecutionQuery,
  IdentityQuery,
  Lineage,
  LineageEdge,
  LineageNode,
  NodeQuery,
  Traversal,
} from './store.ts';

interface Call<Input, Output> {
  readonly input: Input;
  readonly output: Output;
}

/** What the thread can be asked; `open`, with a path, comes first, `close` last. */
export interface GraphCalls {
  readonly open: Call<string, void>;
  readonly cursor: Call<null, number>;
  readonly apply: Call<{ readonly change: Change; readonly cursor: number }, void>;
  readonly traverse: Call<Traversal, Lineage | null>;
  readonly nodes: Call<NodeQuery, readonly LineageNode[]>;
  readonly executions: Call<ExecutionQuery, readonly ExecutionOccurrence[]>;
  readonly eventsOf: Call<IdentityQuery, readonly EventOccurrence[]>;
  readonly dump: Call<null, { readonly nodes: readonly LineageNode[]; readonly edges: readonly LineageEdge[] }>;
  readonly clear: Call<null, void>;
  readonly close: Call<null, void>;
}

/** Primary result codes of SQLite (sqlite.org/rescode.html) that mean the file itself is bad: SQLITE_CORRUPT, SQLITE_NOTADB. */
const damage: ReadonlySet<number> = new Set([11, 26]);

let path = '';
/** Set by `open`, taken away by `close`. */
let graph: SqliteGraph | null = null;

const handlers: Handlers<GraphCalls> = {
  open: (file) => {
    path = file;
    graph = translated(() => openGraph(file));
  },
  cursor: () => withGraph((open) => open.cursor()),
  apply: ({ change, cursor }) => withGraph((open) => open.apply(change, cursor)),
  traverse: (traversal) => withGraph((open) => open.traverse(traversal)),
  nodes: (query) => withGraph((open) => open.nodes(query)),
  executions: (query) => withGraph((open) => open.executions(query)),
  eventsOf: (query) => withGraph((open) => open.eventsOf(query)),
  dump: () => withGraph((open) => open.dump()),
  clear: () => withGraph((open) => open.clear()),
  close: () => {
    withGraph((open) => open.close());
    graph = null;
  },
};

if (parentPort !== null) answerQuestions<GraphCalls>(parentPort, handlers);

function withGraph<Result>(work: (open: SqliteGraph) => Result): Result {
  const open = graph;
  if (open === null) throw failure('STORE_UNAVAILABLE', 'that it is closed');
  return translated(() => work(open));
}

function translated<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    if (isWeftError(cause) || !(cause instanceof Error) || !('code' in cause)) throw cause;
    // The low byte is the primary result code. Errors of the file system have none.
    const primary = 'errcode' in cause ? Number(cause.errcode) & 0xff : 0;
    throw failure(damage.has(primary) ? 'STORE_CORRUPT' : 'STORE_UNAVAILABLE', messageOf(cause), cause);
  }
}

function failure(code: ErrorCode, found: string, cause?: unknown): WeftError {
  const corrupt = code === 'STORE_CORRUPT';
  return new WeftError(code, {
    action: `Cannot use the lineage store "${path}"`,
    found,
    wanted: corrupt ? 'a lineage database of this version' : 'a file that can be read and written',
    fix: corrupt ? 'Delete it; it is rebuilt from the log.' : 'Set that right, or choose another folder with --data.',
    cause,
  });
}
