/** A subgraph on a raw socket that answers however it is told, and a gateway in a process of its own before it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { parse } from 'graphql';
import { composeServices } from '@apollo/composition';
import { temporaryFolder } from '../support/mesh.ts';
import { federation } from '../support/subgraph.ts';

/** A GraphQL request as it came over a socket. */
export interface Incoming {
  readonly socket: Socket;
  readonly query: string;
  readonly variables: { readonly representations?: readonly { readonly id: string }[] };
}

export interface RawServer {
  readonly url: string;
  /** How many requests have come. */
  readonly count: () => number;
  /** How it answers from now on. */
  behave(answer: (incoming: Incoming) => void): void;
}

/** Takes HTTP requests off raw sockets; what goes back is the behaviour's own bytes. */
export async function openRawServer(context: TestContext): Promise<RawServer> {
  let answer: (incoming: Incoming) => void = () => undefined;
  let count = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    let text = '';
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      for (let request = takeRequest(text); request !== null; request = takeRequest(text)) {
        text = request.rest;
        count += 1;
        answer({ socket, ...(JSON.parse(Buffer.from(request.body, 'latin1').toString()) as Omit<Incoming, 'socket'>) });
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/secret-path`,
    count: () => count,
    behave: (next) => void (answer = next),
  };
}

function takeRequest(text: string): { readonly body: string; readonly rest: string } | null {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return null;
  const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
  const end = head + 4 + length;
  return text.length < end ? null : { body: text.slice(head + 4, end), rest: text.slice(end) };
}

/** An answer with a body of known length; `head` is its status, and header lines if there are any. */
export function reply(socket: Socket, body: string | Buffer, head = '200 OK'): void {
  socket.write(`HTTP/1.1 ${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`);
  socket.write(body);
}

const catalogue = `${federation('@key')}
  type Query { products: [Product!]! find(where: Where): [Product] }
  input Where { and: Where ids: [Int] any: Any }
  scalar Any
  type Product @key(fields: "id") { id: ID! name: String! }`;

const stock = `${federation('@key')}
  type Query { depot: Depot }
  type Mutation { restock: Depot }
  type Product @key(fields: "id") { id: ID! stock: Int label: String bin: Bin constructor: String }
  type Depot {
    text: String id: ID int: Int float: Float flag: Boolean kind: Kind any: Any node: Node bin: Bin
    texts: [String!] grid: [[Int]] bins: [Bin!] sure: Sure
  }
  type Sure { text: String! ints: [Int!]! any: Any! bin: Bin! }
  type Bin { row: Int bin: Bin }
  interface Node { row: Int }
  type Shelf implements Node { row: Int wide: Boolean }
  enum Kind { COLD DRY }
  scalar Any`;

export interface RawAnswer {
  readonly text: string;
  readonly ms: number;
  readonly status: number;
}

export interface FaultyMesh {
  /** The subgraph that works. */
  readonly good: RawServer;
  /** The subgraph that does not. */
  readonly bad: RawServer;
  /** Asks; with the raw text of the answer and how long it took. */
  ask(query: string): Promise<RawAnswer>;
  /** Sends a body as it is. */
  send(body: string): Promise<RawAnswer>;
  readonly url: string;
  health(): Promise<string>;
  /** What the gateway wrote so far, to stderr and stdout. */
  readonly output: () => string;
  /** Bytes of memory that the gateway's process holds now, and the most it held since `forgetPeak`. */
  memory(): Promise<{ readonly now: number; readonly peak: number }>;
  forgetPeak(): Promise<void>;
}

export const products = ['1', '2', '3'].map((id) => ({ __typename: 'Product', id, name: `Product ${id}` }));

/** Lines of a `weft.yaml`. */
export type Settings = (urls: { readonly good: string; readonly bad: string }) => string;

/** Starts `weft gateway` before both subgraphs. */
export async function startFaultyMesh(context: TestContext, settings: Settings): Promise<FaultyMesh> {
  const folder = await temporaryFolder(context);
  const [good, bad] = [await openRawServer(context), await openRawServer(context)];
  good.behave(({ socket }) => reply(socket, JSON.stringify({ data: { products } })));
  const { supergraphSdl, errors } = composeServices([
    { name: 'catalogue', url: good.url, typeDefs: parse(catalogue) },
    { name: 'stock', url: bad.url, typeDefs: parse(stock) },
  ]);
  if (supergraphSdl === undefined) throw new AggregateError(errors ?? []);
  await writeFile(join(folder, 'supergraph.graphql'), supergraphSdl);
  await writeFile(join(folder, 'weft.yaml'), settings({ good: good.url, bad: bad.url }));

  const entry = join(import.meta.dirname, '../../cli/weft.js');
  const words = [entry, 'gateway', '--supergraph', 'supergraph.graphql', '--port', '0'];
  const child = spawn(process.execPath, words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  context.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`The gateway ended:\n${output}`);
    child.kill('SIGTERM');
    await once(child, 'close');
  });
  while (!/^Ready in/m.test(output)) await Promise.race([once(child.stderr, 'data'), failOnExit(child, () => output)]);
  const url = /http:\/\/\S+(?=\/graphql)/.exec(output)?.[0] ?? '';
  const send = async (body: string): Promise<RawAnswer> => {
    const startedAt = performance.now();
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
    const text = await response.text();
    return { text, ms: performance.now() - startedAt, status: response.status };
  };
  const process_ = `/proc/${child.pid}`;
  return {
    good,
    bad,
    output: () => output,
    url,
    ask: (query) => send(JSON.stringify({ query })),
    send,
    health: async () => (await fetch(`${url}/health/ready`)).text(),
    async memory() {
      const status = await readFile(`${process_}/status`, 'utf8');
      const bytes = (name: string) => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
      return { now: bytes('VmRSS'), peak: bytes('VmHWM') };
    },
    forgetPeak: () => writeFile(`${process_}/clear_refs`, '5'),
  };
}

async function failOnExit(child: ChildProcess, output: () => string): Promise<never> {
  await once(child, 'exit');
  throw new Error(`The gateway did not start:\n${output()}`);
}
