/** A subgraph behind HTTP that is subscribed to: what the tests of each protocol share. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HttpSubgraph, type HttpSubgraphOptions, createHttpSubgraph } from '../../../gateway/execute/http.ts';
import { isWeftError } from '../../../mesh/core/error.ts';
import type { SubgraphRequest, SubgraphResponse } from '../../../mesh/core/subgraph.ts';
import { anonymous } from '../../../mesh/core/subject.ts';

/** A server on a free port, gone with the test. */
export async function listen(context: TestContext, server: Server = createServer()): Promise<Server> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  context.after(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  return server;
}

/** The subgraph `shop` at that server. */
export function open(
  context: TestContext,
  server: Server,
  options: Partial<HttpSubgraphOptions> & Pick<HttpSubgraphOptions, 'subscriptions'>,
): HttpSubgraph {
  const { port } = server.address() as AddressInfo;
  const subgraph = createHttpSubgraph({ name: 'shop', sdl: '', url: `http://127.0.0.1:${port}/graphql`, ...options });
  context.after(() => subgraph.close());
  return subgraph;
}

export function subscription(query: string, changes: Partial<SubgraphRequest> = {}): SubgraphRequest {
  return {
    operationKind: 'subscription',
    query,
    queryJson: JSON.stringify(query),
    variablesJson: '{}',
    headers: {},
    subject: anonymous,
    ...changes,
  };
}

export const still = new AbortController().signal;

export function follow(
  subgraph: HttpSubgraph,
  request: SubgraphRequest | string,
  signal: AbortSignal = still,
): AsyncIterator<SubgraphResponse> {
  const asked = typeof request === 'string' ? subscription(request) : request;
  return (subgraph.subscribe?.(asked, signal) ?? assert.fail())[Symbol.asyncIterator]();
}

/** The data of all answers, and the code of what ended them. */
export async function outcomeOf(answers: AsyncIterator<SubgraphResponse>): Promise<{ all: unknown[]; code: string }> {
  const all: unknown[] = [];
  try {
    for (let next = await answers.next(); next.done !== true; next = await answers.next()) {
      const { data, errors } = next.value;
      all.push(errors === undefined || errors.length === 0 ? data : { data, errors });
    }
    return { all, code: 'none' };
  } catch (error) {
    assert.ok(isWeftError(error), String(error));
    assert.match(error.message, /^Subgraph "shop" /);
    assert.doesNotMatch(error.message, /127\.0\.0\.1|secret/);
    return { all, code: error.code };
  }
}

export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5);
}
