/** A closed loop over keep-alive connections: each sends its next request when the answer to the last one is complete. */
import { connect, type Socket } from 'node:net';
import { systemClock } from '../../mesh/core/clock.ts';
import { FrameReader } from './frame.ts';

export interface Load {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** What is sent in turn, and how long each answer has to be. */
  readonly requests: readonly LoadRequest[];
  /** Headers of a request beside those that all have. */
  readonly headers: () => Readonly<Record<string, string>>;
}

export interface LoadRequest {
  readonly body: string;
  readonly answerBytes: number;
}

export interface LoadResult {
  readonly answered: number;
  /** From the first request to the last answer: requests under way at the end of the time are waited for. */
  readonly elapsedMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const graceMs = 15_000;
/**
 * All sockets are read into this, one after the other. With a buffer for each read, the load's own garbage collection took
 * every answer under way some 20 ms several times a second, and that was the gateways' p99.
 */
const room = Buffer.allocUnsafe(256 * 1024);
const standing = 'Host: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json\r\n';

/** One number for all windows of a run, so that no identity ever comes twice. */
let identities = 0;

/** An `authorization` that nobody else has. */
export function nextIdentity(): string {
  return `Bearer principal-${++identities}`;
}

/** Runs one window. Throws when an answer is not 200, has not the right length, or does not come. */
export async function runLoad(load: Load): Promise<LoadResult> {
  const texts = load.requests.map(({ body, answerBytes }) => ({
    text: `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    answerBytes,
  }));
  const latencies: number[] = [];
  const start = systemClock.monotonic();
  const end = start + load.seconds * 1_000;
  let turn = 0;
  const next = (): Sent | undefined => {
    const now = systemClock.monotonic();
    const request = texts[turn++ % texts.length];
    if (now >= end || request === undefined) return undefined;
    const lines = Object.entries(load.headers()).map(([name, value]) => `${name}: ${value}\r\n`);
    return {
      text: `POST /graphql HTTP/1.1\r\n${standing}${lines.join('')}${request.text}`,
      wanted: request.answerBytes,
      now,
    };
  };
  const lanes = Array.from({ length: load.connections }, () => drive(load.port, next, latencies));
  const late = setTimeout(
    () => lanes.forEach(({ socket }) => socket.destroy(new Error('no answer'))),
    end - start + graceMs,
  );
  try {
    await Promise.all(lanes.map(({ done }) => done));
  } finally {
    clearTimeout(late);
    for (const { socket } of lanes) socket.destroy();
  }
  const elapsedMs = systemClock.monotonic() - start;
  latencies.sort((a, b) => a - b);
  return { answered: latencies.length, elapsedMs, p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99) };
}

interface Sent {
  readonly text: string;
  readonly wanted: number;
  readonly now: number;
}

/** Drives one connection until there is no next request. */
function drive(
  port: number,
  next: () => Sent | undefined,
  latencies: number[],
): { socket: Socket; done: Promise<void> } {
  let reader: FrameReader;
  const read = (size: number): boolean => {
    reader.push(room.subarray(0, size));
    return true;
  };
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer: room, callback: read } });
  const done = new Promise<void>((resolve, reject) => {
    let sent: Sent | undefined;
    let head = '';
    let size = 0;
    const send = (): void => {
      sent = next();
      size = 0;
      if (sent === undefined) resolve();
      else socket.write(sent.text);
    };
    reader = new FrameReader({
      head: (text) => void (head = text),
      body: (bytes) => void (size += bytes.length),
      end() {
        if (sent === undefined) return;
        if (!head.startsWith('HTTP/1.1 200') || size !== sent.wanted) {
          const found = `${head.slice(0, head.indexOf('\r'))} with ${size} bytes`;
          socket.destroy(new Error(`found ${found}, wanted 200 with ${sent.wanted} bytes`));
          return;
        }
        latencies.push(systemClock.monotonic() - sent.now);
        send();
      },
    });
    socket.on('connect', send);
    socket.on('error', (error) => reject(new Error(`Cannot complete a request under load: ${error.message}.`)));
    socket.on('close', () =>
      reject(new Error('Cannot complete a request under load: the gateway closed the connection.')),
    );
  });
  return { socket, done };
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
