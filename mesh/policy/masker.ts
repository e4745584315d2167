/**
 * Masks values: what is given instead is always one of the field's type, and null only where the value is. What a mask
 * cannot be laid over (no text, no number, no date) is shown as nothing at all: as `REDACT` shows it.
 */
import { createHmac } from 'node:crypto';
import { systemClock } from '../core/clock.ts';
import type { Mask } from './mask.ts';

/** The type of the leaves that are masked. */
export interface MaskedType {
  /** `custom` is any JSON. */
  readonly leaf: 'Int' | 'Float' | 'String' | 'Boolean' | 'ID' | 'enum' | 'custom';
  /** Its name. */
  readonly type: string;
  /** For an enum: the values that clients may see, in their order. */
  readonly values: ReadonlySet<string> | null;
}

/** What is shown of a value. `null` for null, and for every value under `NULL`. */
export type MaskValue = (value: unknown) => unknown;

/** Makes the function that masks values of a type. */
export type Masker = (mask: Mask, type: MaskedType) => MaskValue;

/** Masks under a mesh's secret: whoever does not have it cannot tell which value a hash is of. Default: one of this process. */
export function createMasker(given: string | null = null): Masker {
  const secret = given ?? processSecret();
  return (mask, type) => {
    if (mask.name === 'NULL') return () => null;
    const show = showerOf(mask, type, secret);
    return (value) => (value === null || value === undefined ? null : (show(value) ?? redact(value, type)));
  };
}

let ownSecret: string | null = null;

/** Hashes under it can be compared as long as the process lives. */
function processSecret(): string {
  ownSecret ??= Buffer.from(systemClock.randomBytes(32)).toString('hex');
  return ownSecret;
}

/** What a mask leaves of a value; `undefined` where it does not fit. */
type Shower = (value: unknown) => unknown;

function showerOf({ name, step }: Mask, type: MaskedType, secret: string): Shower {
  switch (name) {
    case 'HASH':
      return (value) => hash(value, type, secret);
    case 'LAST4':
      return onText(type, lastFour);
    case 'FIRST1':
      return onText(type, firstOne);
    case 'EMAIL':
      return onText(type, address);
    case 'YEAR':
      return onDate(type, ({ year }) => ({ year, month: '01' }));
    case 'MONTH':
      return onDate(type, ({ year, month }) => ({ year, month }));
    case 'ROUND':
      return onNumber(type, step, Math.round);
    case 'BUCKET':
      return onNumber(type, step, Math.floor);
    case 'REDACT':
    case 'NULL':
      return () => undefined;
    default:
      return name satisfies never;
  }
}

/** Nothing of the value but that there is one. */
function redact(value: unknown, type: MaskedType): unknown {
  switch (type.leaf) {
    case 'Int':
    case 'Float':
      return 0;
    case 'Boolean':
      return false;
    case 'enum':
      return type.values?.values().next().value ?? null;
    case 'String':
    case 'ID':
      return redacted;
    case 'custom':
      if (typeof value === 'number') return 0;
      if (typeof value === 'boolean') return false;
      return saysTime(type) ? epochLike(value, type) : redacted;
    default:
      return type.leaf satisfies never;
  }
}

const redacted = '[redacted]';

/** Whether a scalar's name says that its values are points in time. */
function saysTime({ leaf, type }: MaskedType): boolean {
  return leaf === 'custom' && /date|time|instant/i.test(type);
}

/** The beginning of time, in the form of the value where that is known, else in that of the type's name. */
function epochLike(value: unknown, { type }: MaskedType): string {
  if (typeof value === 'string' && /^\d\d:\d\d/.test(value)) return '00:00:00.000Z';
  const isDay = typeof value === 'string' && /^\d{4}-\d\d/.test(value) ? !/\d:\d/.test(value) : /date$/i.test(type);
  return isDay ? '1970-01-01' : '1970-01-01T00:00:00.000Z';
}

