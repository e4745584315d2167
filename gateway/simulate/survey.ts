/**
 * What policy makes of each coordinate of an operation for one subject. It asks what pruning asks, and tells of what is
 * allowed as well, and by which rules.
 */
import {
  type FieldNode,
  type GraphQLCompositeType,
  type OperationDefinitionNode,
  type SelectionSetNode,
  Kind,
  getNamedType,
  isCompositeType,
  isEnumType,
  isObjectType,
  isUnionType,
} from 'graphql';
import type { Mask } from '../../mesh/policy/mask.ts';
import type { Rule, RowsRule } from '../../mesh/policy/rules.ts';
import type { Verdicts } from '../../mesh/policy/view.ts';
import { possibleTypes } from '../policy/owner.ts';
import { type PruneOptions, type Pruned, pruneOperation } from '../policy/prune.ts';
import { edgeNode } from '../policy/rows.ts';
import { say } from '../policy/said.ts';
import { type Standings, createStandings } from '../policy/standing.ts';

/** What is made of one coordinate, wherever it comes out alike. */
export interface SurveyedPlace {
  /** A field, the type of objects, an input that is refused, or a value of an enum that is shown to nobody who asks this. */
  readonly kind: 'field' | 'type' | 'input' | 'value';
  readonly coordinate: string;
  /** The types of objects for which it comes out so. */
  readonly owners: readonly string[];
  /** Positions in the answer: response keys, without those of lists. */
  readonly paths: readonly string[];
  readonly verdict: 'allow' | 'mask' | 'filter' | 'deny';
  /** For `mask`, else `null`. */
  readonly mask: Mask | null;
  /** For `filter`: what is asked of each row, in CEL over `object`. */
  readonly filters: readonly string[];
  /** The rules that say so. */
  readonly rules: readonly Rule[];
  /** Why it is denied; else `null`. */
  readonly reason: string | null;
  /** The coordinate above it that is not shown, so that it is not come to. */
  readonly below: string | null;
}

export interface Survey {
  readonly places: readonly SurveyedPlace[];
  readonly pruned: Pruned;
}

export interface SurveyOptions extends PruneOptions {
  readonly verdicts: Verdicts;
}

/** Surveys a normalised operation without introspection. */
export function surveyOperation(operation: OperationDefinitionNode, options: SurveyOptions): Survey {
  const pruned = pruneOperation(operation, options);
  const surveyor = new Surveyor(pruned, options);
  const root = options.schema.getRootType(operation.operation);
  if (!root) throw new Error(`The schema has no root type for ${operation.operation} operations.`);
  surveyor.survey(operation.selectionSet, { type: root, possible: [root.name], path: [], below: null });
  return { places: surveyor.places(), pruned };
}

interface Place {
  readonly type: GraphQLCompositeType;
  readonly possible: readonly string[];
  readonly path: readonly string[];
  readonly below: string | null;
}

interface Spot extends Pick<SurveyedPlace, 'kind' | 'coordinate' | 'owners'> {
  readonly path: readonly string[];
}

type Finding = Omit<SurveyedPlace, keyof Spot | 'paths'>;

const allowed: Finding = { verdict: 'allow', mask: null, filters: [], rules: [], reason: null, below: null };

/** The state of one pass. */
class Surveyor {
  readonly #pruned: Pruned;
  readonly #options: SurveyOptions;
  readonly #standings: Standings;
  readonly #found = new Map<string, SurveyedPlace & { readonly paths: string[] }>();

  constructor(pruned: Pruned, options: SurveyOptions) {
    this.#pruned = pruned;
    this.#options = options;
    this.#standings = createStandings(options);
  }

