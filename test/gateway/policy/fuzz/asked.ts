/** What a subgraph is asked: nothing that the subject does not see, but for what conditions and keys read. */
import {
  type GraphQLNamedType,
  type GraphQLSchema,
  type SelectionSetNode,
  Kind,
  getNamedType,
  isInterfaceType,
  isObjectType,
  parse,
} from 'graphql';
import type { OraclePolicy, ReadTree } from './rule.ts';
import { type Sight, objectsOf } from './standing.ts';

export interface AskedOptions {
  /** What clients see. */
  readonly schema: GraphQLSchema;
  readonly sight: Sight;
  /** Coordinates of what conditions read below the fields of an object: by which key it is asked for is the planner's. */
  readonly readBelow: ReadonlySet<string>;
}

/** What the row conditions of a policy read below the fields of an object. */
export function readBelowBy({ rules }: OraclePolicy, schema: GraphQLSchema): ReadonlySet<string> {
  const coordinates = new Set<string>();
  const note = (type: GraphQLNamedType | undefined, reads: ReadTree, isTop: boolean): void => {
    if (!isObjectType(type) && !isInterfaceType(type)) return;
    for (const [name, below] of Object.entries(reads)) {
      if (!isTop) for (const object of objectsOf(type, schema)) coordinates.add(`${object}.${name}`);
      const given = type.getFields()[name]?.type;
      if (given !== undefined) note(getNamedType(given), below, false);
    }
  };
  for (const [coordinate, all] of rules) {
    for (const rule of all) if (rule.kind === 'rows') note(schema.getType(coordinate), rule.reads, true);
  }
  return coordinates;
}

/** Fields that a request selects though the subject sees nothing of them, by coordinate. */
export function forbiddenIn(query: string, options: AskedOptions): readonly string[] {
  const { schema } = options;
  return parse(query).definitions.flatMap((definition) => {
    if (definition.kind === Kind.FRAGMENT_DEFINITION)
      return inSet(definition.selectionSet, schema.getType(definition.typeCondition.name.value), options);
    if (definition.kind !== Kind.OPERATION_DEFINITION) return [];
    return inSet(definition.selectionSet, schema.getRootType(definition.operation) ?? undefined, options);
  });
}

function inSet(
  { selections }: SelectionSetNode,
  type: GraphQLNamedType | undefined,
  options: AskedOptions,
): readonly string[] {
  const { schema, sight } = options;
  return selections.flatMap((selection): readonly string[] => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const name = selection.typeCondition?.name.value;
      return inSet(selection.selectionSet, name === undefined ? type : schema.getType(name), options);
    }
    const name = selection.name.value;
    if (name === '_entities') return selection.selectionSet ? inSet(selection.selectionSet, undefined, options) : [];
    if (selection.alias?.value.startsWith('__rows_') || name.startsWith('__')) return [];
    const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
    if (field === undefined || isKey(type?.name ?? '', name)) return [];
    const seen = objectsOf(type, schema).map((object) => ({ object, sight: sight.field(object, name) }));
    const hidden = seen
      .filter((one) => one.sight.isDenied || one.sight.mask?.name === 'NULL')
      .filter(({ object }) => !options.readBelow.has(`${object}.${name}`));
    if (hidden.length > 0) return hidden.map(({ object }) => `${object}.${name}`);
    return selection.selectionSet ? inSet(selection.selectionSet, getNamedType(field.type), options) : [];
  });
}

/** Others are looked up by it. */
function isKey(type: string, name: string): boolean {
  return /^(id|code|a|b|ref)$/.test(name) || type === 'Media';
}
