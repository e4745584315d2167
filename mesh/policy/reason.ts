/** Why a rule denies: a stable code, and words that say the way out and nothing of the subject's claims or of anybody else. */
import type { PurposeRule, Rule } from './rules.ts';

export const reasonCodes = [
  'ANONYMOUS',
  'SCOPE_MISSING',
  'POLICY_FAILED',
  'POLICY_UNKNOWN',
  'CONDITION_FAILED',
  'PURPOSE_MISSING',
  'PURPOSE_NOT_ALLOWED',
  'AGREEMENT_MISSING',
  'AGREEMENT_ENDED',
  'PART_ONLY',
] as const;
export type ReasonCode = (typeof reasonCodes)[number];

export interface Denial {
  readonly kind: 'deny';
  readonly code: ReasonCode;
  readonly reason: string;
}

/**
 * A rule and a code give the same words for everybody: operations are compiled, with the errors they answer, for all
 * who are denied the same for the same reason.
 */
export function denialOf(rule: Rule, code: ReasonCode): Denial {
  const known = denials.get(rule)?.get(code);
  if (known !== undefined) return known;
  const denial: Denial = { kind: 'deny', code, reason: reasonOf(rule, code) };
  const ofRule = denials.get(rule);
  if (ofRule === undefined) denials.set(rule, new Map([[code, denial]]));
  else ofRule.set(code, denial);
  return denial;
}

const denials = new WeakMap<Rule, Map<ReasonCode, Denial>>();

/** The words for a code. */
export function reasonOf(rule: Rule, code: ReasonCode): string {
  switch (code) {
    case 'ANONYMOUS':
      return 'the request is anonymous';
    case 'SCOPE_MISSING':
      return 'the subject lacks a scope';
    case 'POLICY_FAILED':
      return 'a policy does not hold for the subject';
    case 'POLICY_UNKNOWN':
      return 'it names a policy that the mesh does not have';
    case 'CONDITION_FAILED':
      return 'a policy cannot be worked out for the subject: what it reads is missing or of another type';
    case 'PURPOSE_MISSING':
      return `the request states no purpose: send ${allowedBy(rule)} in the header weft-purpose`;
    case 'PURPOSE_NOT_ALLOWED':
      return `the purpose that the request states is not allowed here: send ${allowedBy(rule)} in the header weft-purpose`;
    case 'AGREEMENT_MISSING':
      return `no agreement gives it to the subject's domain for that purpose: ${askForOne(rule)}`;
    case 'AGREEMENT_ENDED':
      return `the agreement of the subject's domain has ended: ${askForOne(rule)}`;
    case 'PART_ONLY':
      return 'the subject may see a part only';
    default:
      return code satisfies never;
  }
}

function allowedBy(rule: Rule): string {
  const { allow } = rule as Partial<PurposeRule>;
  return allow === undefined || allow.length === 0
    ? 'one that is'
    : allow.map((purpose) => `"${purpose}"`).join(' or ');
}

function askForOne({ coordinate }: Rule): string {
  return `ask the owner of ${coordinate} for one in schema/agreements.yaml that names consumer, products, purposes and until`;
}
