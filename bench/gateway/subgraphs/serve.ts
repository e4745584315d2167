/**
 * One process that serves all four subgraphs, each on its own port, and counts what reaches them. It is asked over the
 * process channel: `take` answers with the counts since the last `take`, `record` also keeps the requests themselves.
 */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { FrameReader } from '../frame.ts';
import { createAnswerer } from './answer.ts';
import { createSchema, subgraphNames, subgraphPorts } from './graph.ts';

/** A request as it reached a subgraph. */
export interface UpstreamCall {
  readonly port: number;
  readonly body: string;
  readonly authorization: string | undefined;
}

/** What reached the subgraphs since the last `take`. */
export interface UpstreamCounts {
  readonly calls: number;
  readonly recorded: readonly UpstreamCall[];
}

/** What the benchmark sends over the process channel. */
export type UpstreamCommand = 'take' | 'record';

let calls = 0;
let recorded: UpstreamCall[] = [];
let recording = false;

await Promise.all(subgraphNames.map((name) => listen(subgraphPorts[name], createAnswerer(createSchema(name)))));
process.send?.('open');

process.on('message', (command: UpstreamCommand) => {
  recording = command === 'record';
  const counts: UpstreamCounts = { calls, recorded };
  calls = 0;
  recorded = [];
  process.send?.(counts);
});
process.on('disconnect', () => process.exit(0));

async function listen(port: number, answer: (body: string) => string): Promise<void> {
  const server = createServer({ noDelay: true }, (socket) => serve(socket, port, answer));
  server.on('error', (error) => {
    console.error(`Cannot serve the benchmark's subgraphs on port ${port}: ${error.message}.`);
    process.exit(3);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

function serve(socket: Socket, port: number, answer: (body: string) => string): void {
  let head = '';
  let pieces: Buffer[] = [];
  const reader = new FrameReader({
    head: (text) => void (head = text),
    // The bytes stay valid: the socket allocates anew for each read.
    body: (bytes) => void pieces.push(bytes),
    end() {
      const only = pieces.length === 1 ? pieces[0] : undefined;
      const body = (only ?? Buffer.concat(pieces)).toString();
      pieces = [];
      calls++;
      if (recording) recorded.push({ port, body, authorization: /\r\nauthorization: *(.*)/i.exec(head)?.[1] });
      reply(socket, answer(body));
    },
  });
  socket.on('data', (bytes) => {
    // What one read brought is answered with one write.
    socket.cork();
    reader.push(bytes);
    socket.uncork();
  });
  socket.on('error', () => socket.destroy());
}

function reply(socket: Socket, text: string): void {
  const length = Buffer.byteLength(text);
  socket.write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${text}`);
}
