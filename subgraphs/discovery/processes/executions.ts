/** Executions: what ran, when, on whose behalf, and what went in and came out. */
import { aggregator, defineProcess, logic } from '../../../mesh/sdk/index.ts';
import type { JsonObject, QueryInput } from '../../../mesh/sdk/index.ts';
import { given, pageOf } from '../model/page.ts';
import type { Page } from '../model/page.ts';

type One = QueryInput<{ id: string }>;
type Many = QueryInput<{ domain?: string | null; process?: string | null; status?: string | null } & Page>;
type Session = { executions: readonly JsonObject[] };

/** The ends of a flow of data, as `mesh/core/event.ts` gives them. */
type Flow = { kind: 'dataset'; namespace: string; name: string } | { kind: string; domain: string; name: string };

export const executions = defineProcess({
  name: 'executions',
  logics: [
    logic<Many, Session>('load', async ({ platform, input, session }) => {
      const { domain, process, status, ...page } = input.args;
      session.set('executions', await platform.executions({ ...given({ domain, process, status }), ...pageOf(page) }));
    }),
  ],
  aggregator: aggregator<Many, Session>('show', ({ session, result }) => {
    result.finalize(session.get('executions').map(executionOf));
  }),
});

export const execution = defineProcess({
  name: 'execution',
  logics: [
    logic<One, Session>('load', async ({ platform, input, session }) => {
      session.set('executions', await platform.executions({ id: input.args.id, limit: 1 }));
    }),
  ],
  aggregator: aggregator<One, Session>('show', ({ session, result }) => {
    const [execution] = session.get('executions');
    result.finalize(execution ? executionOf(execution) : null);
  }),
});

function executionOf(execution: JsonObject): JsonObject {
  return {
    ...execution,
    cursor: String(execution.offset),
    trigger: String(execution.trigger).toUpperCase(),
    inputs: (execution.inputs as readonly Flow[]).map(nodeOf),
    outputs: (execution.outputs as readonly Flow[]).map(nodeOf),
  };
}

/** The id of the node of the lineage that stands for an end of a flow. */
function nodeOf(flow: Flow): string {
  return `${flow.kind}:${'namespace' in flow ? flow.namespace : flow.domain}/${flow.name}`;
}
