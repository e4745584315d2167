/** Streams over HTTP: the answers of a subscription, or one answer in parts, taken as fast as the client reads them. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { abortSignalOf } from '../../mesh/core/cancel.ts';
import type { Clock } from '../../mesh/core/clock.ts';
import { limits } from '../../mesh/core/limits.ts';
import type { Subject } from '../../mesh/core/subject.ts';
import { describeFailure, failureBody, type Report } from './failure.ts';
import type { Framing } from './framing.ts';
import { expired, isExpired, startExpiry, type Lifetime } from './lifetime.ts';
import type { OperationStream } from './operation.ts';
import { requestIdHeader } from './request-id.ts';

export interface StreamOptions {
  readonly life: Lifetime;
  readonly framing: Framing;
  readonly subject: Subject;
  readonly requestId: string;
  readonly clock: Clock;
  readonly report: Report;
}

const headers = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // Asks nginx and those who follow it not to hold events back.
  'x-accel-buffering': 'no',
};

/** Sends each text, then the framing's close, taking the next one only when the client has room for it. */
export async function sendStream(
  response: ServerResponse,
  { kind, stream }: OperationStream,
  options: StreamOptions,
): Promise<void> {
  const { life, framing } = options;
  const signal = abortSignalOf(life.signal);
  const end = (text: string): void => {
    if (!response.writableEnded) response.end(text);
  };
  const fail = (error: unknown, report = options.report): void =>
    end(`${framing.frameFailure(failureBody(describeFailure(error, report)))}${framing.closing}`);
  const cut = (): void => (framing.tellsOfCut ? fail(life.signal.reason, unreported) : end(''));
  // One answer is owed to whoever could ask for it, however long its parts take.
  const stopExpiry = kind === 'events' ? expire(options, fail) : () => {};
  const pulse = startPulse(response, framing);

  response.writeHead(200, { 'content-type': framing.contentType, ...headers, [requestIdHeader]: options.requestId });
  response.write(framing.opening);
  try {
    for await (const text of stream) {
      // Past its deadline one answer ends by itself, with errors where something is missing.
      if (response.destroyed || (kind === 'events' && life.signal.aborted)) break;
      if (kind === 'events' && isExpired(options.subject, options.clock)) throw expired();
      if (!response.write(framing.frame(text))) await once(response, 'drain', { signal });
    }
    if (kind === 'events' && life.signal.aborted) cut();
    else end(framing.closing);
  } catch (error) {
    if (life.signal.aborted) cut();
    else fail(error);
  } finally {
    clearInterval(pulse);
    stopExpiry();
  }
}

/** That the gateway closes, or a client was too slow, is no news to the operator. */
const unreported: Report = () => {};

function expire({ life, subject, clock }: StreamOptions, fail: (error: unknown) => void): () => void {
  return startExpiry(subject, clock, () => {
    const error = expired();
    fail(error);
    life.end(error);
  });
}

function startPulse(response: ServerResponse, { heartbeat }: Framing): NodeJS.Timeout | undefined {
  if (heartbeat === null) return undefined;
  return setInterval(() => {
    if (!response.writableNeedDrain) response.write(heartbeat);
  }, limits.streamHeartbeatMs);
}
