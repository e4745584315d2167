/** The nearest change of a subject, its request or the agreements by which rules would no longer stand in the way. Pure. */
import type { Subject } from '../../mesh/core/subject.ts';
import type { Agreement } from '../../mesh/policy/agreements.ts';
import type { Governance } from '../../mesh/policy/governance.ts';
import { bothOf } from '../../mesh/policy/implies.ts';
import type { PoliciesRule, PurposeRule, Rule } from '../../mesh/policy/rules.ts';
import { type ValueRead, valuesOf } from '../../mesh/policy/values-read.ts';
import { type Covers, decideRule } from '../../mesh/policy/view.ts';

/** All of it has to come about. */
export interface Change {
  /** Whether the request has to be somebody's. */
  readonly signIn: boolean;
  /** Scopes that the subject lacks. */
  readonly scopes: readonly string[];
  /** The purpose to state, and whether the subject may state it as things are. */
  readonly purpose: { readonly name: string; readonly isGranted: boolean } | null;
  /** The agreement to be made; `consumer: null` where the subject is of no domain yet. */
  readonly agreement: (Pick<Agreement, 'products' | 'purposes'> & { readonly consumer: string | null }) | null;
  /** Conditions that have to come out otherwise, with what they read. Nobody can say of these what would do. */
  readonly conditions: readonly ConditionToMeet[];
  /** What no change of the subject or its request can do, a sentence each. */
  readonly impossible: readonly string[];
}

export interface ConditionToMeet {
  /** `policy adult`, `rows of Flight`. */
  readonly name: string;
  /** `null` for a policy that the mesh does not have. */
  readonly text: string | null;
  readonly reads: readonly ValueRead[];
}

export interface ChangeGround {
  readonly subject: Subject;
  /** Purposes that the subject may state. */
  readonly purposes: readonly string[];
  readonly governance: Pick<Governance, 'policies' | 'agreements'>;
  /** The named policies' conditions as they are written. */
  readonly texts: ReadonlyMap<string, string>;
  readonly covers: Covers;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What it takes for all of these rules to allow. */
export function changeFor(rules: readonly Rule[], ground: ChangeGround): Change {
  const scopes = missingScopes(rules, ground);
  const purpose = purposeFor(rules, ground);
  return {
    signIn:
      ground.subject.id === null && (scopes.missing.length > 0 || rules.some(({ kind }) => kind === 'authenticated')),
    scopes: scopes.missing,
    ...purpose.change,
    conditions: rules.flatMap((rule) => conditionsOf(rule, ground)),
    impossible: [...scopes.impossible, ...purpose.impossible],
  };
}

/** Whether nothing is known that would do. */
export function isOpen({ conditions, impossible }: Change): boolean {
  return conditions.length > 0 || impossible.length > 0;
}

/** The subject, its request and the agreements once a change has come about. */
export function applyChange(
  { signIn, scopes, purpose, agreement }: Change,
  { subject, governance }: Pick<ChangeGround, 'subject' | 'governance'>,
): { readonly subject: Subject; readonly agreements: Governance['agreements'] } {
  const consumer = agreement?.consumer ?? subject.domain ?? 'the domain that it asks for';
  return {
    subject: {
      ...subject,
      id: signIn ? 'somebody' : subject.id,
      scopes: [...subject.scopes, ...scopes],
      purpose: purpose?.name ?? subject.purpose,
      domain: agreement === null ? subject.domain : consumer,
    },
    agreements:
      agreement === null
        ? governance.agreements
        : [
            ...(governance.agreements ?? []),
            { ...agreement, id: 'the agreement to be made', consumer, until: Infinity },
          ],
  };
}

function missingScopes(
  rules: readonly Rule[],
  { subject }: ChangeGround,
): { missing: readonly string[]; impossible: readonly string[] } {
  const lists = rules.flatMap((rule) =>
    rule.kind === 'scopes' ? [rule.anyOf] : rule.kind === 'mask' ? [rule.unless] : [],
  );
  const closed = rules.filter(
    (rule) => (rule.kind === 'mask' ? rule.unless : rule.kind === 'scopes' ? rule.anyOf : null)?.length === 0,
  );
  const impossible = closed.map(({ coordinate, text }) => `${text} at ${coordinate} makes no exception`);
  const open = lists.filter((list) => list.length > 0);
  // Where alternatives are too many to be set against each other, the first of each will do.
  const ways = bothOf(open) ?? [open.flatMap(([first = []]) => first)];
  const missing = ways.map((way) => [...new Set(way)].filter((scope) => !subject.scopes.includes(scope)));
  const [shortest = []] = missing.toSorted((one, other) => one.length - other.length);
  return { missing: shortest.toSorted(), impossible };
}

type PurposeChange = Pick<Change, 'purpose' | 'agreement'>;

function purposeFor(
  rules: readonly Rule[],
  ground: ChangeGround,
): { readonly change: PurposeChange; readonly impossible: readonly string[] } {
  const asking = rules.filter((rule) => rule.kind === 'purpose');
  const nothing: PurposeChange = { purpose: null, agreement: null };
  const [first, ...rest] = asking;
  if (first === undefined) return { change: nothing, impossible: [] };
  const common = first.allow.filter((purpose) => rest.every(({ allow }) => allow.includes(purpose)));
  const [nearest] = common
    .map((name) => purposeChange(name, asking, ground))
    .toSorted((one, other) => effortOf(one) - effortOf(other));
  if (nearest !== undefined) return { change: nearest, impossible: [] };
  const texts = asking.map(({ coordinate, text }) => `${text} at ${coordinate}`);
  return { change: nothing, impossible: [`no purpose is allowed by ${texts.join(' and ')}`] };
}

function purposeChange(name: string, rules: readonly PurposeRule[], ground: ChangeGround): PurposeChange {
  const { subject, purposes, governance, covers, now } = ground;
  const stating = { ...subject, purpose: name };
  const unmade = rules.filter((rule) => decideRule(rule, stating, { governance, covers, now }).verdict.kind === 'deny');
  const products = [...new Set(unmade.map(({ coordinate }) => coordinate.replace(/\(.*$/, '')))].toSorted();
  return {
    purpose: subject.purpose === name ? null : { name, isGranted: purposes.includes(name) },
    agreement: products.length === 0 ? null : { consumer: subject.domain, products, purposes: [name] },
  };
}

/** To state a purpose takes less than to be granted it, and that less than an agreement. */
function effortOf({ purpose, agreement }: PurposeChange): number {
  return (purpose === null ? 0 : purpose.isGranted ? 1 : 2) + (agreement === null ? 0 : 4);
}

function conditionsOf(rule: Rule, ground: ChangeGround): readonly ConditionToMeet[] {
  if (rule.kind === 'rows') {
    const { text, reads } = rule.condition;
    return [{ name: `rows of ${rule.coordinate}`, text, reads: valuesOf(reads, ground.subject) }];
  }
  if (rule.kind !== 'policies') return [];
  return failingOf(rule, ground).map((name) => ({
    name: `policy ${name}`,
    text: ground.texts.get(name) ?? null,
    reads: valuesOf(ground.governance.policies.get(name)?.reads, ground.subject),
  }));
}

/** Of the lists of which one must hold, the policies that do not hold of the one that lacks fewest. */
function failingOf({ anyOf }: PoliciesRule, { subject, governance, now }: ChangeGround): readonly string[] {
  const variables = { subject, purpose: subject.purpose, now };
  const failing = anyOf.map((all) => all.filter((name) => governance.policies.get(name)?.(variables) !== true));
  const [fewest = []] = failing.toSorted((one, other) => one.length - other.length);
  return fewest;
}
