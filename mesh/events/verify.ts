/** Walks a log and tells what of its audit is not as it was written: changed, missing, elsewhere, twice, or not ours. */
import type { AuditLink, StoredEvent } from '../core/event.ts';
import { limits } from '../core/limits.ts';
import { type Head, chainsIn, readHead } from './head.ts';
import type { EventLog } from './log.ts';
import { readPages } from './pages.ts';
import { isAudited, isGenuine, linkOf } from './seal.ts';

export interface VerifyOptions {
  readonly log: EventLog;
  /** Where heads of chains are kept. */
  readonly folder: string;
  readonly secret: string;
}

export interface Finding {
  readonly kind: 'changed' | 'missing' | 'reordered' | 'duplicated' | 'forged';
  /** `null` where it cannot be told. */
  readonly chain: string | null;
  /** Positions in the chain, the first and the last; `null` where they cannot be told. */
  readonly positions: readonly [number, number] | null;
  /** Of the record in the log; of what is missing, that of the next record of the chain, `null` at its end. */
  readonly offset: number | null;
  readonly text: string;
}

export interface Verification {
  /** Sealed records that were looked at. */
  readonly records: number;
  /** Records of access from before the log had a chain. */
  readonly earlier: number;
  readonly chains: number;
  /** RFC 3339: the first and the last sealed record; `null` where there is none. */
  readonly firstAt: string | null;
  readonly lastAt: string | null;
  /** The first `limits.auditFindingsMax`. */
  readonly findings: readonly Finding[];
  /** All of them. */
  readonly found: number;
}

/** Looks at every record. A log that is written meanwhile is verified up to where it was. */
export async function verifyAudit(options: VerifyOptions): Promise<Verification> {
  const { log, folder, secret } = options;
  const walk = new Walk(secret);
  // Heads first: what is stored from here on is beyond them.
  for (const chain of chainsIn(folder)) walk.expect(chain, readHead(folder, chain, secret));
  for await (const page of readPages(log, 0, await log.end())) for (const event of page) walk.take(event);
  return walk.finish();
}

/** What has been seen of one chain. */
interface Seen {
  /** `null`: there is none, or not a genuine one. */
  readonly head: Head | null;
  /** The largest position so far, and its seal where that is known. */
  last: { readonly position: number; readonly hash: string | null };
  /** Positions passed over, as ranges, with the offset at which that was. */
  gaps: readonly Gap[];
}

interface Gap {
  readonly from: number;
  readonly to: number;
  readonly offset: number;
}

/** The state of one walk over a log, from its beginning. */
class Walk {
  readonly #secret: string;
  readonly #chains = new Map<string, Seen>();
  readonly #findings: Finding[] = [];
  #found = 0;
  #records = 0;
  #earlier = 0;
  #firstAt: string | null = null;
  #lastAt: string | null = null;

  constructor(secret: string) {
    this.#secret = secret;
  }

  /** Says which chain there is, and up to where. */
  expect(chain: string, head: Head | null): void {
    this.#chains.set(chain, { head, last: { position: -1, hash: '' }, gaps: [] });
    if (head === null) {
      this.#find({ kind: 'changed', chain, positions: null, offset: null, text: 'the head of the chain is not ours' });
    }
  }

  take(event: StoredEvent | number): void {
    if (typeof event === 'number') {
      const text = 'a row that cannot be read';
      this.#find({ kind: 'changed', chain: null, positions: null, offset: event, text });
      return;
    }
    if (!isAudited(event)) return;
    const link = linkOf(event);
    if (link === null) this.#takeUnsealed(event);
    else this.#takeLinked(event, link);
  }

  finish(): Verification {
    for (const [chain, seen] of this.#chains) this.#close(chain, seen);
    return {
      records: this.#records,
      earlier: this.#earlier,
      chains: this.#chains.size,
      firstAt: this.#firstAt,
      lastAt: this.#lastAt,
      findings: this.#findings,
      found: this.#found,
    };
  }

  #takeUnsealed({ offset, id }: StoredEvent): void {
    if (this.#records === 0) {
      this.#earlier += 1;
      return;
    }
    const text = `record ${id} bears no place in a chain`;
    this.#find({ kind: 'forged', chain: null, positions: null, offset, text });
  }

