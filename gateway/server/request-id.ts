/** Ids of requests, by which clients can ask what was decided on theirs. Made here, and never taken from a client. */
import { systemClock } from '../../mesh/core/clock.ts';

/** The header that tells a client. */
export const requestIdHeader = 'x-request-id';

const start = Buffer.from(systemClock.randomBytes(12)).toString('hex');
let count = 0;

/** No other request has it, of this process or any other. It costs next to nothing: every request has one. */
export function createRequestId(): string {
  return `${start}-${(count += 1).toString(36)}`;
}
