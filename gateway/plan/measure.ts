/**
 * Measures a document in time linear in its size: each fragment once, whatever number of times it is spread. Run before
 * validation, so it takes nothing for granted: spreads may be unknown or go in circles.
 */
import {
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  Kind,
} from 'graphql';

export interface Measure {
  /** Levels of fields. */
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  /** Fields at the root of the largest operation. */
  readonly rootFields: number;
  /** Selections once every fragment stands where it is spread. */
  readonly selections: number;
  /** An alias that begins with two underscores, if there is one: such keys are the schema's own. */
  readonly reservedAlias: string | null;
}

const nothing: Measure = { depth: 0, aliases: 0, directives: 0, rootFields: 0, selections: 0, reservedAlias: null };

/** The largest of each measure over the document's operations. */
export function measureDocument(document: DocumentNode): Measure {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const measuring: Measuring = { fragments, known: new Map() };
  return document.definitions.reduce<Measure>((largest, definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION) return largest;
    return larger(largest, together(directivesOf(definition), measureSet(definition.selectionSet, measuring)));
  }, nothing);
}

/** The directives on an operation itself and on its variables. */
function directivesOf({ directives, variableDefinitions = [] }: OperationDefinitionNode): Measure {
  const all = [directives, ...variableDefinitions.map((variable) => variable.directives)];
  return { ...nothing, directives: all.reduce((count, one) => count + countOf(one), 0) };
}

function countOf(directives: readonly DirectiveNode[] | undefined): number {
  return directives?.length ?? 0;
}

interface Measuring {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Fragments measured so far; `null` while one is being measured. */
  readonly known: Map<string, Measure | null>;
}

function measureSet(set: SelectionSetNode, measuring: Measuring): Measure {
  let total = nothing;
  for (const selection of set.selections) {
    const directives = countOf(selection.directives);
    if (directives > 0) total = { ...total, directives: total.directives + directives };
    if (selection.kind === Kind.FIELD) {
      const below = selection.selectionSet ? measureSet(selection.selectionSet, measuring) : nothing;
      const alias = selection.alias?.value ?? null;
      total = together(total, {
        depth: below.depth + 1,
        aliases: below.aliases + (alias === null ? 0 : 1),
        directives: below.directives,
        rootFields: 1,
        selections: below.selections + 1,
        reservedAlias: alias?.startsWith('__') ? alias : below.reservedAlias,
      });
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      total = together(total, measureSet(selection.selectionSet, measuring));
    } else {
      total = together(total, measureFragment(selection.name.value, measuring));
    }
  }
  return total;
}

function measureFragment(name: string, measuring: Measuring): Measure {
  const known = measuring.known.get(name);
  // Validation refuses circles; they only must not keep us here.
  if (known === null) return nothing;
  if (known !== undefined) return known;
  const fragment = measuring.fragments.get(name);
  if (fragment === undefined) return nothing;
  measuring.known.set(name, null);
  const inner = measureSet(fragment.selectionSet, measuring);
  const measure = { ...inner, directives: inner.directives + countOf(fragment.directives) };
  measuring.known.set(name, measure);
  return measure;
}

/** Two selections of one set. */
function together(a: Measure, b: Measure): Measure {
  return {
    depth: Math.max(a.depth, b.depth),
    aliases: a.aliases + b.aliases,
    directives: a.directives + b.directives,
    rootFields: a.rootFields + b.rootFields,
    selections: a.selections + b.selections,
    reservedAlias: a.reservedAlias ?? b.reservedAlias,
  };
}

/** Two operations of one document. */
function larger(a: Measure, b: Measure): Measure {
  return {
    depth: Math.max(a.depth, b.depth),
    aliases: Math.max(a.aliases, b.aliases),
    directives: Math.max(a.directives, b.directives),
    rootFields: Math.max(a.rootFields, b.rootFields),
    selections: Math.max(a.selections, b.selections),
    reservedAlias: a.reservedAlias ?? b.reservedAlias,
  };
}
