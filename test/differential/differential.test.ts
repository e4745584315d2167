/**
 * The whole mesh against graphql-js: generated operations go through gateway, planner, subgraphs and worker processes on
 * one side, and through plain functions over data in memory on the other. `WEFT_SEED` repeats a run.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { type FieldDefinitionNode, type GraphQLSchema, Kind, parse, validate } from 'graphql';
import { composeSubgraphs } from '../../gateway/supergraph/compose.ts';
import { readSupergraph } from '../../gateway/supergraph/supergraph.ts';
import { readEnvironment } from '../../mesh/core/config.ts';
import { meshDefinitions } from '../../mesh/core/definitions.ts';
import type { Subgraph } from '../../mesh/core/subgraph.ts';
import { type Subject, anonymous } from '../../mesh/core/subject.ts';
import { openTestMesh } from '../subgraphs/mesh.ts';
import type { TestMesh } from '../subgraphs/mesh.ts';
import { createTestGateway } from '../support/gateway.ts';
import { recorderTo } from '../support/recorder.ts';
import { readData } from './data.ts';
import { operations } from './generate.ts';
import { createOracle, outcomeOf } from './oracle.ts';
import type { Operation } from './render.ts';
import { type Resolvers, createResolvers } from './resolvers.ts';

const seed = Number(readEnvironment('WEFT_SEED') ?? 20_010_301);
/** A mesh that hangs must not hold the run. */
const limits = { timeout: 300_000 };
const domains = ['airports', 'flights', 'safety', 'travellers'];
/** Nothing is denied to them. */
const subject: Subject = {
  ...anonymous,
  id: 'differential',
  scopes: ['pii:read'],
  purpose: 'special-assistance',
  claims: { age: 41 },
};

let mesh: TestMesh;
let supergraph: string;
let schema: GraphQLSchema;
let codes: readonly string[];
let resolvers: Resolvers;

before(async () => {
  const [opened, data] = await Promise.all([openTestMesh(), readData()]);
  mesh = opened;
  supergraph = composeSubgraphs(mesh.subgraphs, { definitions: meshDefinitions() }).sdl;
  schema = readSupergraph(supergraph).planner.apiSchema;
  // Airports with flights, and as many others.
  codes = [...data.flights.codes, ...data.airports.slice(0, data.flights.codes.length).map(({ iata }) => iata)];
  resolvers = createResolvers(data);
});
after(() => mesh[Symbol.asyncDispose]());

test('the mesh answers 500 generated queries as graphql-js does', limits, async (context) => {
  context.diagnostic(`seed ${seed}`);
  const { ask, read } = createSide(mesh.subgraphs);
  const oracle = createOracle(schema, resolvers);
  let crossing = 0;
  const agree = agreement(async (operation) => {
    const { outcome, asked } = await ask(operation);
    if (asked.size > 1) crossing += 1;
    assert.deepEqual(outcome, oracle(operation));
  });
  await fc.assert(agree, { seed, numRuns: 500 });
  assert.deepEqual(
    [...coordinatesOf(domains)].filter((coordinate) => !read.has(coordinate)),
    [],
    'every field was read',
  );
  assert.ok(crossing > 200, `${crossing} of 500 queries went to several subgraphs`);
});

test('the mesh answers as graphql-js does while airports are missing that others refer to', limits, async () => {
  const { ask } = createSide(mesh.subgraphs.map(withhold));
  const oracle = createOracle(schema, { ...resolvers, ...withheld(resolvers) });
  let failing = 0;
  const agree = agreement(async (operation) => {
    const { outcome } = await ask(operation);
    if (outcome.errorPaths.length > 0) failing += 1;
    assert.deepEqual(outcome, oracle(operation));
  });
  await fc.assert(agree, { seed, numRuns: 100 });
  assert.ok(failing > 10, `${failing} of 100 answers had errors`);
});

