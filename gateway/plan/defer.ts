/**
 * Fragments that a client wants later (`@defer`). In a normalised operation each of them has one position; here each gets
 * a label of its own, by which planner, shape and answer know it, whatever the client calls it.
 */
import {
  type ASTNode,
  type DirectiveNode,
  type OperationDefinitionNode,
  type SelectionNode,
  Kind,
  visit,
} from 'graphql';
import { WeftError } from '../../mesh/core/error.ts';
import { limits } from '../../mesh/core/limits.ts';

/** The client's labels by ours; `null` where it gave none. */
export type DeferLabels = ReadonlyMap<string, string | null>;

export interface LabelledOperation {
  readonly operation: OperationDefinitionNode;
  readonly labels: DeferLabels;
}

/** Whether `@defer` stands anywhere below a node. */
export function hasDefer(node: ASTNode): boolean {
  let isFound = false;
  visit(node, { Directive: (directive) => void (isFound ||= isDefer(directive)) });
  return isFound;
}

/** Gives each deferred fragment a label that no other has. Throws `LIMIT_EXCEEDED` for too many of them. */
export function labelDefers(operation: OperationDefinitionNode): LabelledOperation {
  const labels = new Map<string, string | null>();
  const labelled = visit(operation, {
    Directive(directive) {
      if (!isDefer(directive)) return undefined;
      const label = `d${labels.size}`;
      labels.set(label, labelOf(directive));
      return { ...directive, arguments: [labelArgument(label)] };
    },
  });
  if (labels.size > limits.documentDefersMax) {
    throw new WeftError('LIMIT_EXCEEDED', {
      action: 'Cannot run the document',
      found: `${labels.size} deferred fragments`,
      wanted: `at most ${limits.documentDefersMax}`,
      fix: 'Defer less, or split the operation.',
    });
  }
  return { operation: labelled, labels };
}

/** The operation with every fragment answered at once. */
export function withoutDefers(operation: OperationDefinitionNode): OperationDefinitionNode {
  return visit(operation, { Directive: (directive) => (isDefer(directive) ? null : undefined) });
}

/** The label of a selection that is answered later; `null` when it is not. */
export function deferLabel(selection: SelectionNode): string | null {
  const directive = selection.directives?.find(isDefer);
  return directive === undefined ? null : labelOf(directive);
}

function isDefer(directive: DirectiveNode): boolean {
  return directive.name.value === 'defer';
}

function labelOf(directive: DirectiveNode): string | null {
  const value = directive.arguments?.find(({ name }) => name.value === 'label')?.value;
  return value?.kind === Kind.STRING ? value.value : null;
}

function labelArgument(value: string) {
  return {
    kind: Kind.ARGUMENT,
    name: { kind: Kind.NAME, value: 'label' },
    value: { kind: Kind.STRING, value },
  } as const;
}
