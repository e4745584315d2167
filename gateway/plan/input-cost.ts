/** What the values of arguments cost: weights of arguments, input fields and their types, and the values themselves. */
import { type GraphQLInputType, type ValueNode, Kind, getNamedType, isInputObjectType } from 'graphql';
import type { Weights } from './weights.ts';

/** An argument or input field. */
export interface InputWeight {
  /** A null is free; an object costs 1 and its fields, a list its items; a leaf is free; `@cost` says otherwise. */
  costOf(value: unknown): number;
}

/** Makes the weight of an argument or input field at a coordinate; what is below it is made when it is first met. */
export function createInputWeights({ costs }: Weights): (type: GraphQLInputType, coordinate: string) => InputWeight {
  const known = new Map<string, InputWeight>();
  const weigh = (type: GraphQLInputType, coordinate: string): InputWeight => {
    const named = getNamedType(type);
    const own = costs.get(coordinate) ?? costs.get(named.name);
    const costOf = (value: unknown): number => {
      if (value === null || value === undefined) return 0;
      if (Array.isArray(value)) return value.reduce<number>((cost, item) => cost + costOf(item), own ?? 0);
      if (typeof value !== 'object' || !isInputObjectType(named)) return own ?? 0;
      return costOfObject(value as Readonly<Record<string, unknown>>, own ?? 1);
    };
    const costOfObject = (object: Readonly<Record<string, unknown>>, start: number): number => {
      let cost = start;
      const fields = isInputObjectType(named) ? named.getFields() : {};
      for (const name in object) {
        const field = fields[name];
        if (field !== undefined) cost += find(field.type, `${named.name}.${name}`).costOf(object[name]);
      }
      return cost;
    };
    return { costOf };
  };
  const find = (type: GraphQLInputType, coordinate: string): InputWeight => {
    let weight = known.get(coordinate);
    if (weight === undefined) known.set(coordinate, (weight = weigh(type, coordinate)));
    return weight;
  };
  return find;
}

/** A value of a document, its variables in place. Enum values and numbers too large for a number are no matter here. */
export function readValue(node: ValueNode, variable: (name: string) => unknown): unknown {
  switch (node.kind) {
    case Kind.VARIABLE:
      return variable(node.name.value);
    case Kind.LIST:
      return node.values.map((item) => readValue(item, variable));
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map(({ name, value }) => [name.value, readValue(value, variable)]));
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.NULL:
      return null;
    default:
      return node.value;
  }
}

/** The size that an argument's value says, along a way of input fields: its number, or how many items it lists. */
export function sizeAt(value: unknown, way: readonly string[]): number | null {
  let inner = value;
  for (const key of way) {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) return null;
    inner = (inner as Readonly<Record<string, unknown>>)[key];
  }
  if (Array.isArray(inner)) return inner.length;
  return typeof inner === 'number' ? inner : null;
}
