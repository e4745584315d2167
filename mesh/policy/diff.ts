/**
 * What changes for whoever asks when one policy takes the place of another: by coordinate, whether somebody may see more than before
 * (weakened) or only less (tightened). What cannot be compared, a condition that
 * reads quite otherwise, counts as weakened. Pure.
 */
import type { Agreements } from './agreements.ts';
import { impliesCondition } from './condition-implies.ts';
import { unmetRule } from './implies.ts';
import type { Policy, Rule } from './rules.ts';

/** A policy in place. */
export interface Regime {
  readonly policy: Policy;
  /** What the schema has at all: what is gone, and what is new, is neither weaker nor stricter. */
  readonly coordinates: ReadonlySet<string>;
  /** The named policies' conditions as they are written; `null` where they are not known: then they are not compared. */
  readonly texts: ReadonlyMap<string, string> | null;
  readonly agreements: Agreements | null;
}

export interface PolicyChange {
  readonly kind: 'weakened' | 'tightened';
  /** A coordinate, `policy NAME`, or `agreements`. */
  readonly at: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** The changes, sorted by where they are. An agreement more or less is none: to write it down is to acknowledge it. */
export function diffRegimes(before: Regime, after: Regime): readonly PolicyChange[] {
  const places = new Set([
    ...before.policy.rules.keys(),
    ...after.policy.rules.keys(),
    ...before.policy.derivations.keys(),
    ...after.policy.derivations.keys(),
  ]);
  const changes = [...places].flatMap((at): readonly PolicyChange[] => {
    if (!before.coordinates.has(at) || !after.coordinates.has(at)) return [];
    const [old, next] = [textsAt(before, at), textsAt(after, at)];
    const kind = lacks(after, before, at) ? 'weakened' : lacks(before, after, at) ? 'tightened' : null;
    return kind === null ? [] : [{ kind, at, before: old, after: next }];
  });
  return [...changes, ...namedChanges(before, after), ...agreementChanges(before, after)].toSorted((a, b) =>
    a.at < b.at ? -1 : 1,
  );
}

/**
 * What the next policy is to be held against once this one is in service: of what is gone for now, what bound it is remembered, so that it
 * cannot come back without.
 */
export function succeed(before: Regime, after: Regime): Regime {
  const gone = [...before.coordinates].filter((at) => !after.coordinates.has(at));
  const bound = gone.filter((at) => before.policy.rules.has(at) || before.policy.derivations.has(at));
  if (bound.length === 0) return after;
  const [rules, derivations] = [new Map(after.policy.rules), new Map(after.policy.derivations)];
  for (const at of bound) {
    rules.set(at, before.policy.rules.get(at) ?? []);
    derivations.set(at, before.policy.derivations.get(at) ?? []);
  }
  const coordinates = new Set([...after.coordinates, ...bound]);
  return { ...after, policy: { ...after.policy, rules, derivations }, coordinates };
}

/** Whether one lets something pass that the other, by what stands right there, does not. */
function lacks(one: Regime, other: Regime, at: string): boolean {
  const wanted = other.policy.rules.get(at) ?? [];
  return (
    unmetRule(wanted, bindingAt(one, at)) !== null ||
    sourcesAt(other, at).some((source) => !sourcesAt(one, at).includes(source))
  );
}

/** Rules that bind whoever uses what is there: its own, its field's, its type's. */
function bindingAt({ policy }: Regime, at: string): readonly Rule[] {
  const field = at.replace(/\(.*$/, '');
  return [...new Set([at, field, field.replace(/\..*$/, '')])].flatMap((place) => policy.rules.get(place) ?? []);
}

/** What binds by derivation. */
function sourcesAt({ policy }: Regime, at: string): readonly string[] {
  return (policy.derivations.get(at) ?? []).flatMap(({ isMasking, coordinates }) => (isMasking ? [] : coordinates));
}

function textsAt(regime: Regime, at: string): readonly string[] {
  return [
    ...(regime.policy.rules.get(at) ?? []).map(({ text }) => text),
    ...sourcesAt(regime, at).map((source) => `derived from ${source}`),
  ];
}

/** Of named policies that rules name. One that nobody defines holds for nobody. */
function namedChanges(before: Regime, after: Regime): readonly PolicyChange[] {
  if (before.texts === null || after.texts === null) return [];
  const [old, next] = [before.texts, after.texts];
  return [...namedIn(after.policy)].flatMap((name): readonly PolicyChange[] => {
    const [was, is] = [old.get(name), next.get(name)];
    if (was === is) return [];
    const kind = is === undefined || (was !== undefined && impliesCondition(is, was)) ? 'tightened' : 'weakened';
    return [
      { kind, at: `policy ${name}`, before: was === undefined ? [] : [was], after: is === undefined ? [] : [is] },
    ];
  });
}

function namedIn({ rules }: Policy): ReadonlySet<string> {
  return new Set([...rules.values()].flat().flatMap((rule) => (rule.kind === 'policies' ? rule.anyOf.flat() : [])));
}

function agreementChanges({ agreements: before }: Regime, { agreements: after }: Regime): readonly PolicyChange[] {
  if ((before === null) === (after === null)) return [];
  const [needed, free] = [['purposes need an agreement'], ['purposes need none']];
  return after === null
    ? [{ kind: 'weakened', at: 'agreements', before: needed, after: free }]
    : [{ kind: 'tightened', at: 'agreements', before: free, after: needed }];
}

/** A change in one line: `User.email: @mask(with: HASH) → nothing`. */
export function changeText({ at, before, after }: PolicyChange): string {
  const side = (texts: readonly string[]): string => (texts.length === 0 ? 'nothing' : texts.join(' '));
  return `${at}: ${side(before)} → ${side(after)}`;
}