  places(): readonly SurveyedPlace[] {
    return [...this.#found.values()];
  }

  survey(set: SelectionSetNode, place: Place): void {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) this.#surveyField(selection, place);
      if (selection.kind !== Kind.INLINE_FRAGMENT) continue;
      const name = selection.typeCondition?.name.value ?? place.type.name;
      const type = this.#options.schema.getType(name);
      const among = new Set(possibleTypes(name, this.#options.schema));
      const possible = place.possible.filter((one) => among.has(one));
      if (isCompositeType(type) && possible.length > 0)
        this.survey(selection.selectionSet, { ...place, type, possible });
    }
  }

  #surveyField(field: FieldNode, place: Place): void {
    const name = field.name.value;
    if (name.startsWith('__')) return;
    const { possible, below } = place;
    const path = [...place.path, (field.alias ?? field.name).value];
    const findings = possible.map((one) => [one, this.#findField(field, one, { ...place, path })] as const);
    const [first] = findings;
    if (first === undefined || findings.every(([, one]) => isAlike(one, first[1]))) {
      const coordinate = `${place.type.name}.${name}`;
      this.#note({ kind: 'field', coordinate, owners: possible, path }, first?.[1] ?? notShown(below ?? ''));
    } else {
      for (const [owner, finding] of findings)
        this.#note({ kind: 'field', coordinate: `${owner}.${name}`, owners: [owner], path }, finding);
    }
    const shown = findings.flatMap(([one, { verdict, mask }]) =>
      verdict === 'deny' || mask?.name === 'NULL' ? [] : [one],
    );
    if (shown.length > 0) return this.#surveyBelow(field, { ...place, possible: shown }, { path, below });
    const unreached = findings.every(([, one]) => one.below !== null) ? (first?.[1].below ?? below) : null;
    const at = { path, below: unreached ?? `${place.type.name}.${name}` };
    this.#surveyBelow(field, { ...place, below: unreached }, at);
  }

  #surveyBelow(field: FieldNode, place: Place, at: Pick<Place, 'path' | 'below'>): void {
    const declared = (isUnionType(place.type) ? undefined : place.type.getFields()[field.name.value])?.type;
    const type = getNamedType(declared);
    if (isEnumType(type) && at.below === null) {
      for (const { name } of type.getValues()) {
        if (this.#pruned.isValueDenied(type.name, name)) this.#noteValue(`${type.name}.${name}`, at.path);
      }
    }
    if (field.selectionSet === undefined || !isCompositeType(type)) return;
    const possible = this.#possibleBelow(place.possible, field.name.value);
    for (const one of possible) {
      // A field that is denied for its type's sake tells of the type all the same.
      const finding = place.below === null ? this.#findType(one, at.below) : notShown(place.below);
      this.#note({ kind: 'type', coordinate: one, owners: [one], path: at.path }, finding);
    }
    this.survey(field.selectionSet, { type, possible, ...at });
  }

  #findField(field: FieldNode, type: string, { path, below }: Pick<Place, 'path' | 'below'>): Finding {
    if (below !== null) return notShown(below);
    if (this.#pruned.isTypeDenied(type)) return notShown(type);
    if (this.#pruned.isDenied(field, type)) return this.#findDenial(field, type, path);
    const { masked } = this.#standings.ofField(type, field.name.value);
    if (masked !== null) return { ...allowed, verdict: 'mask', mask: masked.mask, rules: [masked.rule] };
    const given = this.#possibleBelow([type], field.name.value).flatMap((one) => [one, ...this.#nodeOf(one)]);
    const filters = given.flatMap((one) => (this.#pruned.isTypeDenied(one) ? [] : this.#pruned.filtersOf(one)));
    return filters.length === 0 ? allowed : this.#filtered(filters);
  }

  #findDenial(field: FieldNode, type: string, path: readonly string[]): Finding {
    const { denial, masked } = this.#standings.ofField(type, field.name.value);
    // What stands for nothing is not fetched, and no error.
    if (denial === null && masked?.mask.name === 'NULL') {
      return { ...allowed, verdict: 'mask', mask: masked.mask, rules: [masked.rule] };
    }
    const told = this.#pruned.denied.filter((one) => one.path.join('.') === path.join('.'));
    const input = told.find(({ isInput }) => isInput === true);
    if (denial === null && input !== undefined) {
      const refused = { ...allowed, verdict: 'deny', rules: [input.rule], reason: input.reason } as const;
      this.#note({ kind: 'input', coordinate: input.coordinate, owners: [type], path }, refused);
      return { ...refused, reason: `${input.coordinate} may not be used: ${input.reason}` };
    }
    const why = denial ?? told[0];
    return { ...allowed, verdict: 'deny', rules: why === undefined ? [] : [why.rule], reason: why?.reason ?? null };
  }

  #findType(type: string, below: string | null): Finding {
    const { denial } = this.#standings.ofType(type);
    if (denial !== null) return { ...allowed, verdict: 'deny', rules: [denial.rule], reason: denial.reason };
    if (below !== null) return notShown(below);
    const filters = this.#pruned.filtersOf(type);
    return filters.length === 0 ? allowed : this.#filtered(filters);
  }

  #filtered(rules: readonly RowsRule[]): Finding {
    const own = [...new Set(rules)];
    const filters = own.flatMap((rule) => {
      const verdict = this.#options.verdicts.get(rule);
      return verdict?.kind === 'filter' ? [verdict.filter.text] : [];
    });
    return { ...allowed, verdict: 'filter', filters, rules: own };
  }

  #noteValue(coordinate: string, path: readonly string[]): void {
    const { denial, masked, filters } = say([coordinate], this.#options);
    const rule = denial?.rule ?? masked?.rule ?? filters[0];
    const rules = rule === undefined ? [] : [rule];
    this.#note(
      { kind: 'value', coordinate, owners: [], path },
      { ...allowed, verdict: 'deny', rules, reason: denial?.reason ?? null },
    );
  }

  #possibleBelow(parents: readonly string[], name: string): readonly string[] {
    const { schema } = this.#options;
    const types = parents.flatMap((parent) => {
      const type = schema.getType(parent);
      const given = getNamedType(
        (isCompositeType(type) && !isUnionType(type) ? type.getFields()[name] : undefined)?.type,
      );
      return given === undefined ? [] : possibleTypes(given.name, schema);
    });
    return [...new Set(types)];
  }

  /** An edge goes with its node. */
  #nodeOf(type: string): readonly string[] {
    const edge = this.#options.schema.getType(type);
    const node = isObjectType(edge) ? edgeNode(edge) : null;
    return node === null ? [] : possibleTypes(node.name, this.#options.schema);
  }

  #note({ kind, coordinate, owners, path }: Spot, finding: Finding): void {
    const key = JSON.stringify([kind, coordinate, owners, signOf(finding), finding.below]);
    const known = this.#found.get(key);
    const at = path.join('.');
    if (known === undefined) this.#found.set(key, { kind, coordinate, owners, paths: [at], ...finding });
    else if (!known.paths.includes(at)) known.paths.push(at);
  }
}

function notShown(below: string): Finding {
  return { ...allowed, verdict: 'deny', reason: `${below} is not shown`, below };
}

function isAlike(one: Finding, other: Finding): boolean {
  return signOf(one) === signOf(other);
}

function signOf({ verdict, mask, filters, rules, reason }: Finding): string {
  return JSON.stringify([verdict, mask, filters, rules.map(({ coordinate, text }) => [coordinate, text]), reason]);
}
