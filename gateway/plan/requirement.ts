/**
 * What fields require of other subgraphs (`@requires`, `@fromContext`) with arguments. The planner asks for it under the
 * field's own name, so a plan cannot hold two answers of one field. Therefore it plans on a supergraph in which each
 * required call of a field is a field of its own, a stand-in without arguments; `stand-in.ts` turns plans back. So is, for some
 * operations, what is required of objects whatever becomes of those that the client sees (`risk.ts`).
 */
import {
  type ASTNode,
  type ArgumentNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type FieldNode,
  type ObjectTypeDefinitionNode,
  type InterfaceTypeDefinitionNode,
  type StringValueNode,
  Kind,
  parse,
  print,
  visit,
} from 'graphql';

export interface Requirements {
  /** The supergraph that the planner is given: the same to clients, with stand-ins beside the fields they stand for. */
  readonly supergraph: DocumentNode;
  /** By the name of the field that stands in. Mostly there is none. */
  readonly standIns: ReadonlyMap<string, StandIn>;
  /** Names of the stand-ins that a subgraph's field requires, by coordinate. */
  readonly wanted: (subgraph: string, coordinate: string) => ReadonlySet<string>;
}

/** A call of a field that others require. */
export interface StandIn {
  readonly field: string;
  readonly arguments: readonly ArgumentNode[];
}

/** Whether a required field could be lost to what else is selected of its objects (`risk.ts`). */
export type IsFragile = (required: FieldNode) => boolean;

/** Reads the requirements of a supergraph schema. What is fragile gets a stand-in without taking arguments, too. */
export function readRequirements(supergraph: DocumentNode, isFragile: IsFragile = () => false): Requirements {
  const naming = createNaming(supergraph, isFragile);
  const wanted = new Map<string, ReadonlySet<string>>();
  const graphs = graphNames(supergraph);
  const users: Users = new Map();
  const rewritten = visit(supergraph, {
    Directive(directive, ...[, , , ancestors]) {
      if (directive.name.value !== 'join__field') return undefined;
      const changed = renameIn(directive, naming);
      if (changed.names.size === 0) return undefined;
      const graph = enumArgument(directive, 'graph') ?? '';
      for (const name of changed.names) users.set(name, new Set([...(users.get(name) ?? []), graph]));
      const subgraph = graphs.get(graph) ?? '';
      const key = `${subgraph}:${coordinateOf(ancestors)}`;
      wanted.set(key, changed.names.union(wanted.get(key) ?? new Set()));
      return changed.directive;
    },
  });
  if (naming.standIns.size === 0) return { supergraph, standIns: naming.standIns, wanted: () => new Set() };
  return {
    supergraph: addStandIns(rewritten, naming.standIns, users),
    standIns: naming.standIns,
    wanted: (subgraph, coordinate) => wanted.get(`${subgraph}:${coordinate}`) ?? new Set(),
  };
}

interface Naming {
  readonly standIns: Map<string, StandIn>;
  /** The stand-in of a required field; `null` when no field of its name takes arguments, and it is not fragile. */
  nameOf(field: FieldNode): string | null;
}

function createNaming(supergraph: DocumentNode, isFragile: IsFragile): Naming {
  const [taken, withArguments] = [new Set<string>(), new Set<string>()];
  visit(supergraph, {
    FieldDefinition({ name, arguments: args }) {
      taken.add(name.value);
      if (args?.length) withArguments.add(name.value);
    },
  });
  const standIns = new Map<string, StandIn>();
  const names = new Map<string, string>();
  return {
    standIns,
    nameOf(field) {
      const { name, arguments: args = [] } = field;
      if (!withArguments.has(name.value) && !isFragile(field)) return null;
      const call = `${name.value} ${args.map(print).toSorted().join()}`;
      let standIn = names.get(call);
      for (let count = 0; standIn === undefined; count++) {
        const free = `required${count}_${name.value}`;
        if (!taken.has(free)) standIn = free;
      }
      taken.add(standIn);
      names.set(call, standIn);
      standIns.set(standIn, { field: name.value, arguments: args });
      return standIn;
    },
  };
}

/** Subgraphs by the names that the supergraph gives them. */
export function graphNames(supergraph: DocumentNode): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  visit(supergraph, {
    EnumValueDefinition({ name, directives = [] }) {
      const graph = directives.find((directive) => directive.name.value === 'join__graph');
      const value = graph?.arguments?.find((argument) => argument.name.value === 'name')?.value;
      if (value?.kind === Kind.STRING) names.set(name.value, value.value);
    },
  });
  return names;
}