  #takeLinked(event: StoredEvent, link: AuditLink): void {
    this.#records += 1;
    this.#firstAt ??= event.time;
    this.#lastAt = event.time;
    const seen = this.#seenOf(link.chain, event.offset);
    if (!isGenuine(event, this.#secret)) return this.#takeFalse(event, link, seen);
    const { position, hash, previous } = link;
    const { last } = seen;
    const find = (kind: Finding['kind'], text: string): void =>
      this.#find({ kind, chain: link.chain, positions: [position, position], offset: event.offset, text });
    if (position <= last.position) {
      const isLate = takeFromGap(seen, position);
      if (isLate) find('reordered', 'it stands behind records that were written after it');
      else find('duplicated', 'the chain has had a record at this position');
      return;
    }
    if (position > last.position + 1) {
      seen.gaps = [...seen.gaps, { from: last.position + 1, to: position - 1, offset: event.offset }];
    } else if (last.hash !== null && last.hash !== previous) {
      find('changed', 'it was written after another record than the one before it');
    }
    if (position === seen.head?.position && hash !== seen.head.hash) {
      find('changed', 'it is another record than the head of the chain tells of');
    }
    seen.last = { position, hash };
  }

  /** What stands where the chain goes on was changed there; anything else never was a record. */
  #takeFalse({ offset }: StoredEvent, { chain, position, previous }: AuditLink, seen: Seen): void {
    const { last } = seen;
    const isNext = position === last.position + 1 && (last.hash === null || last.hash === previous);
    const kind = isNext ? 'changed' : 'forged';
    const text = isNext ? 'it does not say what it said when it was sealed' : 'its seal is not ours';
    this.#find({ kind, chain, positions: [position, position], offset, text });
    if (isNext) seen.last = { position, hash: null };
  }

  #seenOf(chain: string, offset: number): Seen {
    const known = this.#chains.get(chain);
    if (known !== undefined) return known;
    const seen: Seen = { head: null, last: { position: -1, hash: '' }, gaps: [] };
    this.#chains.set(chain, seen);
    const text = 'there is no head of this chain: records may be missing at its end';
    this.#find({ kind: 'missing', chain, positions: null, offset, text });
    return seen;
  }

  #close(chain: string, { head, last, gaps }: Seen): void {
    for (const { from, to, offset } of gaps) {
      this.#find({ kind: 'missing', chain, positions: [from, to], offset, text: 'the chain goes on after them' });
    }
    if (head === null || last.position >= head.position) return;
    const text = 'the head of the chain tells of them, and they are not at its end';
    this.#find({ kind: 'missing', chain, positions: [last.position + 1, head.position], offset: null, text });
  }

  #find(finding: Finding): void {
    this.#found += 1;
    if (this.#findings.length < limits.auditFindingsMax) this.#findings.push(finding);
  }
}

/** Whether a position was passed over before; it no longer is then. */
function takeFromGap(seen: Seen, position: number): boolean {
  const gap = seen.gaps.find(({ from, to }) => from <= position && position <= to);
  if (gap === undefined) return false;
  const rest = [
    { ...gap, to: position - 1 },
    { ...gap, from: position + 1 },
  ].filter(({ from, to }) => from <= to);
  seen.gaps = [...seen.gaps.filter((one) => one !== gap), ...rest];
  return true;
}

/** A finding in one line: `changed  offset 17, chain …, position 5: it does not say what it said when it was sealed`. */
export function findingText({ kind, chain, positions, offset, text }: Finding): string {
  const places = [
    ...(offset === null ? [] : [`${kind === 'missing' && positions !== null ? 'before ' : ''}offset ${offset}`]),
    ...(chain === null ? [] : [`chain ${chain}`]),
    ...(positions === null ? [] : [positionText(positions)]),
  ];
  return `${kind}  ${places.join(', ')}: ${text}`;
}

function positionText([from, to]: readonly [number, number]): string {
  return from === to ? `position ${from}` : `positions ${from} to ${to}`;
}
