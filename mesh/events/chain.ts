/**
 * A chain of audit, as the gateway that writes it has it: records are sealed one after the other, in the order in which
 * they are stored. It goes on from what is in the log, not from what a process remembered: one that was killed loses what
 * it had not appended, and nothing else.
 */
import { type Clock, systemClock } from '../core/clock.ts';
import { WeftError, isWeftError, messageOf } from '../core/error.ts';
import type { MeshEvent } from '../core/event.ts';
import { createId } from '../core/id.ts';
import { limits } from '../core/limits.ts';
import { type Claim, type Head, chainsIn, claimChain, readHead, writeHead } from './head.ts';
import type { EventLog } from './log.ts';
import { readPages } from './pages.ts';
import { isAudited, isGenuine, linkOf, sealEvent } from './seal.ts';

export interface ChainOptions {
  readonly log: EventLog;
  /** Where heads of chains are kept: one folder for all gateways of the log. */
  readonly folder: string;
  readonly secret: string;
  /** Default the system's. */
  readonly clock?: Clock;
}

/** Where records of audit are appended. A log is one, without seals. */
export interface AuditTrail {
  /** Resolves once all are stored, in this order. After a failure the same records are to be given again. */
  append(events: readonly MeshEvent[]): Promise<unknown>;
}

export interface Chain extends AuditTrail {
  readonly id: string;
  /** Waits for what was appended and lets go of the chain. The log stays open. Throws `STORE_UNAVAILABLE` where its head cannot be kept. */
  close(): Promise<void>;
}

/** Goes on with a chain of the log that nobody writes, or begins one. Throws `STORE_UNAVAILABLE`. */
export async function openChain(options: ChainOptions): Promise<Chain> {
  const { log, folder, secret, clock = systemClock } = options;
  try {
    for (const chain of chainsIn(folder)) {
      const claim = claimChain(folder, chain);
      const head = claim && readHead(folder, chain, secret);
      if (head) return new SealingChain(options, claim, await catchUp(options, head));
      // What is not ours is left for whoever verifies it.
      claim?.release();
    }
    for (;;) {
      const head: Head = { chain: createId(clock), position: -1, hash: '', offset: await log.end() };
      writeHead(folder, head, secret);
      const claim = claimChain(folder, head.chain);
      if (claim !== null) return new SealingChain(options, claim, head);
    }
  } catch (cause) {
    if (isWeftError(cause)) throw cause;
    throw notKept(folder, cause);
  }
}

function notKept(folder: string, cause: unknown): WeftError {
  return new WeftError('STORE_UNAVAILABLE', {
    action: `Cannot keep the audit of the log in "${folder}"`,
    found: messageOf(cause),
    wanted: 'a folder that can be read and written',
    cause,
  });
}

/** A process may have ended after it stored records and before it wrote down that it had. */
async function catchUp({ log, secret }: ChainOptions, head: Head): Promise<Head> {
  let last = head;
  for await (const page of readPages(log, head.offset, await log.end())) {
    for (const event of page) {
      if (typeof event === 'number') continue;
      const link = linkOf(event);
      if (link?.chain !== last.chain || link.position !== last.position + 1 || link.previous !== last.hash) continue;
      if (!isAudited(event) || !isGenuine(event, secret)) continue;
      last = { chain: link.chain, position: link.position, hash: link.hash, offset: event.offset };
    }
  }
  return last;
}

class SealingChain implements Chain {
  readonly id: string;
  readonly #options: ChainOptions;
  readonly #claim: Claim;
  #head: Head;
  #last: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: ChainOptions, claim: Claim, head: Head) {
    this.id = head.chain;
    this.#options = options;
    this.#claim = claim;
    this.#head = head;
  }

  append(events: readonly MeshEvent[]): Promise<unknown> {
    const done = this.#last.then(() => this.#append(events));
    this.#last = done.catch(() => undefined);
    return done;
  }

  async close(): Promise<void> {
    await this.#last;
    if (this.#timer !== null) clearTimeout(this.#timer);
    try {
      this.#writeHead();
    } catch (cause) {
      throw notKept(this.#options.folder, cause);
    } finally {
      this.#claim.release();
    }
  }

  async #append(events: readonly MeshEvent[]): Promise<void> {
    const { log, secret } = this.#options;
    let { position, hash } = this.#head;
    const sealed = events.map((event) => {
      const one = sealEvent(event, { chain: this.id, position: ++position, previous: hash }, secret);
      hash = linkOf(one)?.hash ?? '';
      return one;
    });
    const offsets = await log.append(sealed);
    this.#head = { chain: this.id, position, hash, offset: offsets.at(-1) ?? this.#head.offset };
    this.#timer ??= setTimeout(() => this.#tryWriteHead(), limits.auditHeadMs).unref();
  }

  /** One that cannot be written now is written with the next record: the one before stays true. */
  #tryWriteHead(): void {
    this.#timer = null;
    try {
      this.#writeHead();
    } catch {
      // A disk without room holds up the log as well, which tells of it.
    }
  }

  #writeHead(): void {
    writeHead(this.#options.folder, this.#head, this.#options.secret);
  }
}