function enumArgument({ arguments: args = [] }: DirectiveNode, name: string): string | undefined {
  const value = args.find((argument) => argument.name.value === name)?.value;
  return value?.kind === Kind.ENUM ? value.value : undefined;
}

function coordinateOf(ancestors: readonly unknown[]): string {
  const names = ancestors.flatMap((node): string[] => {
    const { kind, name } = node as Partial<FieldDefinitionNode>;
    return kind !== undefined && name !== undefined ? [name.value] : [];
  });
  return names.slice(0, 2).join('.');
}

interface Renamed {
  readonly directive: DirectiveNode;
  readonly names: ReadonlySet<string>;
}

/** Puts stand-ins into the selections of a `@join__field`: `requires:`, and `selection:` of what comes from a context. */
function renameIn(directive: DirectiveNode, naming: Naming): Renamed {
  const names = new Set<string>();
  const renamed = visit(directive, {
    enter(node) {
      const required = requiredIn(node);
      const value = required && renameSelections(required.value, { naming, names });
      return required && typeof value === 'string' ? { ...node, value: { ...required, value } } : undefined;
    },
  });
  return { directive: renamed, names };
}

/** The text of what is required, if a node says that. */
export function requiredIn(node: ASTNode): StringValueNode | null {
  if (node.kind !== Kind.ARGUMENT && node.kind !== Kind.OBJECT_FIELD) return null;
  const isRequired = node.name.value === 'requires' || node.name.value === 'selection';
  return isRequired && node.value.kind === Kind.STRING ? node.value : null;
}

interface Selections {
  /** The name of a context, from which the selections are then. */
  readonly context: string;
  readonly hasBraces: boolean;
  readonly document: DocumentNode;
}

/** Reads a text of what is required. A context's selections stand behind its name and in braces of their own. */
export function parseRequired(text: string): Selections {
  const [, context = '', selections = ''] = /^(\s*\$\w+)?(.*)$/s.exec(text) ?? [];
  const hasBraces = selections.trimStart().startsWith('{');
  return { context, hasBraces, document: parse(hasBraces ? selections : `{ ${selections} }`, { noLocation: true }) };
}

interface Renaming {
  readonly naming: Naming;
  readonly names: Set<string>;
}

/** `null` when nothing has a stand-in. */
function renameSelections(text: string, { naming, names }: Renaming): string | null {
  const { context, hasBraces, document } = parseRequired(text);
  let isRenamed = false;
  const renamed = visit(document, {
    Field(field) {
      const name = naming.nameOf(field);
      if (name === null) return undefined;
      isRenamed = true;
      names.add(name);
      return { ...field, name: { kind: Kind.NAME, value: name }, arguments: [] };
    },
  });
  if (!isRenamed) return null;
  const printed = print(renamed).trim();
  return context + (hasBraces ? ` ${printed}` : printed.slice(1, -1));
}

/** By stand-in, the graphs of the subgraphs that require it. */
type Users = Map<string, ReadonlySet<string>>;

/** Each type that has a field has its stand-ins too, where the field takes their arguments. */
function addStandIns(supergraph: DocumentNode, standIns: ReadonlyMap<string, StandIn>, users: Users): DocumentNode {
  const addTo = (type: ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode) => {
    const fields = type.fields ?? [];
    const added = fields.flatMap((field) => standInsFor(field, standIns, users));
    return added.length === 0 ? undefined : { ...type, fields: [...fields, ...added] };
  };
  return visit(supergraph, { ObjectTypeDefinition: addTo, InterfaceTypeDefinition: addTo });
}

function standInsFor(
  field: FieldDefinitionNode,
  standIns: ReadonlyMap<string, StandIn>,
  users: Users,
): readonly FieldDefinitionNode[] {
  const known = new Set(field.arguments?.map(({ name }) => name.value));
  return [...standIns].flatMap(([name, standIn]) => {
    const fits = standIn.field === field.name.value && standIn.arguments.every((one) => known.has(one.name.value));
    if (!fits) return [];
    const isUsed = (directive: DirectiveNode) => users.get(name)?.has(enumArgument(directive, 'graph') ?? '') === true;
    const directives = field.directives?.filter((directive) => isUsed(directive) || !isExternal(directive)) ?? [];
    return [{ ...field, name: { kind: Kind.NAME, value: name } as const, arguments: [], directives }];
  });
}

/** A field that is external where nothing uses it would be taken by the planner for the subgraph's own. */
function isExternal({ name, arguments: args = [] }: DirectiveNode): boolean {
  if (name.value !== 'join__field') return false;
  return args.some(({ name: own, value }) => own.value === 'external' && value.kind === Kind.BOOLEAN && value.value);
}
