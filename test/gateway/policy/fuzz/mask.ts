/** What masks show, as the oracle works it out: from what each name says, on its own. */
import { createMasker } from '../../../../mesh/policy/masker.ts';
import type { OracleMask } from './rule.ts';
import { maskSecret } from './subject.ts';

/** A leaf's type, as masks tell them apart; for an enum the values that the subject may see. */
export interface MaskedLeaf {
  readonly name: string;
  readonly values: readonly string[] | null;
}

/** What is shown of a leaf that is there. */
export function showMasked(value: unknown, { name, step }: OracleMask, leaf: MaskedLeaf): unknown {
  const shown = show(value, { name, step }, leaf);
  return shown === undefined ? nothingOf(leaf) : shown;
}

function show(value: unknown, { name, step }: OracleMask, leaf: MaskedLeaf): unknown {
  switch (name) {
    case 'HASH':
      // A keyed hash: there is no other way to know it.
      return createMasker(maskSecret)({ name, step: null }, { ...kindOf(leaf), type: leaf.name, values: null })(value);
    case 'ROUND':
      return typeof value === 'number' ? multipleOf(step, Math.round(value / step), leaf) : undefined;
    case 'BUCKET':
      return typeof value === 'number' ? multipleOf(step, Math.floor(value / step), leaf) : undefined;
    default:
      return typeof value === 'string' ? showText(value, name) : undefined;
  }
}

function kindOf({ name }: MaskedLeaf) {
  if (name === 'Int' || name === 'Float' || name === 'ID' || name === 'Boolean') return { leaf: name } as const;
  return { leaf: name === 'String' ? 'String' : 'enum' } as const;
}

/** Ints stay whole. */
function multipleOf(step: number, count: number, { name }: MaskedLeaf): number {
  const multiple = count * step;
  return (name === 'Int' ? Math.trunc(multiple) : multiple) + 0;
}

function showText(text: string, name: string): string | undefined {
  const letters = Array.from(text);
  switch (name) {
    case 'LAST4':
      // At least four stay hidden.
      return `****${letters.length < 8 ? letters.slice(4).join('') : letters.slice(-4).join('')}`;
    case 'FIRST1':
      return letters.length > 1 ? `${letters[0]}***` : '***';
    case 'EMAIL': {
      const [, first, rest, domain] = /^(.)([^@\s]*)@([^@\s.]+(?:\.[^@\s.]+)+)$/su.exec(text) ?? [];
      if (first === undefined || domain === undefined || /[@\s]/.test(first)) return undefined;
      return `${rest === '' ? '' : first}***@${domain}`;
    }
    case 'YEAR':
    case 'MONTH': {
      const [, year, month] = /^(\d{4})-(\d\d)-\d\dT[\d:.]+Z$/.exec(text) ?? [];
      return year === undefined ? undefined : `${year}-${name === 'YEAR' ? '01' : month}-01T00:00:00.0Z`;
    }
    default:
      return undefined;
  }
}

/** That there is a value, and nothing of it. */
function nothingOf({ name, values }: MaskedLeaf): unknown {
  if (name === 'Int' || name === 'Float') return 0;
  if (name === 'Boolean') return false;
  return values === null ? '[redacted]' : (values[0] ?? null);
}

/** The mask that binds where both do: `NULL` shows less than `REDACT`, that less than a hash; parts of a value do not add up. */
export function stricter(one: OracleMask | null, other: OracleMask | null): OracleMask | null {
  if (one === null || other === null) return one ?? other;
  if (one.name === other.name && one.step === other.step) return one;
  const [rank, otherRank] = [rankOf(one), rankOf(other)];
  if (rank === otherRank) return { name: 'REDACT', step: 0 };
  return rank > otherRank ? one : other;
}

/** Whether nothing more can be learnt under a mask than under another. */
export function isAsStrict(mask: OracleMask | null, other: OracleMask): boolean {
  if (mask === null) return false;
  return (mask.name === other.name && mask.step === other.step) || rankOf(mask) > rankOf(other);
}

function rankOf({ name }: OracleMask): number {
  return ['HASH', 'REDACT', 'NULL'].indexOf(name);
}
