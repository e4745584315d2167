/**
 * Measures a document in time linear in its size: each fragment once, whatever number of times it is spread. Run before
 * validation, so it takes nothing for granted: spreads may be unknown or go in circles.
 */
import { type DocumentNode, type FragmentDefinitionNode, type SelectionSetNode, Kind } from 'graphql';

export interface Measure {
  /** Levels of fields. */
  readonly depth: number;
  readonly aliases: number;
  /** Fields at the root of the largest operation. */
  readonly rootFields: number;
  /** Selections once every fragment stands where it is spread. */
  readonly selections: number;
  /** An alias that begins with two underscores, if there is one: such keys are the schema's own. */
  readonly reservedAlias: string | null;
}

const nothing: Measure = { depth: 0, aliases: 0, rootFields: 0, selections: 0, reservedAlias: null };

/** The largest of each measure over the document's operations. */
export function measureDocument(document: DocumentNode): Measure {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const measuring: Measuring = { fragments, known: new Map() };
  return document.definitions.reduce<Measure>((largest, definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION) return largest;
    return larger(largest, measureSet(definition.selectionSet, measuring));
  }, nothing);
}

interface Measuring {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Fragments measured so far; `null` while one is being measured. */
  readonly known: Map<string, Measure | null>;
}

function measureSet(set: SelectionSetNode, measuring: Measuring): Measure {
  let total = nothing;
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      const below = selection.selectionSet ? measureSet(selection.selectionSet, measuring) : nothing;
      const alias = selection.alias?.value ?? null;
      total = together(total, {
        depth: below.depth + 1,
        aliases: below.aliases + (alias === null ? 0 : 1),
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
  const measure = measureSet(fragment.selectionSet, measuring);
  measuring.known.set(name, measure);
  return measure;
}

/** Two selections of one set. */
function together(a: Measure, b: Measure): Measure {
  return {
    depth: Math.max(a.depth, b.depth),
    aliases: a.aliases + b.aliases,
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
    rootFields: Math.max(a.rootFields, b.rootFields),
    selections: Math.max(a.selections, b.selections),
    reservedAlias: a.reservedAlias ?? b.reservedAlias,
  };
}
