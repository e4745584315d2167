/**
 * The life of one request: document → operation → variables → authorize → plan → execute → shape → record. What comes
 * before (admitting it, telling who asks) is the transports' part.
 */
import { type GraphQLError, type OperationDefinitionNode, OperationTypeNode, getVariableValues } from 'graphql';
import type { RequestLimits } from '../../mesh/core/config.ts';
import { WeftError } from '../../mesh/core/error.ts';
import type { JsonObject } from '../../mesh/core/json.ts';
import { limits } from '../../mesh/core/limits.ts';
import type { Subgraph } from '../../mesh/core/subgraph.ts';
import type { Subject } from '../../mesh/core/subject.ts';
import type { Rule } from '../../mesh/policy/rules.ts';
import { type NamedPolicies, decideRule } from '../../mesh/policy/view.ts';
import { type CompiledOperation, compileOperation, writeAnswer } from '../execute/operation.ts';
import { type ExecutionContext, createResult, runGroups } from '../execute/run.ts';
import { compileProgram } from '../splice/program.ts';
import { type RunningProgram, runProgram, startProgram } from '../splice/run.ts';
import { type Cache, createCache } from '../plan/cache.ts';
import { createCostLimit } from '../plan/cost-limit.ts';
import { type ParsedDocument, parseDocument, selectOperation } from '../plan/document.ts';
import { assertInputs } from '../plan/inputs.ts';
import { normaliseOperation } from '../plan/normalise.ts';
import type { AccessRecorder } from '../policy/access.ts';
import { rulesOf } from '../policy/prune.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import type { Report } from './failure.ts';
import type { Gateway, OperationRequest, OperationResult } from './operation.ts';
import { refusal } from './refusal.ts';
import { streamAnswers } from './stream.ts';

export interface PipelineOptions {
  readonly supergraph: Supergraph;
  readonly subgraphs: ReadonlyMap<string, Subgraph>;
  readonly policies: NamedPolicies;
  readonly limits: RequestLimits;
  readonly recorder: AccessRecorder | null;
  readonly report: Report;
}

/** What a request came to. */
export interface PipelineAnswer extends OperationResult {
  /** `null` when the request was refused before there was one. */
  readonly operation: CompiledOperation | null;
}

export interface Pipeline extends Gateway {
  /** `execute`, and which operation it was. */
  answer(request: OperationRequest, signal: AbortSignal): Promise<PipelineAnswer>;
}

/** A request that is ready to be sent to subgraphs. */
interface PreparedOperation {
  readonly operation: CompiledOperation;
  /** `null` when the operation can only be executed the general way. */
  readonly program: RunningProgram | null;
  readonly context: ExecutionContext;
  /** The client's own variables: introspection coerces them itself. */
  readonly variables: JsonObject;
}

export function createPipeline(options: PipelineOptions): Pipeline {
  const plans = createPlans(options);
  const assertCost = createCostLimit(options);

  const prepare = (request: OperationRequest, signal: AbortSignal): PreparedOperation => {
    const document = plans.document(request.query);
    const operation = selectOperation(document, request.operationName);
    assertMethod(operation, request);
    const variables = coerceVariables(operation, request.variables, options);
    assertCost?.(document, operation, variables);
    const compiled = plans.operation(document, { operation, variables, subject: request.subject });
    const { headers, subject } = request;
    const context = { subgraphs: options.subgraphs, variables, headers, subject, signal };
    return { ...compiled, context, variables: request.variables };
  };

  const run = async (prepared: PreparedOperation): Promise<PipelineAnswer> => {
    const { operation, variables } = prepared;
    const outcome = await splice(prepared);
    if ('body' in outcome) {
      options.recorder?.record(operation, prepared.context.subject);
      const body = outcome.latin1 ? Buffer.from(outcome.body, 'latin1').toString() : outcome.body;
      return { body, executed: true, status: 200, operation };
    }
    const { context } = outcome;
    const result = createResult(operation.introspect?.(variables));
    if (operation.introspect !== null) result.plain = false;
    await runGroups(operation.groups, result, context);
    const body = writeAnswer(operation, result);
    options.recorder?.record(operation, context.subject);
    return { body, executed: true, status: 200, operation };
  };

  const answer: Pipeline['answer'] = async (request, signal) => {
    try {
      const prepared = prepare(request, signal);
      if (prepared.operation.kind === OperationTypeNode.SUBSCRIPTION) throw subscriptionRefused();
      return await run(prepared);
    } catch (error) {
      return { ...refusal(error, options.report), operation: null };
    }
  };

  return {
    answer,
    execute: answer,
    async subscribe(request, signal) {
      try {
        const prepared = prepare(request, signal);
        if (prepared.operation.source === null) return await run(prepared);
        options.recorder?.record(prepared.operation, request.subject);
        return { stream: streamAnswers(prepared.operation, prepared.operation.source, prepared.context) };
      } catch (error) {
        return refusal(error, options.report);
      }
    },
  };
}

