/** Streams over Server-Sent Events: the "distinct connections mode" of the GraphQL over SSE protocol. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../mesh/core/clock.ts';
import { limits } from '../../mesh/core/limits.ts';
import type { Subject } from '../../mesh/core/subject.ts';
import { describeFailure, failureBody, type Report } from './failure.ts';
import { startExpiry, type Lifetime } from './lifetime.ts';
import { streamMedia } from './media.ts';

export interface StreamOptions {
  readonly life: Lifetime;
  readonly subject: Subject;
  readonly clock: Clock;
  readonly report: Report;
}

const headers = {
  'content-type': `${streamMedia}; charset=utf-8`,
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // Asks nginx and those who follow it not to hold events back.
  'x-accel-buffering': 'no',
};
const heartbeat = ':\n\n';

/**
 * Sends each text as a `next` event, then `complete`, taking the next one only when the client has room for it. A
 * stream that the server itself cuts short ends without `complete`, so that clients come again.
 */
export async function sendStream(
  response: ServerResponse,
  texts: AsyncIterable<string>,
  { life, subject, clock, report }: StreamOptions,
): Promise<void> {
  const complete = (last?: string): void => {
    if (response.writableEnded) return;
    response.end(`${last === undefined ? '' : nextEvent(last)}event: complete\ndata: \n\n`);
  };
  const stopExpiry = startExpiry(subject, clock, (error) => {
    complete(failureBody(describeFailure(error, report)));
    life.end(error);
  });
  const pulse = setInterval(() => {
    if (!response.writableNeedDrain) response.write(heartbeat);
  }, limits.streamHeartbeatMs);

  response.writeHead(200, headers);
  response.write(heartbeat);
  try {
    for await (const text of texts) {
      if (life.signal.aborted) break;
      if (!response.write(nextEvent(text))) await once(response, 'drain', { signal: life.signal });
    }
    if (!life.signal.aborted) complete();
  } catch (error) {
    if (!life.signal.aborted) complete(failureBody(describeFailure(error, report)));
  } finally {
    clearInterval(pulse);
    stopExpiry();
    response.end();
  }
}

function nextEvent(text: string): string {
  return `event: next\ndata: ${text}\n\n`;
}
