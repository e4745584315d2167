/** Decides which objects of a result exist for a subject. Whatever cannot be decided does not. */
import { type GraphQLSchema, isObjectType } from 'graphql';
import type { RowFilter } from '../../mesh/policy/row-condition.ts';
import type { RowsRule } from '../../mesh/policy/rules.ts';
import type { Verdicts } from '../../mesh/policy/view.ts';
import { readRow } from './row-values.ts';
import { edgeNode, rowKey } from './rows.ts';

export interface RowTestOptions {
  readonly schema: GraphQLSchema;
  readonly filtersOf: (type: string) => readonly RowsRule[];
}

/** What there is to know of one request. */
export interface RowTesting {
  readonly verdicts: Verdicts;
  /** Whether a null is one. It may be what became of a value that could not be had. */
  readonly trustsNulls: boolean;
}

type ResultObject = Readonly<Record<string, unknown>>;

/** Whether an object of a type does not exist. The type is an abstract one where nothing more is known. */
export type IsHidden = (type: string, object: ResultObject) => boolean;

/** Made once for an operation, asked for each object of a result, each object worked out once. */
export type RowTest = (testing: RowTesting) => IsHidden;

export function createRowTest({ schema, filtersOf }: RowTestOptions): RowTest {
  const binding = new Map<string, Binding>();
  const bindingOf = (name: string): Binding => {
    let known = binding.get(name);
    if (known === undefined) binding.set(name, (known = bindingFor(name, { schema, filtersOf })));
    return known;
  };
  return ({ verdicts, trustsNulls }) => {
    const reading = { schema, trustsNulls };
    const decided = new Map<ResultObject, boolean>();
    const passes = (type: string, object: ResultObject, { filter }: { readonly filter: RowFilter }): boolean => {
      if (filter.text === 'true') return true;
      const objectType = schema.getType(type);
      if (filter.text === 'false' || !isObjectType(objectType)) return false;
      const values = readRow(objectType, object, { tree: filter.fields, reading });
      return values !== null && filter.holds(values);
    };
    const decide: IsHidden = (type, object) => {
      const { rules, node } = bindingOf(type);
      const isKept = rules.every((rule) => {
        const verdict = verdicts.get(rule);
        return verdict?.kind === 'filter' && passes(type, object, verdict);
      });
      return !isKept || (node !== null && isNodeHidden(object[rowKey(type, 'node')], node));
    };
    const isNodeHidden = (value: unknown, declared: string): boolean => {
      if (value === null && trustsNulls) return false;
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return true;
      const object = value as ResultObject;
      const type = isObjectType(schema.getType(declared)) ? declared : (object['__typename'] ?? declared);
      return typeof type !== 'string' || isHidden(type, object);
    };
    const isHidden: IsHidden = (type, object) => {
      const { rules, node } = bindingOf(type);
      if (rules.length === 0 && node === null) return false;
      let known = decided.get(object);
      if (known === undefined) decided.set(object, (known = decide(type, object)));
      return known;
    };
    return isHidden;
  };
}

interface Binding {
  readonly rules: readonly RowsRule[];
  /** Of an edge: the declared type of its node, where some nodes may not exist. */
  readonly node: string | null;
}

function bindingFor(name: string, { schema, filtersOf }: RowTestOptions): Binding {
  const type = schema.getType(name);
  const node = isObjectType(type) ? edgeNode(type) : null;
  return { rules: filtersOf(name), node: node !== null && filtersOf(node.name).length > 0 ? node.name : null };
}