/** Answers a prepared operation by its program if that can be; else gives the context to execute it in. */
function splice({
  program,
  context,
}: PreparedOperation): ReturnType<typeof runProgram> | { context: ExecutionContext } {
  return program === null || program.misses > missesMax ? { context } : runProgram(program, context);
}

/** Requests in a row whose answers were not as a program expects: there its subgraphs write otherwise. */
const missesMax = 100;

/** Documents by text, and their compiled operations by everything that decides one. */
interface Plans {
  document(text: string): NumberedDocument;
  operation(document: NumberedDocument, asked: Asked): Pick<PreparedOperation, 'operation' | 'program'>;
}

interface NumberedDocument extends ParsedDocument {
  readonly number: number;
}

interface Asked {
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly subject: Subject;
}

/** An operation in normal form with the rules that can bear on it. */
interface Form {
  readonly operation: OperationDefinitionNode;
  readonly rules: readonly Rule[];
}

function createPlans({ supergraph, policies, limits: bounds }: PipelineOptions): Plans {
  const schema = supergraph.planner.apiSchema;
  const bytesMax = limits.documentCacheBytesMax;
  const sizeOf = () => bytesPerOperation;
  const documents: Cache<NumberedDocument> = createCache({ bytesMax, sizeOf: (document) => document.text.length * 40 });
  const forms: Cache<Form> = createCache({ bytesMax, sizeOf });
  const compiled: Cache<Pick<PreparedOperation, 'operation' | 'program'>> = createCache({ bytesMax, sizeOf });
  let count = 0;
  return {
    document: (text) =>
      documents.get(text, () => ({ ...parseDocument(text, { schema, limits: bounds }), number: ++count })),
    operation(document, { operation, variables, subject }) {
      const conditions = document.conditions.map((name) => (variables[name] === true ? '1' : '0')).join('');
      const key = `${document.number} ${operation.name?.value ?? ''} ${conditions}`;
      const form = forms.get(key, () => {
        const normal = normaliseOperation(operation, document.ast, variables);
        return { operation: normal, rules: rulesOf(normal, schema, supergraph.rules) };
      });
      const denials = denialsFor(form.rules, subject, policies);
      const signature = form.rules.map((rule) => (denials.has(rule) ? '1' : '0')).join('');
      return compiled.get(`${key} ${signature}`, () => {
        const operation = compileOperation(form.operation, supergraph, denials);
        const program = compileProgram(operation);
        return { operation, program: program && startProgram(program) };
      });
    },
  };
}

/** What a compiled operation holds on to, as heap snapshots of the example mesh show it; an estimate. */
const bytesPerOperation = 64 * 1024;

function denialsFor(rules: readonly Rule[], subject: Subject, policies: NamedPolicies): ReadonlyMap<Rule, string> {
  const denials = new Map<Rule, string>();
  for (const rule of rules) {
    const verdict = decideRule(rule, subject, policies);
    if (!verdict.allow) denials.set(rule, verdict.reason);
  }
  return denials;
}

function coerceVariables(
  operation: OperationDefinitionNode,
  inputs: JsonObject,
  { supergraph, limits: bounds }: PipelineOptions,
): Readonly<Record<string, unknown>> {
  if (!operation.variableDefinitions?.length) return {};
  assertInputs(inputs, bounds);
  const { coerced, errors } = getVariableValues(supergraph.planner.apiSchema, operation.variableDefinitions, inputs, {
    maxErrors: 10,
  });
  if (errors === undefined) return coerced;
  const details = errors.map(({ message, locations }: GraphQLError) => ({ message, locations }));
  throw new WeftError('BAD_REQUEST', {
    action: errors[0]?.message ?? 'Cannot read the variables',
    details: { errors: details },
  });
}

function assertMethod(operation: OperationDefinitionNode, request: OperationRequest): void {
  if (!request.readOnly || operation.operation !== OperationTypeNode.MUTATION) return;
  throw new WeftError('METHOD_NOT_ALLOWED', { action: 'Cannot run a mutation by GET', fix: 'Send it by POST.' });
}

function subscriptionRefused(): WeftError {
  return new WeftError('BAD_REQUEST', {
    action: 'Cannot answer a subscription with one response',
    fix: 'Use a WebSocket (graphql-transport-ws) or `accept: text/event-stream`.',
  });
}
