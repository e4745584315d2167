/**
 * Labels of progressive overrides: `@override(from:, label:)` moves a field to another subgraph only for requests in which
 * its label is on. `percent(n)` is on for n of a hundred requests; any other is on when configuration says so.
 */
import {
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  Kind,
  TypeInfo,
  isAbstractType,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { Clock } from '../../mesh/core/clock.ts';

/** Labels by the types whose fields they move. */
export type Labels = ReadonlyMap<string, ReadonlySet<string>>;

/** Reads the labels of a supergraph schema. */
export function readLabels(supergraph: DocumentNode): Labels {
  const labels = new Map<string, Set<string>>();
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    const type = definition.name.value;
    visit(definition, {
      Directive({ name, arguments: args = [] }) {
        if (name.value !== 'join__field') return;
        const label = args.find((argument) => argument.name.value === 'overrideLabel')?.value;
        if (label?.kind === Kind.STRING) labels.set(type, (labels.get(type) ?? new Set()).add(label.value));
      },
    });
  }
  return labels;
}

/** The labels that can bear on an operation: those of the types that it goes through, sorted. */
export function labelsOf(operation: OperationDefinitionNode, schema: GraphQLSchema, labels: Labels): readonly string[] {
  if (labels.size === 0) return [];
  const found = new Set<string>();
  const typeInfo = new TypeInfo(schema);
  const enter = (): void => {
    const type = typeInfo.getParentType();
    if (!type) return;
    for (const { name } of [type, ...(isAbstractType(type) ? schema.getPossibleTypes(type) : [])]) {
      for (const label of labels.get(name) ?? []) found.add(label);
    }
  };
  visit(operation, visitWithTypeInfo(typeInfo, { Field: { enter } }));
  return [...found].toSorted();
}

export interface LabelOptions {
  /** Labels that are on; `percent(n)` is none of them. */
  readonly on: ReadonlySet<string>;
  readonly clock: Pick<Clock, 'randomBytes'>;
}

/** The labels that are on for one request. */
export function drawLabels(labels: readonly string[], { on, clock }: LabelOptions): ReadonlySet<string> {
  return new Set(
    labels.filter((label) => {
      const percent = /^percent\((\d+(?:\.\d+)?)\)$/.exec(label)?.[1];
      return percent === undefined ? on.has(label) : drawPercent(clock) < Number(percent);
    }),
  );
}

/** A number from 0 up to 100, which it never reaches. */
function drawPercent(clock: LabelOptions['clock']): number {
  return (new DataView(clock.randomBytes(4).slice().buffer).getUint32(0) / 2 ** 32) * 100;
}
