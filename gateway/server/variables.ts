/** Variables as a client gave them, made what the operation says they are (GraphQL specification, section 6.1.2). */
import { type GraphQLError, type GraphQLSchema, type OperationDefinitionNode, getVariableValues } from 'graphql';
import type { RequestLimits } from '../../mesh/core/config.ts';
import { WeftError } from '../../mesh/core/error.ts';
import type { JsonObject } from '../../mesh/core/json.ts';
import { assertInputs } from '../plan/inputs.ts';
import type { Disclosed } from './disclosure.ts';

export interface VariablesOptions {
  readonly schema: GraphQLSchema;
  readonly limits: RequestLimits;
  readonly disclosed: Disclosed;
}

/** Throws `BAD_REQUEST`, in whose words nothing is named that the subject does not see. */
export function coerceVariables(
  { variableDefinitions = [] }: OperationDefinitionNode,
  inputs: JsonObject,
  { schema, limits: bounds, disclosed }: VariablesOptions,
): Readonly<Record<string, unknown>> {
  if (variableDefinitions.length === 0) return {};
  assertInputs(inputs, bounds);
  const coerce = (by: GraphQLSchema) => getVariableValues(by, variableDefinitions, inputs, { maxErrors: 10 });
  const held = disclosed.held();
  const refused = held === null ? undefined : coerce(held).errors;
  if (refused !== undefined) throw unfit(refused);
  const { coerced, errors } = coerce(schema);
  if (errors === undefined) return coerced;
  const seen = disclosed.schema();
  throw unfit(seen === schema ? errors : (coerce(seen).errors ?? []));
}

function unfit(errors: readonly GraphQLError[]): WeftError {
  const details = errors.map(({ message, locations }) => ({ message, locations }));
  const action = errors[0]?.message ?? 'Cannot read the variables';
  return new WeftError('BAD_REQUEST', { action, ...(details.length > 0 ? { details: { errors: details } } : {}) });
}
