/**
 * `node bench/gateway/subgraphs/compose.ts` writes `supergraph.graphql` from the SDL in this folder, and with rules on
 * some of its types and fields `supergraph-with-rules.graphql`.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { composeSubgraphs } from '../../../gateway/supergraph/compose.ts';
import { isWeftError } from '../../../mesh/core/error.ts';
import { readSdl, subgraphNames, subgraphPorts, type SubgraphName } from './graph.ts';

/** Rules of six kinds, by the line in the subgraph's SDL that they end; the wide query asks for all that they stand at. */
const rules: Readonly<Record<SubgraphName, Readonly<Record<string, string>>>> = {
  accounts: {
    '  users: [User!]!': '@purpose(allow: ["support"])',
    '  username: String!': '@authenticated',
    '  name: String!': '@policy(policies: [["staff"]])',
  },
  inventory: { '  inStock: Boolean!': '@requiresScopes(scopes: [["stock:read"]])' },
  products: {
    'type Product @key(fields: "upc")': `@rows(where: "'audit' in subject.roles || object.price <= subject.claims.priceMax")`,
    '  topProducts(first: Int! = 5): [Product!]!': '@authenticated',
    '  name: String!': '@policy(policies: [["staff"]])',
  },
  reviews: {
    'type Review @key(fields: "id")': `@rows(where: "'audit' in subject.roles || (object.stars >= subject.claims.starsMin && !(object.id in subject.claims.withheld))")`,
    '  body: String!':
      '@requiresScopes(scopes: [["reviews:read"]]) @mask(with: HASH, unless: [["reviews:read", "reviews:whole"]])',
    '  author: User!': '@authenticated',
  },
};

const standard = ['@authenticated', '@requiresScopes', '@policy'];
const own = ['@purpose', '@mask', '@rows'];

const formatter = fileURLToPath(new URL('../../../node_modules/.bin/oxfmt', import.meta.url));
const definitions = readFileSync(new URL('../../../schema/mesh.graphql', import.meta.url), 'utf8');

compose('supergraph.graphql', readSdl);
compose('supergraph-with-rules.graphql', (name) => {
  const list = (names: readonly string[]): string => names.map((one) => `"${one}"`).join(', ');
  const link = `@link(url: "https://weft.dev/weft/v1.0", import: [${list(own)}])`;
  const sdl = readSdl(name)
    .replace('import: [', `import: [${list(standard)}, `)
    .replace(/^extend schema .*/, (line) => `${line} ${link}`);
  return Object.entries(rules[name]).reduce((text, [line, rule]) => {
    if (!text.includes(line)) throw new Error(`Cannot put a rule into subgraph "${name}": no line "${line}".`);
    return text.replace(line, `${line} ${rule}`);
  }, sdl);
});

function compose(fileName: string, sdlOf: (name: SubgraphName) => string): void {
  const file = fileURLToPath(new URL(`../${fileName}`, import.meta.url));
  writeFileSync(file, composed(fileName, sdlOf));
  // Kept as the formatter would leave it, so that composing again changes nothing.
  execFileSync(formatter, [file]);
}

function composed(fileName: string, sdlOf: (name: SubgraphName) => string): string {
  const subgraphs = subgraphNames.map((name) => ({
    name,
    url: `http://127.0.0.1:${subgraphPorts[name]}/graphql`,
    sdl: sdlOf(name),
    origin: `${name}.graphql`,
  }));
  try {
    return composeSubgraphs(subgraphs, { definitions }).sdl;
  } catch (error) {
    if (!isWeftError(error)) throw error;
    const all = error.cause instanceof AggregateError ? (error.cause.errors as readonly Error[]) : [error];
    console.error(`Cannot compose ${fileName}:\n${all.map(({ message }) => message).join('\n')}`);
    process.exit(2);
  }
}
