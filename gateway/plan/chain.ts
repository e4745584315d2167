/**
 * Fields that require others and are required themselves (`a @requires(b)`, `b @requires(c)`). Apollo's planner, having found the
 * way to such a field, may join it with an earlier fetch of the same subgraph, before there is what it requires. So in subgraphs
 * with such a field, each field with `@requires` gets a subgraph of its own in the supergraph that is planned on, a branch of the
 * one that it stands in; no earlier fetch is of that. Plans name the subgraph itself again.
 */
import {
  type ConstDirectiveNode,
  type DirectiveNode,
  type DocumentNode,
  type EnumTypeDefinitionNode,
  type EnumValueDefinitionNode,
  type FieldDefinitionNode,
  type InterfaceTypeDefinitionNode,
  type ObjectTypeDefinitionNode,
  type TypeDefinitionNode,
  Kind,
  isTypeDefinitionNode,
  parse,
  visit,
} from 'graphql';

export interface Chains {
  /** The supergraph that the planner is given: the same to clients. */
  readonly supergraph: DocumentNode;
  /** Names of subgraphs by those of their branches. Mostly there is none. */
  readonly branches: ReadonlyMap<string, string>;
}

/** A field in its subgraph, and the name of its branch in the supergraph's enum of subgraphs. */
interface Link {
  readonly type: string;
  readonly field: string;
  readonly graph: string;
  readonly branch: string;
}

/** Gives each link of a chain its branch. */
export function separateChains(supergraph: DocumentNode): Chains {
  const branches = new Map<string, string>();
  const links = linksIn(supergraph);
  if (links.length === 0) return { supergraph, branches };
  const separated = links.reduce((document, link) => separate(document, link, branches), supergraph);
  return { supergraph: dropExternals(separated, new Set(links.map(({ graph }) => graph))), branches };
}

function linksIn(supergraph: DocumentNode): readonly Link[] {
  const required = new Set<string>();
  const requiring: Omit<Link, 'branch'>[] = [];
  for (const type of supergraph.definitions) {
    if (!hasFields(type)) continue;
    for (const field of type.fields ?? []) {
      for (const directive of joinsOf(field, 'join__field')) {
        const requires = textOf(directive, 'requires');
        const graph = textOf(directive, 'graph');
        if (requires === null || graph === null) continue;
        requiring.push({ type: type.name.value, field: field.name.value, graph });
        visit(parse(`{ ${requires} }`), { Field: ({ name }) => void required.add(name.value) });
      }
    }
  }
  const graphs = new Set(requiring.filter(({ field }) => required.has(field)).map(({ graph }) => graph));
  return requiring
    .filter(({ graph }) => graphs.has(graph))
    .map((link, index) => ({ ...link, branch: `${link.graph}__CHAIN${index}` }));
}

function separate(supergraph: DocumentNode, link: Link, branches: Map<string, string>): DocumentNode {
  const types = new Map(
    supergraph.definitions.filter(isTypeDefinitionNode).map((definition) => [definition.name.value, definition]),
  );
  const needed = fieldsNeeded(types, link);
  const reached = typesBehind(types, link, needed);
  return {
    ...supergraph,
    definitions: supergraph.definitions.map((definition) => {
      if (!isTypeDefinitionNode(definition)) return definition;
      if (definition.kind === Kind.ENUM_TYPE_DEFINITION && definition.name.value === 'join__Graph') {
        return addBranch(definition, link, branches);
      }
      if (hasFields(definition) && definition.name.value === link.type) return moveField(definition, link, needed);
      const isInput = !hasFields(definition) && definition.kind !== Kind.UNION_TYPE_DEFINITION;
      return isInput || reached.has(definition.name.value) ? copyJoins(definition, link) : definition;
    }),
  };
}

type Types = ReadonlyMap<string, TypeDefinitionNode>;

