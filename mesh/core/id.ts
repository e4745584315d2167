/** Identifiers that sort by time: UUIDv7 (RFC 9562, section 5.7). */
import { type Clock, systemClock } from './clock.ts';

let lastMs = 0;
let sequence = 0;

/**
 * A new UUIDv7. Ids made in one process sort in the order of their making: the 12 bits after the version count up
 * within a millisecond (RFC 9562, section 6.2, method 1).
 */
export function createId(clock: Clock = systemClock): string {
  const bytes = Buffer.from(clock.randomBytes(16));
  const now = clock.now();
  if (now > lastMs) {
    lastMs = now;
    sequence = bytes.readUInt16BE(6) & 0x07ff;
  } else if (++sequence > 0x0fff) {
    lastMs += 1;
    sequence = 0;
  }
  bytes.writeUIntBE(lastMs, 0, 6);
  bytes.writeUInt16BE(0x7000 | sequence, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
