/** Puts `@defer` on random parts of an operation. */
import { type DocumentNode, type SelectionSetNode, Kind, visit } from 'graphql';
import type { Dice } from '../federation/model.ts';

/** The operation with some of its selections in fragments that are answered later, each with a label of its own. */
export function deferSome(document: DocumentNode, dice: Dice): DocumentNode {
  const deferred = visit(document, {
    SelectionSet: { leave: (set) => (dice(2) === 0 ? deferIn(set, dice) : undefined) },
  });
  let count = 0;
  return visit(deferred, {
    Directive(directive) {
      if (directive.name.value !== 'defer') return undefined;
      return { ...directive, arguments: [argument('label', `label${count++}`)] };
    },
  });
}

/** Now and then what is deferred is selected at once as well. */
function deferIn(set: SelectionSetNode, dice: Dice): SelectionSetNode {
  const later = set.selections.filter(() => dice(2) === 0);
  if (later.length === 0) return set;
  const now = set.selections.filter((selection) => !later.includes(selection) || dice(4) === 0);
  const fragment = {
    kind: Kind.INLINE_FRAGMENT,
    directives: [{ kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: 'defer' } }],
    selectionSet: { kind: Kind.SELECTION_SET, selections: later },
  } as const;
  return { ...set, selections: dice(2) === 0 ? [fragment, ...now] : [...now, fragment] };
}

function argument(name: string, value: string) {
  return {
    kind: Kind.ARGUMENT,
    name: { kind: Kind.NAME, value: name },
    value: { kind: Kind.STRING, value },
  } as const;
}
