/**
 * Which required objects a client could take away from those who require them: by selecting, in the same field, something else that
 * must not be null, and fails. The null travels up, and what was required is gone with it, though nothing is wrong with that. Such
 * operations are planned so that what is required is asked for beside what the client selects (`requirement.ts`).
 */
import { type DocumentNode, type FieldDefinitionNode, type SelectionSetNode, Kind, parse, visit } from 'graphql';
import { type IsFragile, parseRequired, requiredIn } from './requirement.ts';

export interface Risks {
  /** Whether a required field, with what is required of its objects, could be lost to what else is selected of them. */
  readonly isFragile: IsFragile;
  /** Whether an operation without fragment spreads selects what could take away what others of its fields require. */
  isAtRisk(document: DocumentNode): boolean;
}

/** Reads the requirements of a supergraph schema. Fields are told apart by their names alone, of whatever type they are. */
export function readRisks(supergraph: DocumentNode): Risks {
  const fields = readFields(supergraph);
  const requirements = readRequired(supergraph);
  const fragile = requirements.filter(({ field, below }) => isLosable(field, { below, selected: null }, fields));
  return {
    isFragile: ({ name, selectionSet }) =>
      selectionSet !== undefined && isLosable(name.value, { below: selectedIn(selectionSet), selected: null }, fields),
    isAtRisk(document) {
      if (fragile.length === 0) return false;
      const selections = selectionsIn(document);
      return fragile.some(
        ({ field, below, by }) =>
          selections.get(field)?.some((selected) => isLosable(field, { below, selected }, fields)) === true &&
          wanting(by, requirements).some((name) => selections.has(name)),
      );
    },
  };
}

/** A field that another requires. */
interface Required {
  readonly field: string;
  /** What is required of its objects. */
  readonly below: Selected;
  /** The field that requires it. */
  readonly by: string;
}

/** What is required of objects and what is selected of them; everything, if `null`. */
interface Beside {
  readonly below: Selected;
  readonly selected: Selected | null;
}

function isLosable(field: string, beside: Beside, fields: Fields): boolean {
  return fields.given(field).some((type) => isLosableOf(type, beside, fields));
}

function isLosableOf(type: string, { below, selected }: Beside, fields: Fields): boolean {
  return fields.fieldsOf(type).some((field) => {
    const name = field.name.value;
    const inner = selected === null ? null : selected.get(name);
    if (field.type.kind !== Kind.NON_NULL_TYPE || inner === undefined) return false;
    const required = below.get(name);
    // What objects are told apart by is always there.
    if (required === undefined) return !fields.keys.has(name);
    return isLosableOf(namedTypeOf(field), { below: required, selected: inner }, fields);
  });
}

/** All fields that are required, also those below others. */
function readRequired(supergraph: DocumentNode): readonly Required[] {
  const found: Required[] = [];
  visit(supergraph, {
    FieldDefinition({ name: { value: by }, directives = [] }) {
      for (const directive of directives.filter(({ name }) => name.value === 'join__field')) {
        visit(directive, {
          enter(node) {
            const required = requiredIn(node);
            if (required === null) return;
            visit(parseRequired(required.value).document, {
              Field({ name, selectionSet }) {
                found.push({ field: name.value, below: selectionSet ? selectedIn(selectionSet) : new Map(), by });
              },
            });
          },
        });
      }
    },
  });
  return found;
}

/** A field and those that require it, themselves or by what they require. */
function wanting(field: string, requirements: readonly Required[]): readonly string[] {
  const names = new Set([field]);
  for (const name of names) for (const { field: required, by } of requirements) if (required === name) names.add(by);
  return [...names];
}

/** By the names of an operation's fields, what is selected below each. */
function selectionsIn(document: DocumentNode): ReadonlyMap<string, readonly Selected[]> {
  const found = new Map<string, Selected[]>();
  visit(document, {
    Field({ name, selectionSet }) {
      const known = found.get(name.value) ?? [];
      found.set(name.value, known);
      if (selectionSet) known.push(selectedIn(selectionSet));
    },
  });
  return found;
}

interface Fields {
  /** The types that fields of a name give. */
  given(field: string): readonly string[];
  /** The fields of a type, and of those that its objects may be. */
  fieldsOf(type: string): readonly FieldDefinitionNode[];
  /** Names of fields that some key consists of. */
  readonly keys: ReadonlySet<string>;
}

function readFields(supergraph: DocumentNode): Fields {
  const [given, fields, members] = [
    new Map<string, string[]>(),
    new Map<string, readonly FieldDefinitionNode[]>(),
    new Map<string, string[]>(),
  ];
  const keys = new Set<string>();
  const add = (map: Map<string, string[]>, key: string, value: string) =>
    map.set(key, [...(map.get(key) ?? []), value]);
  for (const type of supergraph.definitions) {
    if (type.kind === Kind.UNION_TYPE_DEFINITION) {
      for (const { name } of type.types ?? []) add(members, type.name.value, name.value);
    }
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION && type.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    fields.set(type.name.value, type.fields ?? []);
    for (const { name } of type.interfaces ?? []) add(members, name.value, type.name.value);
    for (const field of type.fields ?? []) add(given, field.name.value, namedTypeOf(field));
  }
  visit(supergraph, {
    Argument({ name, value }) {
      if (name.value !== 'key' || value.kind !== Kind.STRING) return;
      visit(parse(`{ ${value.value} }`), { Field: (field) => void keys.add(field.name.value) });
    },
  });
  return {
    given: (field) => given.get(field) ?? [],
    fieldsOf: (type) => [type, ...(members.get(type) ?? [])].flatMap((name) => fields.get(name) ?? []),
    keys,
  };
}

function namedTypeOf({ type }: FieldDefinitionNode): string {
  let inner = type;
  while (inner.kind !== Kind.NAMED_TYPE) inner = inner.type;
  return inner.name.value;
}

/** Names of selected fields, each with those selected below it. */
type Selected = Map<string, Selected>;

function selectedIn({ selections }: SelectionSetNode, found: Selected = new Map()): Selected {
  for (const selection of selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      selectedIn(selection.selectionSet, found);
      continue;
    }
    const below: Selected = found.get(selection.name.value) ?? new Map();
    found.set(selection.name.value, below);
    if (selection.selectionSet) selectedIn(selection.selectionSet, below);
  }
  return found;
}