/** The same for the same value wherever it stands, so that what is equal stays equal: `1` and `"1"` are one id. */
function hash(value: unknown, type: MaskedType, secret: string): unknown {
  const isNumber = typeof value === 'number';
  if (!isNumber && typeof value !== 'string') return undefined;
  const digest = () => createHmac('sha256', secret).update(String(value)).digest();
  switch (type.leaf) {
    case 'String':
    case 'ID':
      return digest().toString('hex', 0, 16);
    case 'Int':
      return isNumber ? digest().readUInt32BE() >>> 1 : undefined;
    case 'Float':
      return isNumber ? digest().readUIntBE(0, 6) : undefined;
    case 'custom':
      if (isNumber) return digest().readUInt32BE() >>> 1;
      return saysTime(type) ? undefined : digest().toString('hex', 0, 16);
    default:
      return undefined;
  }
}

/** Numbers and truth values of a type that is written as text are text. */
function onText({ leaf }: MaskedType, show: (characters: readonly string[]) => string | undefined): Shower {
  return (value) => {
    const isText = typeof value === 'string' || (typeof value === 'number' && leaf !== 'custom');
    if (!isText || (leaf !== 'String' && leaf !== 'ID' && leaf !== 'custom')) return undefined;
    // By code points: half a character is none.
    return show([...String(value)]);
  };
}

/** Four at least stay hidden, and how many they are. */
function lastFour(characters: readonly string[]): string {
  return `****${characters.slice(Math.max(4, characters.length - 4)).join('')}`;
}

function firstOne([first = '', ...rest]: readonly string[]): string {
  return rest.length === 0 ? '***' : `${first}***`;
}

/** The first character of the name, and where it is. */
function address(characters: readonly string[]): string | undefined {
  const at = characters.indexOf('@');
  const [name, domain] = [characters.slice(0, at), characters.slice(at + 1).join('')];
  if (at < 1 || !/^[^\s@.]+(\.[^\s@.]+)+$/.test(domain) || name.some((one) => /\s/.test(one))) return undefined;
  return `${firstOne(name)}@${domain}`;
}

interface DateParts {
  readonly year: string;
  readonly month: string;
}

/** A date, maybe without day or with a time (ISO 8601, RFC 3339). What is not told becomes the first of its kind. */
function onDate({ leaf }: MaskedType, show: (parts: DateParts) => DateParts): Shower {
  return (value) => {
    if (typeof value !== 'string' || (leaf !== 'String' && leaf !== 'ID' && leaf !== 'custom')) return undefined;
    const [, year, month, day, time = ''] = datePattern.exec(value) ?? [];
    if (year === undefined) return undefined;
    const shown = show({ year, month: month ?? '01' });
    // The offset from UTC says where somebody was.
    const rest = time.replaceAll(/[+-]\d\d:?\d\d$/g, (zone) => (zone.includes(':') ? '+00:00' : '+0000'));
    return [
      shown.year,
      month === undefined ? '' : `-${shown.month}`,
      day === undefined ? '' : '-01',
      rest.replaceAll(/\d/g, '0'),
    ].join('');
  };
}

const datePattern =
  /^(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01])([T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,12})?)?(?:Z|[+-]\d\d:?\d\d)?)?)?)?$/;

const int32 = 2 ** 31;

function onNumber({ leaf }: MaskedType, step: number | null, round: (value: number) => number): Shower {
  return (value) => {
    if (typeof value !== 'number' || step === null || leaf === 'String' || leaf === 'ID') return undefined;
    if (leaf === 'Boolean' || leaf === 'enum') return undefined;
    const shown = Number((round(value / step) * step).toPrecision(15));
    if (!Number.isFinite(shown)) return undefined;
    return leaf === 'Int' ? withinInt(Math.trunc(shown), step) : shown + 0;
  };
}

/** The nearest multiple that is an Int. */
function withinInt(value: number, step: number): number {
  if (value >= int32) return Math.trunc(Math.floor((int32 - 1) / step) * step);
  if (value < -int32) return Math.trunc(Math.ceil(-int32 / step) * step);
  return value + 0;
}
