/** Puts subgraphs of this process behind real HTTP: what they are asked and what they answer goes over a socket. */
import { once } from 'node:events';
import { type IncomingMessage, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createHttpSubgraph } from '../../../../gateway/execute/http.ts';
import { anonymous } from '../../../../mesh/core/subject.ts';
import type { Subgraph } from '../../../../mesh/core/subgraph.ts';

export interface FarSide {
  /** The subgraph as it is behind a socket. */
  serve(subgraph: Subgraph): Promise<Subgraph>;
  /** Closes every socket that was opened. */
  close(): Promise<void>;
}

export function openFarSide(): FarSide {
  const closing: (() => Promise<unknown>)[] = [];
  return {
    async serve(subgraph) {
      const server = createServer((request, response) => {
        void answer(subgraph, request).then((body) => response.setHeader('content-type', 'application/json').end(body));
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const far = createHttpSubgraph({ name: subgraph.name, sdl: subgraph.sdl, url: `http://127.0.0.1:${port}/` });
      closing.push(async () => {
        await far.close();
        server.closeAllConnections();
        server.close();
      });
      return far;
    },
    async close() {
      await Promise.all(closing.splice(0).map((close) => close()));
    },
  };
}

async function answer(subgraph: Subgraph, request: IncomingMessage): Promise<string> {
  const { query, variables = {} } = JSON.parse(await text(request)) as { query: string; variables?: object };
  const asked = {
    // The gateway keeps mutations apart; a resolver is asked alike.
    operationKind: 'query',
    query,
    queryJson: JSON.stringify(query),
    variablesJson: JSON.stringify(variables),
    headers: {},
    subject: anonymous,
  } as const;
  const { data = null, errors = [] } = await subgraph.fetch(asked, new AbortController().signal);
  return JSON.stringify(errors.length === 0 ? { data } : { data, errors });
}
