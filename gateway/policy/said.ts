/** What the verdicts of the rules at some coordinates say when taken together. */
import type { Mask } from '../../mesh/policy/mask.ts';
import type { Policy, Rule, RowsRule } from '../../mesh/policy/rules.ts';
import type { Verdicts } from '../../mesh/policy/view.ts';
import { strictestOf } from './strictest.ts';

/** Why something is not shown, or not taken. */
export interface Denial {
  readonly rule: Rule;
  readonly reason: string;
}

export interface Said {
  readonly denial: Denial | null;
  /** The strictest mask, and the first rule that masks. */
  readonly masked: { readonly mask: Mask; readonly rule: Rule } | null;
  readonly filters: readonly RowsRule[];
}

export interface SayOptions {
  readonly policy: Pick<Policy, 'rules' | 'derivations' | 'required'>;
  readonly verdicts: Pick<Verdicts, 'get'>;
}

/** The reason where a part could be seen, and nothing can show it alone. */
export const partsOnly = 'the subject may see a part only';

/** Asks for every rule, also where the first one decides: so that one pass finds all that can bear. */
export function say(coordinates: readonly string[], options: SayOptions): Said {
  return join(
    coordinates.flatMap((coordinate) =>
      (options.policy.rules.get(coordinate) ?? []).flatMap((rule) => sayOf(rule, options) ?? []),
    ),
  );
}

/** What binds where all of it does. */
export function join(all: readonly Said[]): Said {
  const masked = all.reduce<Said['masked']>((known, { masked: next }) => {
    if (known === null || next === null) return known ?? next;
    return { rule: known.rule, mask: strictestOf(known.mask, next.mask) ?? next.mask };
  }, null);
  return {
    denial: all.find((said) => said.denial !== null)?.denial ?? null,
    masked,
    filters: [...new Set(all.flatMap((said) => said.filters))],
  };
}

function sayOf(rule: Rule, { verdicts }: SayOptions): Said | null {
  const verdict = verdicts.get(rule);
  if (verdict === undefined || verdict.kind === 'allow') return null;
  const nothing: Said = { denial: null, masked: null, filters: [] };
  if (verdict.kind === 'deny') return { ...nothing, denial: { rule, reason: verdict.reason } };
  if (verdict.kind === 'mask') return { ...nothing, masked: { mask: verdict.mask, rule } };
  if (verdict.kind === 'filter' && rule.kind === 'rows') return { ...nothing, filters: [rule] };
  return { ...nothing, denial: { rule, reason: partsOnly } };
}
