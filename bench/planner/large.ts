/** A supergraph of many subgraphs, each with an entity of its own and fields on those of its neighbours. */
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import type { Shape } from './shapes.ts';

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])';
/** Subgraphs behind a subgraph whose entities it has fields on. */
const neighbours = 3;
const levels = 4;

/** A shape with this many subgraphs; its operation goes four entities deep, each of four subgraphs. */
export function largeShape(subgraphs: number): Shape {
  const services = Array.from({ length: subgraphs }, (_, index) => ({
    name: `s${index}`,
    url: `http://s${index}.invalid`,
    typeDefs: parse(subgraphText(index, subgraphs)),
  }));
  const { supergraphSdl, errors } = composeServices(services);
  if (errors) throw new AggregateError(errors, 'Cannot compose the large supergraph.');
  const document = parse(`query Large { e0 ${selection(0)} }`, { noLocation: true });
  return { name: `large (${subgraphs} subgraphs)`, supergraph: supergraphSdl, document };
}

function subgraphText(index: number, count: number): string {
  const next = (index + 1) % count;
  const others = Array.from({ length: neighbours }, (_, step) => (index + step + 1) % count).map(
    (other) => `type E${other} @key(fields: "id") { id: ID! x${other}from${index}: Int }`,
  );
  return `${link}
    type Query { e${index}: E${index} }
    type E${index} @key(fields: "id") { id: ID! a: Int b: String c: Float d: Boolean next: [E${next}!]! }
    ${others.join('\n')}`;
}

/** Entities of the first levels have fields of subgraphs before them as well. */
function selection(level: number): string {
  const own = [
    'a',
    'b',
    ...Array.from({ length: neighbours }, (_, step) => level - step - 1).flatMap((from) =>
      from < 0 ? [] : [`x${level}from${from}`],
    ),
  ];
  return `{ ${own.join(' ')} ${level < levels ? `next ${selection(level + 1)}` : ''} }`;
}
