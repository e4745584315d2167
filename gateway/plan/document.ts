/** Documents: parsed, validated and measured once, then known by their text. */
import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
  Kind,
  Lexer,
  NoSchemaIntrospectionCustomRule,
  Source,
  TokenKind,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import type { RequestLimits } from '../../mesh/core/config.ts';
import { WeftError } from '../../mesh/core/error.ts';
import { limits } from '../../mesh/core/limits.ts';
import { deferRules } from './defer-rules.ts';
import { hasDefer } from './defer.ts';
import { type Measure, measureDocument } from './measure.ts';
import { conditionVariables } from './normalise.ts';

export interface ParsedDocument {
  readonly text: string;
  readonly ast: DocumentNode;
  readonly operations: readonly OperationDefinitionNode[];
  /** Variables whose values decide which plan is needed. */
  readonly conditions: readonly string[];
  /** Whether `@defer` stands anywhere in it. */
  readonly isDeferring: boolean;
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
  const rules = options.introspection === false ? [...allRules, NoSchemaIntrospectionCustomRule] : allRules;
  const errors = validate(options.schema, ast, rules);
  if (errors.length > 0) throw refuseDocument('GRAPHQL_VALIDATION_FAILED', errors);
  const operations = ast.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  return { text, ast, operations, conditions: conditionVariables(ast), isDeferring: hasDefer(ast) };
}

const allRules = [...specifiedRules, ...deferRules];

/** A document that fits a part of a schema and not the whole of it, as no client can know. */
export function unfitDocument(): WeftError {
  return new WeftError('GRAPHQL_VALIDATION_FAILED', {
    action: 'Cannot run the document',
    found: 'something that does not fit the schema',
  });
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

function parseText(text: string, bounds: RequestLimits): DocumentNode {
  try {
    assertTokens(text, bounds);
    return parse(text);
  } catch (error) {
    if (error instanceof WeftError) throw error;
    throw refuseDocument('GRAPHQL_PARSE_FAILED', [error as GraphQLError]);
  }
}

/** Looks at a document's length and at its brackets before it is parsed, for parsing goes as deep as they do. */
function assertTokens(text: string, bounds: RequestLimits): void {
  // Each level of fields has a pair of its own; what is left is for the values of arguments.
  const nestingMax = 2 * bounds.depth + limits.documentNestingMax;
  const lexer = new Lexer(new Source(text));
  let [tokens, nesting] = [0, 0];
  for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
    tokens += 1;
    if (tokens > bounds.tokens) throw beyond('tokens', `more than ${bounds.tokens}`, bounds.tokens);
    if (opening.has(token.kind)) nesting += 1;
    else if (closing.has(token.kind)) nesting -= 1;
    if (nesting > nestingMax) throw beyond('nesting', `more than ${nestingMax} brackets`, nestingMax);
  }
}

const opening = new Set<TokenKind>([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const closing = new Set<TokenKind>([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

function beyond(what: string, found: string | number, most: number): WeftError {
  return new WeftError('LIMIT_EXCEEDED', {
    action: 'Cannot run the document',
    found: `${what} of ${found}`,
    wanted: `at most ${most}`,
    fix: 'Ask for less at once, or split the operation.',
  });
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

function assertMeasure(measure: Measure, { depth, aliases, directives, rootFields }: RequestLimits): void {
  const bounds = { depth, aliases, directives, rootFields, selections: limits.documentSelectionsMax };
  for (const what of ['depth', 'aliases', 'directives', 'rootFields', 'selections'] as const) {
    if (measure[what] > bounds[what]) throw beyond(what, measure[what], bounds[what]);
  }
  // A key of two underscores would stand where the answer's own `__typename` is looked for.
  if (measure.reservedAlias === null) return;
  throw new WeftError('GRAPHQL_VALIDATION_FAILED', {
    action: 'Cannot run the document',
    found: `the alias "${measure.reservedAlias}"`,
    wanted: 'an alias that does not begin with two underscores: such names are reserved for introspection',
  });
}
