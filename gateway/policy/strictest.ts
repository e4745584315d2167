/** Which of two masks shows less. */
import type { Mask, MaskName } from '../../mesh/policy/mask.ts';

/** The mask that binds where both do. Two that show different parts of a value leave nothing of it when taken together. */
export function strictestOf(one: Mask | null, other: Mask | null): Mask | null {
  if (one === null || other === null) return one ?? other;
  if (isSame(one, other)) return one;
  const [rank, otherRank] = [rankOf(one), rankOf(other)];
  if (rank === otherRank) return { name: 'REDACT', step: null };
  return rank > otherRank ? one : other;
}

/** Whether who sees a value under `mask` learns no more of it than under the other. */
export function isAsStrict(mask: Mask | null, other: Mask): boolean {
  const strictest = strictestOf(mask, other);
  return mask !== null && strictest !== null && isSame(mask, strictest);
}

function isSame(one: Mask, other: Mask): boolean {
  return one.name === other.name && one.step === other.step;
}

/** What shows a part of a value is not compared with what shows another part. */
function rankOf({ name }: Mask): number {
  return ranks.get(name) ?? 0;
}

const ranks: ReadonlyMap<MaskName, number> = new Map([
  ['NULL', 3],
  ['REDACT', 2],
  ['HASH', 1],
]);
