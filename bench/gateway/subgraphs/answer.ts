/**
 * Answers a subgraph's operations from caches, so that the subgraphs' own work stays small beside the gateways'. The
 * data never changes, so each root field is answered on its own and kept by the variables it reads, an entity by its
 * representation: a gateway that puts the entities of many requests into one call meets the same cache.
 */
import {
  Kind,
  OperationTypeNode,
  execute,
  parse,
  print,
  visit,
  type DocumentNode,
  type ExecutionResult,
  type FieldNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
} from 'graphql';

type Variables = Readonly<Record<string, unknown>>;
/** Gives the answer to one operation as JSON text. */
type Answer = (variables: Variables) => string;
/** Gives one root field's value as JSON text; `undefined` when it had errors. */
type FieldAnswer = (variables: Variables) => string | undefined;

const documentsMax = 10_000;
const answersMax = 100_000;

/** Answers request bodies (GraphQL over HTTP, POST) for one schema. */
export function createAnswerer(schema: GraphQLSchema): (body: string) => string {
  const answers = new Map<string, Answer>();
  return (body) => {
    const request = JSON.parse(body) as { query: string; variables?: Variables | null };
    const answer = cached(answers, request.query, {
      max: documentsMax,
      make: () => createAnswer(schema, request.query),
    });
    return answer(request.variables ?? {});
  };
}

function createAnswer(schema: GraphQLSchema, query: string): Answer {
  const document = parse(query);
  const whole: Answer = (variables) => JSON.stringify(run(schema, document, variables));
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const roots = operation?.selectionSet.selections ?? [];
  const fields = roots.filter(isPlainField);
  if (operation?.operation !== OperationTypeNode.QUERY || fields.length < roots.length) return whole;

  const parts = fields.map((field) => {
    const key = (field.alias ?? field.name).value;
    return { prefix: `${JSON.stringify(key)}:`, answer: createFieldAnswer(schema, cut(document, operation, field)) };
  });
  return (variables) => {
    let text = '';
    for (const { prefix, answer } of parts) {
      const value = answer(variables);
      if (value === undefined) return whole(variables);
      text += `${text === '' ? '' : ','}${prefix}${value}`;
    }
    return `{"data":{${text}}}`;
  };
}

/** Whether a root selection is a field that is always there; only those are answered one by one. */
function isPlainField(selection: SelectionNode): selection is FieldNode {
  return selection.kind === Kind.FIELD && !selection.directives?.length;
}

/** An operation of one root field, and the variables it reads. */
interface Part {
  readonly document: DocumentNode;
  readonly key: string;
  readonly variables: readonly string[];
  /** The variable with the representations, when the field is `_entities`. */
  readonly representations: string | undefined;
}

function createFieldAnswer(schema: GraphQLSchema, part: Part): FieldAnswer {
  const answers = new Map<string, string | undefined>();
  const entities = part.representations;
  const ask = (variables: Variables): string | undefined => {
    const { data, errors } = run(schema, part.document, variables);
    const value = data?.[part.key];
    return errors === undefined ? JSON.stringify(entities === undefined ? value : (value as unknown[])[0]) : undefined;
  };
  const askOnce = (variables: Variables): string | undefined => {
    const key = JSON.stringify(part.variables.map((name) => variables[name]));
    return cached(answers, key, { max: answersMax, make: () => ask(variables) });
  };
  if (entities === undefined) return askOnce;

  return (variables) => {
    let text = '';
    for (const representation of variables[entities] as readonly unknown[]) {
      const value = askOnce({ ...variables, [entities]: [representation] });
      if (value === undefined) return undefined;
      text += text === '' ? value : `,${value}`;
    }
    return `[${text}]`;
  };
}

/** The document cut down to one root field with the fragments and variables that it needs. */
function cut(document: DocumentNode, operation: OperationDefinitionNode, field: FieldNode): Part {
  const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  const read = new Set<string>();
  const note = { Variable: (node: { name: { value: string } }) => void read.add(node.name.value) };
  for (const node of [field, ...fragments]) visit(node, note);
  const definitions = operation.variableDefinitions?.filter(({ variable }) => read.has(variable.name.value)) ?? [];
  const argument = field.arguments?.find(({ name }) => name.value === 'representations')?.value;
  const one: OperationDefinitionNode = {
    kind: Kind.OPERATION_DEFINITION,
    operation: operation.operation,
    variableDefinitions: definitions,
    selectionSet: { kind: Kind.SELECTION_SET, selections: [field] },
  };
  return {
    document: parse(print({ kind: Kind.DOCUMENT, definitions: [one, ...fragments] })),
    key: (field.alias ?? field.name).value,
    variables: definitions.map(({ variable }) => variable.name.value),
    representations: argument?.kind === Kind.VARIABLE ? argument.name.value : undefined,
  };
}

function run(schema: GraphQLSchema, document: DocumentNode, variableValues: Variables): ExecutionResult {
  const result = execute({ schema, document, variableValues });
  if (result instanceof Promise) throw new Error('Cannot answer a subgraph request: a resolver is asynchronous.');
  return result as ExecutionResult;
}

/** A value by its key, made when missing. A full cache starts over: keys come in a fixed pool, so it never does. */
function cached<T>(cache: Map<string, T>, key: string, { max, make }: { max: number; make: () => T }): T {
  const known = cache.get(key);
  if (known !== undefined) return known;
  if (cache.size >= max) cache.clear();
  const value = make();
  cache.set(key, value);
  return value;
}