test('the comparison notices a mesh that answers otherwise', limits, async () => {
  const { ask } = createSide(mesh.subgraphs.map(withhold));
  const oracle = createOracle(schema, resolvers);
  const agree = agreement(async (operation) => assert.deepEqual((await ask(operation)).outcome, oracle(operation)));
  const { errorInstance } = await fc.check(agree, { seed, numRuns: 100, endOnFailure: true });
  assert.ok(errorInstance instanceof assert.AssertionError);
});

/** The property that a check holds for every operation. */
function agreement(check: (operation: Operation) => Promise<void>) {
  return fc.asyncProperty(
    operations({ schema, coordinates: coordinatesOf(domains), rare: slowCoordinates(), codes }),
    async (operation) => {
      assert.deepEqual(validate(schema, parse(operation.query)), []);
      await check(operation);
    },
  );
}

/** A gateway before subgraphs, watched on both of its sides. */
function createSide(subgraphs: readonly Subgraph[]) {
  const read = new Set<string>();
  let asked = new Set<string>();
  const watched = subgraphs.map((subgraph): Subgraph => ({
    ...subgraph,
    fetch(request, signal) {
      asked.add(subgraph.name);
      return subgraph.fetch(request, signal);
    },
  }));
  const gateway = createTestGateway(watched, {
    supergraph,
    policies: new Map([['adult', ({ claims }) => Number(claims['age']) >= 18]]),
    recorder: recorderTo(({ operation }) => operation.coordinates.forEach((coordinate) => read.add(coordinate))),
  });
  return {
    /** Coordinates that were read so far. */
    read,
    async ask({ query, variables }: Operation) {
      asked = new Set();
      const outcome = outcomeOf(await gateway.ask(query, { variables, subject }));
      return { outcome, asked };
    },
  };
}

/** Every field that one of the domains has, those of live events left out. */
function coordinatesOf(domains: readonly string[]): ReadonlySet<string> {
  return fieldsOf(domains, ({ type }) => !['Subscription', 'FlightEvent'].includes(type));
}

/** Each of them matches all reports to all airports anew, which takes most of the time that there is. */
function slowCoordinates(): ReadonlySet<string> {
  return fieldsOf(['safety'], ({ field }) => field.directives?.some(({ name }) => name.value === 'process') === true);
}

interface OwnField {
  readonly type: string;
  readonly field: FieldDefinitionNode;
}

function fieldsOf(domains: readonly string[], isWanted: (own: OwnField) => boolean): ReadonlySet<string> {
  const definitions = mesh.subgraphs
    .filter(({ name }) => domains.includes(name))
    .flatMap(({ sdl }) => parse(sdl).definitions)
    .filter((definition) => definition.kind === Kind.OBJECT_TYPE_DEFINITION);
  const fields = definitions.flatMap(({ name, fields = [] }) => fields.map((field) => ({ type: name.value, field })));
  return new Set(fields.filter(isWanted).map(({ type, field }) => `${type}.${field.name.value}`));
}

/** Airports whose codes begin with A to D cannot be looked up by reference: the subgraph is asked for others in their place. */
function withhold(subgraph: Subgraph): Subgraph {
  if (subgraph.name !== 'airports') return subgraph;
  return {
    ...subgraph,
    fetch(request, signal) {
      const variablesJson = request.variablesJson.replaceAll(/"iata":"[A-D][^"]*"/g, '"iata":"-"');
      return subgraph.fetch({ ...request, variablesJson }, signal);
    },
  };
}

/** The same of the oracle: who refers to such an airport knows its code alone. */
function withheld(truth: Resolvers): Resolvers {
  const own = ['name', 'city', 'state', 'country', 'location'].map((field) => {
    const resolve = truth[`Airport.${field}`] as (airport: { readonly iata: string }) => unknown;
    const withholding = (airport: { readonly iata: string }) =>
      field in airport || !/^[A-D]/.test(airport.iata) ? resolve(airport) : null;
    return [`Airport.${field}`, withholding] as const;
  });
  return Object.fromEntries(own);
}