/** Fields of the link's type that its keys, its requirements or its interfaces name. */
function fieldsNeeded(types: Types, link: Link): ReadonlySet<string> {
  const needed = new Set<string>();
  const type = types.get(link.type);
  if (type === undefined || !hasFields(type)) return needed;
  const field = type.fields?.find(({ name }) => name.value === link.field);
  const joins = [...(type.directives ?? []), ...(field?.directives ?? [])].filter((one) => isIn(one, link));
  for (const join of joins) {
    for (const selections of [textOf(join, 'key'), textOf(join, 'requires')]) {
      if (selections === null) continue;
      visit(parse(`{ ${selections} }`), { Field: ({ name }) => void needed.add(name.value) });
    }
    const implemented = types.get(textOf(join, 'interface') ?? '');
    if (implemented && hasFields(implemented)) for (const { name } of implemented.fields ?? []) needed.add(name.value);
  }
  return needed;
}

/**
 * Fields that were external in a subgraph for what has gone to branches are not in it any more: the planner might take them for
 * the subgraph's own when it joins fetches.
 */
function dropExternals(supergraph: DocumentNode, graphs: ReadonlySet<string>): DocumentNode {
  const used = new Set<string>();
  visit(supergraph, {
    Directive(directive) {
      const selections = textOf(directive, 'key') ?? textOf(directive, 'provides');
      if (!directive.name.value.startsWith('join__') || selections === null) return;
      visit(parse(`{ ${selections} }`), { Field: ({ name }) => void used.add(name.value) });
    },
  });
  const isDropped = (directive: DirectiveNode) =>
    directive.name.value === 'join__field' &&
    graphs.has(textOf(directive, 'graph') ?? '') &&
    directive.arguments?.some(
      ({ name, value }) => name.value === 'external' && value.kind === Kind.BOOLEAN && value.value,
    );
  return visit(supergraph, {
    FieldDefinition(field) {
      if (used.has(field.name.value) || !field.directives?.some(isDropped)) return undefined;
      return { ...field, directives: field.directives.filter((directive) => !isDropped(directive)) };
    },
  });
}

/** The types that a link's field gives and needs, and so on, as far as its own subgraph goes. */
function typesBehind(types: Types, { type, field, graph }: Link, needed: ReadonlySet<string>): ReadonlySet<string> {
  const reached = new Set<string>();
  const follow = (name: string): void => {
    const definition = types.get(name);
    if (definition === undefined || reached.has(name)) return;
    reached.add(name);
    if (hasFields(definition)) for (const each of definition.fields ?? []) follow(namedTypeOf(each));
    followJoins(definition);
    for (const other of types.values()) {
      const implementing = joinsOf(other, 'join__implements').filter((one) => textOf(one, 'graph') === graph);
      if (implementing.some((one) => textOf(one, 'interface') === name)) follow(other.name.value);
    }
  };
  const followJoins = (definition: TypeDefinitionNode): void => {
    for (const join of joinsOf(definition, 'join__implements')) follow(textOf(join, 'interface') ?? '');
    for (const join of joinsOf(definition, 'join__unionMember')) follow(textOf(join, 'member') ?? '');
  };
  const owner = types.get(type);
  if (owner === undefined || !hasFields(owner)) return reached;
  followJoins(owner);
  for (const each of owner.fields ?? []) {
    if (each.name.value === field || needed.has(each.name.value)) follow(namedTypeOf(each));
  }
  return reached;
}

function namedTypeOf({ type }: FieldDefinitionNode): string {
  let inner = type;
  while (inner.kind !== Kind.NAMED_TYPE) inner = inner.type;
  return inner.name.value;
}

function addBranch(graphs: EnumTypeDefinitionNode, link: Link, branches: Map<string, string>): EnumTypeDefinitionNode {
  const original = graphs.values?.find(({ name }) => name.value === link.graph);
  const name = original && textOf(joinsOf(original, 'join__graph')[0], 'name');
  if (original === undefined || typeof name !== 'string') return graphs;
  const branch = `${name} ${link.branch}`;
  branches.set(branch, name);
  const directives = (original.directives ?? []).map((directive) => withText(directive, 'name', branch));
  const value: EnumValueDefinitionNode = { ...original, name: { kind: Kind.NAME, value: link.branch }, directives };
  return { ...graphs, values: [...(graphs.values ?? []), value] };
}

