/**
 * What fields, arguments and types cost, and how long lists are: `@cost` and `@listSize` of a supergraph (the cost
 * specification of Federation, v0.1), by coordinate.
 */
import {
  type ConstDirectiveNode,
  type ConstValueNode,
  type DocumentNode,
  Kind,
  isTypeSystemDefinitionNode,
  isTypeSystemExtensionNode,
} from 'graphql';
import { argumentOf, itemsOf, linksOf, textOf } from '../../mesh/policy/directive.ts';

export interface Weights {
  /** By `Type`, `Type.field`, `Type.field(argument:)`, `Input.field`. */
  readonly costs: ReadonlyMap<string, number>;
  /** By `Type.field`. */
  readonly listSizes: ReadonlyMap<string, ListSize>;
}

export interface ListSize {
  readonly assumedSize: number | null;
  /** The ways to the arguments that say how long the list is: `["first"]`, `["page", "first"]`. */
  readonly slicingArguments: readonly (readonly string[])[];
  /** The fields of what is answered that are the lists in question; none: the field itself is. */
  readonly sizedFields: ReadonlySet<string>;
  readonly requireOneSlicingArgument: boolean;
}

/** Reads the weights of a supergraph's document. */
export function readWeights(document: DocumentNode): Weights {
  const reading: Reading = { names: directiveNames(document), costs: new Map(), listSizes: new Map() };
  for (const definition of document.definitions) {
    if (!isTypeSystemDefinitionNode(definition) && !isTypeSystemExtensionNode(definition)) continue;
    if (!('name' in definition) || !('directives' in definition)) continue;
    const type = definition.name.value;
    read(reading, type, definition.directives);
    if (!('fields' in definition)) continue;
    for (const field of definition.fields ?? []) {
      const coordinate = `${type}.${field.name.value}`;
      read(reading, coordinate, field.directives);
      if (field.kind !== Kind.FIELD_DEFINITION) continue;
      for (const argument of field.arguments ?? []) {
        read(reading, `${coordinate}(${argument.name.value}:)`, argument.directives);
      }
    }
  }
  return reading;
}

interface Reading {
  readonly names: { readonly cost: string; readonly listSize: string };
  readonly costs: Map<string, number>;
  readonly listSizes: Map<string, ListSize>;
}

/** Directives are called as they are imported, else by the link's namespace. */
function directiveNames(document: DocumentNode): Reading['names'] {
  const link = linksOf(document).find(({ url }) => url.startsWith('https://specs.apollo.dev/cost/'));
  const namespace = link?.as ?? 'cost';
  return {
    cost: link?.imports.get('@cost')?.slice(1) ?? namespace,
    listSize: link?.imports.get('@listSize')?.slice(1) ?? (link ? `${namespace}__listSize` : 'listSize'),
  };
}

function read(
  { names, costs, listSizes }: Reading,
  coordinate: string,
  directives: readonly ConstDirectiveNode[] | undefined,
): void {
  for (const directive of directives ?? []) {
    if (directive.name.value === names.cost) {
      const weight = numberOf(argumentOf(directive, 'weight'));
      if (weight !== null) costs.set(coordinate, weight);
    } else if (directive.name.value === names.listSize) listSizes.set(coordinate, readListSize(directive));
  }
}

function readListSize(directive: ConstDirectiveNode): ListSize {
  const texts = (name: string) => itemsOf(argumentOf(directive, name)).flatMap((item) => textOf(item) ?? []);
  const isRequired = argumentOf(directive, 'requireOneSlicingArgument');
  return {
    assumedSize: numberOf(argumentOf(directive, 'assumedSize')),
    slicingArguments: texts('slicingArguments').map((way) => way.split('.')),
    sizedFields: new Set(texts('sizedFields')),
    requireOneSlicingArgument: isRequired?.kind !== Kind.BOOLEAN || isRequired.value,
  };
}

/** IBM's specification has weights as texts, Federation's as whole numbers. */
function numberOf(node: ConstValueNode | undefined): number | null {
  if (node?.kind !== Kind.INT && node?.kind !== Kind.FLOAT && node?.kind !== Kind.STRING) return null;
  const number = Number(node.value);
  return node.value !== '' && Number.isFinite(number) ? number : null;
}
