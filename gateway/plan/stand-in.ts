/**
 * Turns a plan made with stand-ins (`requirement.ts`) into one that subgraphs understand: each stand-in becomes the call
 * that it stands for, under its own key. A lookup whose fields require one field in several ways becomes several lookups,
 * since a representation has room for one.
 */
import {
  type FieldNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  Kind,
  parse,
  print,
  stripIgnoredCharacters,
  visit,
} from 'graphql';
import type { FetchNode, PlanNode, RequiredSelection } from './plan.ts';
import type { Requirements, StandIn } from './requirement.ts';

export interface StandInOptions {
  readonly requirements: Requirements;
  /** Types whose field of one name may say what a type's requires: its interfaces and what may stand in its place. */
  readonly relatedTypes: (type: string) => readonly string[];
}

/** The plan in the subgraphs' own words. */
export function replaceStandIns(node: PlanNode, options: StandInOptions): PlanNode {
  if (options.requirements.standIns.size === 0) return node;
  if (node.kind !== 'fetch') return { ...node, nodes: node.nodes.map((child) => replaceStandIns(child, options)) };
  const [first, ...others] = splitFetch(node, options).map((fetch) => callFields(fetch, options.requirements.standIns));
  if (first === undefined) throw new Error('A fetch was split into nothing.');
  return others.length === 0 ? first : { kind: 'parallel', nodes: [first, ...others] };
}

/** A subscription's source requires nothing, so it stays one fetch. */
export function replaceStandInsIn(fetch: FetchNode, { requirements: { standIns } }: StandInOptions): FetchNode {
  return standIns.size === 0 ? fetch : callFields(fetch, standIns);
}

/** A selected field of a lookup with the stand-ins that its representation must hold. */
interface Unit {
  readonly field: FieldNode;
  readonly wanted: ReadonlySet<string>;
}

function splitFetch(fetch: FetchNode, options: StandInOptions): readonly FetchNode[] {
  const { requires } = fetch;
  if (requires === undefined || !hasRivals(requires, options.requirements.standIns)) return [fetch];
  const operation = operationOf(fetch);
  const lookup = operation.selectionSet.selections[0];
  if (lookup?.kind !== Kind.FIELD || lookup.selectionSet === undefined) return [fetch];
  const units = unitsIn(lookup.selectionSet, null, { subgraph: fetch.subgraph, ...options });
  const parts: Unit[][] = [];
  for (const unit of units) {
    const part = parts.find((others) =>
      others.every((other) => isCompatible(unit, other, options.requirements.standIns)),
    );
    if (part) part.push(unit);
    else parts.push([unit]);
  }
  if (parts.length < 2) return [fetch];
  return parts.map((part) => {
    const fields = new Set(part.map(({ field }) => field));
    const kept = new Set(part.flatMap(({ wanted }) => [...wanted]));
    const dropped = new Set(units.flatMap(({ wanted }) => [...wanted].filter((name) => !kept.has(name))));
    return keepPart({ ...fetch, requires: withoutFields(requires, dropped) }, { operation, lookup, fields });
  });
}

/** Whether some field is required in two ways. */
function hasRivals(requires: readonly RequiredSelection[], standIns: ReadonlyMap<string, StandIn>): boolean {
  const seen = new Map<string, string>();
  const visitAll = (selections: readonly RequiredSelection[]): boolean =>
    selections.some((selection) => {
      if (selection.kind === 'fragment') return visitAll(selection.selections);
      const field = standIns.get(selection.key)?.field;
      if (field !== undefined && (seen.get(field) ?? selection.key) !== selection.key) return true;
      if (field !== undefined) seen.set(field, selection.key);
      return visitAll(selection.selections ?? []);
    });
  return visitAll(requires);
}

type UnitOptions = StandInOptions & { readonly subgraph: string };

function unitsIn(set: SelectionSetNode, type: string | null, options: UnitOptions): readonly Unit[] {
  return set.selections.flatMap((selection): readonly Unit[] => {
    if (selection.kind === Kind.FIELD) return [{ field: selection, wanted: wantedBy(selection, type, options) }];
    if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
    return unitsIn(selection.selectionSet, selection.typeCondition?.name.value ?? type, options);
  });
}