/** In the branch the type has its keys, what the field requires, and the field, which its own subgraph has no longer. */
function moveField<Type extends ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode>(
  type: Type,
  link: Link,
  needed: ReadonlySet<string>,
): Type {
  const joins = joinsOf(type, 'join__type');
  const own = [...joins, ...joinsOf(type, 'join__implements')].filter((one) => textOf(one, 'graph') === link.graph);
  const fields = (type.fields ?? []).map((field): FieldDefinitionNode => {
    const explicit = joinsOf(field, 'join__field').length > 0;
    const graphs = new Set(joins.flatMap((join) => textOf(join, 'graph') ?? []));
    const implied = explicit ? [] : [...graphs].map((graph) => joinField(graph));
    const directives = [...(field.directives ?? []), ...implied];
    if (field.name.value === link.field) {
      return {
        ...field,
        directives: directives.map((directive) => (isIn(directive, link) ? inBranch(directive, link) : directive)),
      };
    }
    if (!needed.has(field.name.value)) return { ...field, directives };
    return {
      ...field,
      directives: directives.flatMap((one) => (isIn(one, link) ? [one, inBranch(one, link)] : [one])),
    };
  });
  const directives = [...(type.directives ?? []), ...own.map((one) => inBranch(one, link))];
  return { ...type, fields, directives };
}

function joinField(graph: string): ConstDirectiveNode {
  const value = { kind: Kind.ENUM, value: graph } as const;
  return {
    kind: Kind.DIRECTIVE,
    name: { kind: Kind.NAME, value: 'join__field' },
    arguments: [{ kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: 'graph' }, value }],
  };
}

/** A type of the subgraph is the same in the branch. */
function copyJoins<Type extends TypeDefinitionNode>(type: Type, link: Link): Type {
  const isEntity = joinsOf(type, 'join__type').some((one) => isIn(one, link) && textOf(one, 'key') !== null);
  return visit(type, {
    enter(node) {
      if (!('directives' in node) || !node.directives?.length) return undefined;
      // What requires others is in its own branch, and what may be overridden in the subgraph alone, which the override names.
      const copied = node.directives.filter(
        (one) => isIn(one, link) && textOf(one, 'requires') === null && !(isEntity && mayBeOverridden(one)),
      );
      const copies = copied.map((one) => inBranch(one, link));
      return copies.length === 0 ? undefined : { ...node, directives: [...node.directives, ...copies] };
    },
  });
}

function mayBeOverridden(join: DirectiveNode): boolean {
  return textOf(join, 'overrideLabel') !== null && textOf(join, 'override') === null;
}

function isIn(directive: DirectiveNode, { graph }: Link): boolean {
  return directive.name.value.startsWith('join__') && textOf(directive, 'graph') === graph;
}

function inBranch<Directive extends DirectiveNode>(directive: Directive, { branch }: Link): Directive {
  return withText(directive, 'graph', branch);
}

function withText<Directive extends DirectiveNode>(directive: Directive, name: string, value: string): Directive {
  const change = (argument: NonNullable<DirectiveNode['arguments']>[number]) =>
    argument.name.value === name ? { ...argument, value: { ...argument.value, value } } : argument;
  return { ...directive, arguments: directive.arguments?.map(change) } as Directive;
}

type Joined = { readonly directives?: readonly ConstDirectiveNode[] | undefined };

function joinsOf({ directives = [] }: Joined, name: string): readonly ConstDirectiveNode[] {
  return directives.filter((directive) => directive.name.value === name);
}

function textOf(directive: DirectiveNode | undefined, name: string): string | null {
  const value = directive?.arguments?.find((argument) => argument.name.value === name)?.value;
  return value?.kind === Kind.STRING || value?.kind === Kind.ENUM ? value.value : null;
}

function hasFields(node: { readonly kind: Kind }): node is ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode {
  return node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.INTERFACE_TYPE_DEFINITION;
}
