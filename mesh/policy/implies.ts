/** Whether rules bind as strictly as others: nobody who passes the first is stopped, or shown less, by the second. */
import { impliesCondition } from './condition-implies.ts';
import type { Mask } from './mask.ts';
import type { MaskRule, Rule } from './rules.ts';

type Lists = readonly (readonly string[])[];

/** The first wanted rule that the given ones, all of which bind, do not imply. */
export function unmetRule(wanted: readonly Rule[], given: readonly Rule[]): Rule | null {
  return wanted.find((rule) => !isMet(rule, given)) ?? null;
}

function isMet(rule: Rule, given: readonly Rule[]): boolean {
  const scopes = bothOf(given.flatMap((one) => (one.kind === 'scopes' ? [one.anyOf] : [])));
  switch (rule.kind) {
    case 'authenticated':
      // The anonymous subject has no scopes.
      return given.some(({ kind }) => kind === 'authenticated') || (scopes !== null && !scopes.some(isEmpty));
    case 'scopes':
      return scopes !== null && implies(scopes, rule.anyOf);
    case 'policies': {
      const policies = bothOf(given.flatMap((one) => (one.kind === 'policies' ? [one.anyOf] : [])));
      return policies !== null && implies(policies, rule.anyOf);
    }
    case 'purpose': {
      const allowed = given.flatMap((one) => (one.kind === 'purpose' ? [one.allow] : []));
      const [first = null, ...rest] = allowed;
      const both = first?.filter((purpose) => rest.every((allow) => allow.includes(purpose)));
      return both?.every((purpose) => rule.allow.includes(purpose)) ?? false;
    }
    case 'mask':
      if (scopes !== null && implies(scopes, rule.unless)) return true;
      return given.some((one) => one.kind === 'mask' && hidesAsMuch(one, rule));
    case 'rows':
      return given.some((one) => one.kind === 'rows' && impliesCondition(one.condition.text, rule.condition.text));
    default:
      return rule satisfies never;
  }
}

/** Alternatives that stand for all of several lists of alternatives at once; `null` for too many of them. */
export function bothOf(lists: readonly Lists[], most = 1_024): Lists | null {
  let product: Lists = [[]];
  for (const list of lists) {
    if (product.length * list.length > most) return null;
    product = shortest(product.flatMap((one) => list.map((other) => sorted([...one, ...other]))));
  }
  return product;
}

/** Without alternatives that ask for more than another one does. */
function shortest(lists: Lists): Lists {
  const unique = [...new Map(lists.map((list) => [list.join('\n'), list])).values()];
  return unique.filter((list) => !unique.some((other) => other !== list && isSubset(other, list)));
}

function implies(given: Lists, wanted: Lists): boolean {
  return given.every((list) => wanted.some((other) => isSubset(other, list)));
}

function isSubset(part: readonly string[], whole: readonly string[]): boolean {
  return part.every((one) => whole.includes(one));
}

function sorted(list: readonly string[]): readonly string[] {
  return [...new Set(list)].toSorted();
}

function isEmpty(list: readonly string[]): boolean {
  return list.length === 0;
}

function hidesAsMuch(given: MaskRule, wanted: MaskRule): boolean {
  return implies(given.unless, wanted.unless) && isCoarser(given.mask, wanted.mask);
}

function isCoarser(given: Mask, wanted: Mask): boolean {
  if (given.name === 'NULL' || given.name === 'REDACT') return true;
  if (given.name === 'YEAR' && wanted.name === 'MONTH') return true;
  return given.name === wanted.name && (given.step ?? 0) >= (wanted.step ?? 0);
}
