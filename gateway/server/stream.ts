/** A subscription's stream: each event of the source is completed by the plan's other fetches and written as one answer. */
import { WeftError } from '../../mesh/core/error.ts';
import type { SubgraphResponse } from '../../mesh/core/subgraph.ts';
import { type CompiledOperation, writeAnswer } from '../execute/operation.ts';
import { type ExecutionContext, createResult, rootError, runGroups, takeRoot, writeVariables } from '../execute/run.ts';

type Source = NonNullable<CompiledOperation['source']>;

/**
 * Answers in the order of the events; ends when the source ends or the context's signal aborts. Throws
 * `SUBGRAPH_UNAVAILABLE` at once when the source's subgraph serves no subscriptions.
 */
export function streamAnswers(
  operation: CompiledOperation,
  source: Source,
  context: ExecutionContext,
): AsyncIterable<string> {
  const { subgraph: name, operationKind, query, queryJson } = source.group;
  const { headers, subject, signal } = context;
  const variablesJson = writeVariables(source.group, [], context);
  const subgraph = context.subgraphs.get(name);
  if (subgraph?.subscribe === undefined) {
    throw new WeftError('SUBGRAPH_UNAVAILABLE', { action: `Subgraph "${name}" serves no subscriptions` });
  }
  const events = subgraph.subscribe({ operationKind, query, queryJson, variablesJson, headers, subject }, signal);
  return completeEvents(events, { operation, source, context });
}

interface Streaming {
  readonly operation: CompiledOperation;
  readonly source: Source;
  readonly context: ExecutionContext;
}

async function* completeEvents(
  events: AsyncIterable<SubgraphResponse>,
  { operation, source: { group, part }, context }: Streaming,
): AsyncGenerator<string, void, void> {
  for await (const event of events) {
    const result = createResult();
    result.plain = event.plain === true;
    if (event.data) takeRoot(part, event.data, result);
    for (const error of event.errors ?? []) result.errors.push(rootError(error, group.subgraph));
    await runGroups(operation.groups, result, context);
    yield writeAnswer(operation, result);
  }
}
