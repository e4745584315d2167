/** What no test of the gateway shows: whether Hive's planner plans `@defer`. */
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { askHive, loadHive } from './hive.ts';

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])';

/** Whether what stands under `@defer` is planned apart. */
export async function hiveDefers(): Promise<boolean> {
  const texts = {
    a: 'type Query { t: T } type T @key(fields: "id") { id: ID! }',
    b: 'type T @key(fields: "id") { id: ID! b: Int }',
  };
  const services = Object.entries(texts).map(([name, text]) => {
    return { name, url: `http://${name}.invalid`, typeDefs: parse(`${link} ${text}`) };
  });
  const { supergraphSdl, errors } = composeServices(services);
  if (errors) throw new AggregateError(errors, 'Cannot compose the subgraphs of the probe.');
  const QueryPlanner = await loadHive();
  const plan = askHive(new QueryPlanner(supergraphSdl), '{ t { id ... @defer { b } } }');
  return JSON.stringify(plan).includes('"Defer"');
}
