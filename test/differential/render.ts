/** Random selections as the text of an operation: response keys that never clash, variables, fragments by name. */
import type { GraphQLSchema } from 'graphql';
import { isObjectType } from 'graphql';
import type { Json, JsonObject } from '../../mesh/core/json.ts';

export interface Operation {
  readonly query: string;
  readonly variables: JsonObject;
}

export type Selection = FieldSelection | FragmentSelection;

export interface FieldSelection {
  readonly kind: 'field';
  /** The type that has the field. */
  readonly type: string;
  readonly field: string;
  readonly args: Readonly<Record<string, Argument>>;
  /** Selections with the same number, field and arguments share a response key. */
  readonly alias: number;
  readonly condition: Condition | null;
  readonly selections: readonly Selection[];
}

export interface FragmentSelection {
  readonly kind: 'fragment';
  readonly style: 'plain' | 'typed' | 'named';
  readonly type: string;
  readonly condition: Condition | null;
  readonly selections: readonly Selection[];
}

/** How a value is written: in its place, as a variable, as a variable's default, or as a variable that has neither. */
export interface Argument {
  readonly given: 'literal' | 'variable' | 'default' | 'absent';
  readonly type: string;
  readonly value: Json;
}

export interface Condition {
  readonly directive: 'skip' | 'include';
  readonly argument: Argument;
}

export interface RenderOptions {
  readonly schema: GraphQLSchema;
  /** Names every response key after another field of its type, so that keys of entities hide behind what is none. */
  readonly shadow: boolean;
}

/** The operation that asks for these selections of `Query`. */
export function render(selections: readonly Selection[], options: RenderOptions): Operation {
  const rendering: Rendering = {
    ...options,
    keys: new Map(),
    used: new Map(),
    variables: new Map(),
    fragments: new Map(),
  };
  const body = renderSet(selections, rendering);
  const variables = [...rendering.variables].map(([text, { argument }], index) => {
    const otherwise = argument.given === 'default' ? ` = ${JSON.stringify(argument.value)}` : '';
    return { name: `v${index}`, argument, text, definition: `$v${index}: ${argument.type}${otherwise}` };
  });
  const definitions = variables.map(({ definition }) => definition).join(', ');
  const fragments = [...rendering.fragments].map(([text, name]) => `fragment ${name} ${text}`);
  const given = variables.filter(({ argument }) => argument.given === 'variable');
  return {
    query: [`query Generated${definitions && `(${definitions})`} ${body}`, ...fragments].join('\n'),
    variables: Object.fromEntries(given.map(({ name, argument }) => [name, argument.value])),
  };
}

interface Rendering extends RenderOptions {
  /** Response keys by what they stand for. */
  readonly keys: Map<string, string>;
  /** How many keys were made of a name. */
  readonly used: Map<string, number>;
  /** Names and values of variables, by what they are. */
  readonly variables: Map<string, { readonly name: string; readonly argument: Argument }>;
  /** Names of fragments, by their text. */
  readonly fragments: Map<string, string>;
}

function renderSet(selections: readonly Selection[], rendering: Rendering): string {
  return `{ ${selections.map((selection) => renderSelection(selection, rendering)).join(' ')} }`;
}

function renderSelection(selection: Selection, rendering: Rendering): string {
  const { condition, selections, type } = selection;
  const directive = condition ? ` @${condition.directive}(if: ${renderValue(condition.argument, rendering)})` : '';
  if (selection.kind === 'field') {
    const args = renderArguments(selection.args, rendering);
    const key = keyOf(selection, args, rendering);
    const alias = key === selection.field ? '' : `${key}: `;
    const set = selections.length === 0 ? '' : ` ${renderSet(selections, rendering)}`;
    return `${alias}${selection.field}${args}${directive}${set}`;
  }
  const set = renderSet(selections, rendering);
  if (selection.style === 'plain') return `...${directive} ${set}`;
  if (selection.style === 'typed') return `... on ${type}${directive} ${set}`;
  const text = `on ${type} ${set}`;
  const name = rendering.fragments.get(text) ?? `F${rendering.fragments.size}`;
  rendering.fragments.set(text, name);
  return `...${name}${directive}`;
}

function renderArguments(args: FieldSelection['args'], rendering: Rendering): string {
  const texts = Object.entries(args).map(([name, argument]) => `${name}: ${renderValue(argument, rendering)}`);
  return texts.length === 0 ? '' : `(${texts.join(', ')})`;
}

/** Equal values are one variable. */
function renderValue(argument: Argument, { variables }: Rendering): string {
  if (argument.given === 'literal') return JSON.stringify(argument.value);
  const text = JSON.stringify([argument.type, argument.given, argument.given === 'absent' ? null : argument.value]);
  const variable = variables.get(text) ?? { name: `v${variables.size}`, argument };
  variables.set(text, variable);
  return `$${variable.name}`;
}

/** The same key for the same question; the first question of a name has the name itself. */
function keyOf({ type, field, alias }: FieldSelection, args: string, { keys, used, ...options }: Rendering): string {
  if (field === '__typename') return alias === 0 ? field : 'typename';
  const question = `${type}.${field}${args} ${alias}`;
  const known = keys.get(question);
  if (known !== undefined) return known;
  const name = options.shadow ? nextField(type, field, options.schema) : field;
  const count = used.get(`${type}.${name}`) ?? 0;
  used.set(`${type}.${name}`, count + 1);
  const key = count === 0 ? name : `${name}_${count}`;
  keys.set(question, key);
  return key;
}

function nextField(typeName: string, field: string, schema: GraphQLSchema): string {
  const type = schema.getType(typeName);
  const names = isObjectType(type) ? Object.keys(type.getFields()) : [];
  return names[(names.indexOf(field) + 1) % names.length] ?? field;
}
