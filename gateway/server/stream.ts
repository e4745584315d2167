/** A subscription's stream: each event of the source is completed by the plan's other fetches and written as one answer. */
import { type CompiledOperation, writeAnswer } from '../execute/operation.ts';
import { type ExecutionContext, createResult, runGroups, takeRoot, writeVariables } from '../execute/run.ts';
import { WeftError } from '../../mesh/core/error.ts';

type Source = NonNullable<CompiledOperation['source']>;

/** Answers in the order of the events; ends when the source ends or the context's signal aborts. */
export async function* streamAnswers(
  operation: CompiledOperation,
  { group, part }: Source,
  context: ExecutionContext,
): AsyncGenerator<string, void, void> {
  const subgraph = context.subgraphs.get(group.subgraph);
  if (subgraph?.subscribe === undefined) {
    throw new WeftError('SUBGRAPH_UNAVAILABLE', { action: `Subgraph "${group.subgraph}" serves no subscriptions` });
  }
  const { operationKind, query, queryJson } = group;
  const { headers, subject, signal } = context;
  const variablesJson = writeVariables(group, [], context);
  for await (const event of subgraph.subscribe(
    { operationKind, query, queryJson, variablesJson, headers, subject },
    signal,
  )) {
    const result = createResult();
    result.plain = false;
    if (event.data) takeRoot(part, event.data, result);
    for (const error of event.errors ?? []) {
      result.errors.push({
        message: error.message,
        ...(error.path ? { path: error.path } : {}),
        extensions: { code: 'SUBGRAPH_UNAVAILABLE', service: group.subgraph },
      });
    }
    await runGroups(operation.groups, result, context);
    yield writeAnswer(operation, result);
  }
}
