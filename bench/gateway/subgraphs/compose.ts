/** `node bench/gateway/subgraphs/compose.ts` writes `supergraph.graphql` from the SDL in this folder. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { readSdl, subgraphNames, subgraphPorts } from './graph.ts';

const file = fileURLToPath(new URL('../supergraph.graphql', import.meta.url));
const formatter = fileURLToPath(new URL('../../../node_modules/.bin/oxfmt', import.meta.url));

const { supergraphSdl, errors } = composeServices(
  subgraphNames.map((name) => ({
    name,
    url: `http://127.0.0.1:${subgraphPorts[name]}/graphql`,
    typeDefs: parse(readSdl(name)),
  })),
);
if (supergraphSdl === undefined) {
  console.error(`Cannot compose the benchmark's supergraph:\n${errors?.map((error) => error.message).join('\n')}`);
  process.exit(2);
}
writeFileSync(file, supergraphSdl);
// Kept as the formatter would leave it, so that composing again changes nothing.
execFileSync(formatter, [file]);
