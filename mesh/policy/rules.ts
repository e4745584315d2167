/**
 * Rules: what the policy directives of a schema say, by coordinate. `read-rules.ts` reads them from subgraphs' SDL and from
 * supergraphs, `view.ts` decides them for a subject.
 */
import type { Mask } from './mask.ts';
import type { RowCondition } from './row-condition.ts';

export type Rule = AuthenticatedRule | ScopesRule | PoliciesRule | PurposeRule | MaskRule | RowsRule;

interface RuleBase {
  /** `Type`, `Type.field`, `Type.field(argument:)`, `Input.field` or `Enum.VALUE`. */
  readonly coordinate: string;
  /** The directive as it is written: what a denial names. */
  readonly text: string;
}

export interface AuthenticatedRule extends RuleBase {
  readonly kind: 'authenticated';
}

/** One of the lists must be had whole. */
export interface ScopesRule extends RuleBase {
  readonly kind: 'scopes';
  readonly anyOf: readonly (readonly string[])[];
}

/** The policies of one of the lists must all hold. */
export interface PoliciesRule extends RuleBase {
  readonly kind: 'policies';
  readonly anyOf: readonly (readonly string[])[];
}

/** The request must state one of the purposes, under an agreement where the mesh keeps any. */
export interface PurposeRule extends RuleBase {
  readonly kind: 'purpose';
  readonly allow: readonly string[];
}

/** Who has none of the lists of scopes whole sees the value masked. */
export interface MaskRule extends RuleBase {
  readonly kind: 'mask';
  readonly mask: Mask;
  readonly unless: readonly (readonly string[])[];
}

/** Of the objects of a type, only those exist for which the condition holds. */
export interface RowsRule extends RuleBase {
  readonly kind: 'rows';
  readonly condition: RowCondition;
}

/** All rules that stand at a coordinate; every one of them binds. */
export type Rules = ReadonlyMap<string, readonly Rule[]>;

/** What a coordinate is declared to be made from (`@derivedFrom`). */
export interface Derivation {
  readonly coordinates: readonly string[];
  /** Whether what is derived reveals nothing of its sources. */
  readonly isMasking: boolean;
}

/** What a schema says of who may see what of it. */
export interface Policy {
  readonly rules: Rules;
  /** By coordinate. */
  readonly derivations: ReadonlyMap<string, readonly Derivation[]>;
  /**
   * What a field is given of others to be worked out: coordinates, by the field's. Default: nothing is. Supergraphs say it; composition
   * judges it of subgraphs.
   */
  readonly required?: ReadonlyMap<string, readonly string[]>;
  /** Classes of data by coordinate (`@classified`). */
  readonly classes: ReadonlyMap<string, readonly string[]>;
}
