/**
 * `node bench/gateway/subgraphs/compose.ts` writes `supergraph.graphql` from the SDL in this folder, and with rules on
 * some of its fields `supergraph-with-rules.graphql`.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { readSdl, subgraphNames, subgraphPorts, type SubgraphName } from './graph.ts';

/** Rules of three kinds, by the field's line in its subgraph's SDL; the wide query asks for all of these fields. */
const rules: Readonly<Record<SubgraphName, Readonly<Record<string, string>>>> = {
  accounts: { 'username: String!': '@authenticated', 'name: String!': '@policy(policies: [["staff"]])' },
  inventory: { 'inStock: Boolean!': '@requiresScopes(scopes: [["stock:read"]])' },
  products: {
    'topProducts(first: Int! = 5): [Product!]!': '@authenticated',
    'name: String!': '@policy(policies: [["staff"]])',
  },
  reviews: { 'body: String!': '@requiresScopes(scopes: [["reviews:read"]])', 'author: User!': '@authenticated' },
};

const formatter = fileURLToPath(new URL('../../../node_modules/.bin/oxfmt', import.meta.url));

compose('supergraph.graphql', readSdl);
compose('supergraph-with-rules.graphql', (name) => {
  const sdl = readSdl(name).replace('import: [', 'import: ["@authenticated", "@requiresScopes", "@policy", ');
  return Object.entries(rules[name]).reduce(
    (text, [line, rule]) => text.replace(`  ${line}\n`, `  ${line} ${rule}\n`),
    sdl,
  );
});

function compose(fileName: string, sdlOf: (name: SubgraphName) => string): void {
  const { supergraphSdl, errors } = composeServices(
    subgraphNames.map((name) => ({
      name,
      url: `http://127.0.0.1:${subgraphPorts[name]}/graphql`,
      typeDefs: parse(sdlOf(name)),
    })),
  );
  if (supergraphSdl === undefined) {
    console.error(`Cannot compose ${fileName}:\n${errors?.map((error) => error.message).join('\n')}`);
    process.exit(2);
  }
  const file = fileURLToPath(new URL(`../${fileName}`, import.meta.url));
  writeFileSync(file, supergraphSdl);
  // Kept as the formatter would leave it, so that composing again changes nothing.
  execFileSync(formatter, [file]);
}
