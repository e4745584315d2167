/** Documents: parsed, validated and measured once, then known by their text. */
import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
  Kind,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import type { RequestLimits } from '../../mesh/core/config.ts';
import { WeftError } from '../../mesh/core/error.ts';
import { limits } from '../../mesh/core/limits.ts';
import { type Measure, measureDocument } from './measure.ts';
import { conditionVariables } from './normalise.ts';

export interface ParsedDocument {
  readonly text: string;
  readonly ast: DocumentNode;
  readonly operations: readonly OperationDefinitionNode[];
  /** Variables whose values decide which plan is needed. */
  readonly conditions: readonly string[];
}

export interface DocumentOptions {
  readonly schema: GraphQLSchema;
  readonly limits: RequestLimits;
  /** Default true. */
  readonly introspection?: boolean;
}

/**
 * Reads a document. Throws `GRAPHQL_PARSE_FAILED`, `GRAPHQL_VALIDATION_FAILED` (their `details.errors` hold GraphQL's
 * own errors) or `LIMIT_EXCEEDED`.
 */
export function parseDocument(text: string, options: DocumentOptions): ParsedDocument {
  const ast = parseText(text, options.limits);
  assertMeasure(measureDocument(ast), options.limits);
  const rules = options.introspection === false ? [...specifiedRules, NoSchemaIntrospectionCustomRule] : specifiedRules;
  const errors = validate(options.schema, ast, rules);
  if (errors.length > 0) throw refuseDocument('GRAPHQL_VALIDATION_FAILED', errors);
  const operations = ast.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  return { text, ast, operations, conditions: conditionVariables(ast) };
}

/** The operation to run (GraphQL specification, section 6.1, GetOperation). Throws `OPERATION_NOT_FOUND`. */
export function selectOperation(document: ParsedDocument, name: string | null): OperationDefinitionNode {
  const [only, ...others] = document.operations;
  if (name === null) {
    if (only !== undefined && others.length === 0) return only;
    throw new WeftError('OPERATION_NOT_FOUND', {
      action: 'Cannot tell which operation to run',
      found: `${document.operations.length} operations and no name`,
      wanted: 'one operation, or its name in `operationName`',
    });
  }
  const operation = document.operations.find((candidate) => candidate.name?.value === name);
  if (operation !== undefined) return operation;
  const names = document.operations.map((candidate) => `"${candidate.name?.value ?? ''}"`).join(', ');
  throw new WeftError('OPERATION_NOT_FOUND', {
    action: `Cannot run operation "${name}"`,
    found: names,
    wanted: 'its name among them',
  });
}

function parseText(text: string, { tokens }: RequestLimits): DocumentNode {
  try {
    return parse(text, { maxTokens: tokens });
  } catch (error) {
    throw refuseDocument('GRAPHQL_PARSE_FAILED', [error as GraphQLError]);
  }
}

function refuseDocument(
  code: 'GRAPHQL_PARSE_FAILED' | 'GRAPHQL_VALIDATION_FAILED',
  errors: readonly GraphQLError[],
): WeftError {
  const action = errors[0]?.message ?? 'Cannot read the document';
  return new WeftError(code, {
    action,
    details: { errors: errors.map(({ message, locations }) => ({ message, locations })) },
  });
}

function assertMeasure(measure: Measure, { depth, aliases, rootFields }: RequestLimits): void {
  const bounds = { depth, aliases, rootFields, selections: limits.documentSelectionsMax };
  for (const what of ['depth', 'aliases', 'rootFields', 'selections'] as const) {
    if (measure[what] <= bounds[what]) continue;
    throw new WeftError('LIMIT_EXCEEDED', {
      action: 'Cannot run the document',
      found: `${what} of ${measure[what]}`,
      wanted: `at most ${bounds[what]}`,
      fix: 'Ask for less at once, or split the operation.',
    });
  }
  // A key of two underscores would stand where the answer's own `__typename` is looked for.
  if (measure.reservedAlias === null) return;
  throw new WeftError('GRAPHQL_VALIDATION_FAILED', {
    action: 'Cannot run the document',
    found: `the alias "${measure.reservedAlias}"`,
    wanted: 'an alias that does not begin with two underscores: such names are reserved for introspection',
  });
}