function wantedBy(
  { name }: FieldNode,
  type: string | null,
  { subgraph, requirements, relatedTypes }: UnitOptions,
): ReadonlySet<string> {
  if (type === null) return new Set();
  const own = requirements.wanted(subgraph, `${type}.${name.value}`);
  if (own.size > 0) return own;
  return new Set(
    relatedTypes(type).flatMap((related) => [...requirements.wanted(subgraph, `${related}.${name.value}`)]),
  );
}

/** Whether two units may share a representation: what both require, they require alike. */
function isCompatible(a: Unit, b: Unit, standIns: ReadonlyMap<string, StandIn>): boolean {
  const fieldsOf = ({ wanted }: Unit) => Map.groupBy(wanted, (name) => standIns.get(name)?.field ?? name);
  const others = fieldsOf(b);
  return [...fieldsOf(a)].every(([field, names]) => {
    const other = others.get(field);
    return other === undefined || new Set(names).symmetricDifference(new Set(other)).size === 0;
  });
}

function withoutFields(
  selections: readonly RequiredSelection[],
  dropped: ReadonlySet<string>,
): readonly RequiredSelection[] {
  return selections.flatMap((selection): readonly RequiredSelection[] => {
    if (selection.kind === 'field' && dropped.has(selection.key)) return [];
    if (selection.selections === undefined) return [selection];
    const inner = withoutFields(selection.selections, dropped);
    return inner.length === 0 ? [] : [{ ...selection, selections: inner }];
  });
}

interface PartOptions {
  readonly operation: OperationDefinitionNode;
  readonly lookup: FieldNode;
  /** Fields to keep. */
  readonly fields: ReadonlySet<FieldNode>;
}

function keepPart(fetch: FetchNode, { operation, lookup, fields }: PartOptions): FetchNode {
  const keep = (set: SelectionSetNode): SelectionSetNode => ({
    ...set,
    selections: set.selections.flatMap((selection): readonly SelectionNode[] => {
      if (selection.kind === Kind.FIELD) return fields.has(selection) ? [selection] : [];
      if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
      const selectionSet = keep(selection.selectionSet);
      return selectionSet.selections.length === 0 ? [] : [{ ...selection, selectionSet }];
    }),
  });
  const field = { ...lookup, ...(lookup.selectionSet ? { selectionSet: keep(lookup.selectionSet) } : {}) };
  const selectionSet: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: [field] };
  const used = new Set<string>();
  visit(selectionSet, { Variable: ({ name }) => void used.add(name.value) });
  const variableDefinitions = operation.variableDefinitions?.filter(({ variable }) => used.has(variable.name.value));
  const definition: OperationDefinitionNode = { ...operation, variableDefinitions, selectionSet };
  return {
    ...fetch,
    operation: stripIgnoredCharacters(print(definition)),
    variables: fetch.variables.filter((name) => used.has(name)),
    ...(fetch.contexts ? { contexts: fetch.contexts.filter(({ variable }) => used.has(variable)) } : {}),
  };
}

/** Each stand-in as the call that it stands for. */
function callFields(fetch: FetchNode, standIns: ReadonlyMap<string, StandIn>): FetchNode {
  const { requires } = fetch;
  return {
    ...fetch,
    operation: stripIgnoredCharacters(print(callIn(operationOf(fetch), standIns))),
    ...(requires ? { requires: nameRequired(requires, standIns) } : {}),
  };
}

function callIn(operation: OperationDefinitionNode, standIns: ReadonlyMap<string, StandIn>): OperationDefinitionNode {
  return visit(operation, {
    Field: {
      leave(field) {
        const standIn = standIns.get(field.name.value);
        if (standIn === undefined) return undefined;
        return {
          ...field,
          alias: field.alias ?? field.name,
          name: { kind: Kind.NAME, value: standIn.field } as const,
          arguments: [...(field.arguments ?? []), ...standIn.arguments],
        };
      },
    },
  });
}

function nameRequired(
  selections: readonly RequiredSelection[],
  standIns: ReadonlyMap<string, StandIn>,
): readonly RequiredSelection[] {
  return selections.map((selection): RequiredSelection => {
    const inner = selection.selections ? { selections: nameRequired(selection.selections, standIns) } : {};
    if (selection.kind === 'fragment') return { ...selection, ...inner };
    const name = standIns.get(selection.key)?.field;
    return { ...selection, ...(name === undefined ? {} : { name }), ...inner };
  });
}

function operationOf({ operation }: FetchNode): OperationDefinitionNode {
  const [definition] = parse(operation, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('The planner gave a fetch without an operation.');
  return definition;
}
