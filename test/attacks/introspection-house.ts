/** A mesh whose hidden names all begin with one word, asked by those who must not learn them: what answers is its very bytes. */
import assert from 'node:assert/strict';
import { anonymous, type Subject } from '../../mesh/core/subject.ts';
import { noGovernance } from '../../mesh/policy/governance.ts';
import { textOf, isStream } from '../../gateway/server/operation.ts';
import type { PipelineOptions } from '../../gateway/server/pipeline.ts';
import type { JsonObject } from '../../mesh/core/json.ts';
import { createTestGateway } from '../support/gateway.ts';
import { type RulesByCoordinate, composeRuled } from '../support/ruled.ts';
import { createSubgraph, federation } from '../support/subgraph.ts';

/** Every name that is hidden from strangers has it, and no other name. */
export const word = /canary/i;

const sdl = `${federation('@key')}
  type Query {
    people(where: PersonWhere, sort: Sort, canaryPay: Int, first: Int): [Person]
    things: [Thing]
    named: [Named]
    color: Color
    paint(color: Color = CANARY_RED, mode: Mode): String
    canaryVault: Vault
    report(canaryKey: String!): String
    fails: String
    orders: Orders
  }
  type Mutation { rename(id: ID!, name: String): Person canaryWipe: Int }
  type Subscription { arrived: Person broken: Person! canaryAlarm: Int }
  type Person implements Named @key(fields: "id") {
    id: ID! name: String
    "What the person earns."
    canaryPay: Int
    canaryBoss: Person
    job: Job
  }
  type Job { title: String canaryGrade: Int }
  interface Named { name: String }
  type CanarySpy implements Named { name: String cover: String }
  type Rock { weight: Int }
  union Thing = Person | CanarySpy | Rock
  enum Color { BLUE GREEN CANARY_RED }
  enum Mode { MATT GLOSS }
  enum Sort { NAME canaryPay }
  input PersonWhere { name: String canaryPay: Int and: [PersonWhere] vault: CanaryVaultWhere }
  input CanaryVaultWhere { code: Int }
  type Vault { canaryCode: Int shelf: CanaryShelf }
  type CanaryShelf { size: Int }
  type Orders { totalCount: Int }
`;
export const only = '@requiresScopes(scopes: [["all"]])';
const rules: RulesByCoordinate = {
  'Person.canaryPay': only,
  'Person.canaryBoss': only,
  'Job.canaryGrade': only,
  'Query.canaryVault': only,
  'Query.report(canaryKey:)': only,
  'Mutation.canaryWipe': only,
  'Subscription.canaryAlarm': only,
  CanarySpy: only,
  'Color.CANARY_RED': only,
  CanaryVaultWhere: only,
};

export interface AttackOptions {
  readonly disclosure?: PipelineOptions['disclosure'];
  readonly rules?: RulesByCoordinate;
  /** What `Query.fails` says. */
  readonly failure?: string;
}

export interface Asking {
  readonly variables?: JsonObject;
  readonly subject?: Subject;
  readonly operationName?: string | null;
}

export const stranger: Subject = Object.freeze({ ...anonymous, id: 'stranger' });
export const insider: Subject = Object.freeze({ ...anonymous, id: 'insider', scopes: Object.freeze(['all']) });

export function openIntrospected(options: AttackOptions = {}) {
  const people = [{ id: '1', name: 'Ada', canaryPay: 7, job: { title: 'count', canaryGrade: 3 } }];
  const things = [
    { __typename: 'CanarySpy', name: 'x' },
    { __typename: 'Rock', weight: 3 },
  ];
  const subgraph = createSubgraph('people', sdl, {
    Query: {
      people: () => people,
      things: () => things,
      named: () => [
        { __typename: 'CanarySpy', name: 'x' },
        { __typename: 'Person', ...people[0] },
      ],
      paint: () => 'painted',
      color: () => 'CANARY_RED',
      fails: () => {
        throw new Error(options.failure ?? 'failed');
      },
    },
    Subscription: {
      broken: {
        async *subscribe() {
          yield { broken: new Error('no CanarySpy here') };
        },
      },
      arrived: {
        async *subscribe() {
          yield { arrived: people[0] };
        },
      },
    },
  });
  const { pipeline, schema } = createTestGateway([subgraph], {
    supergraph: composeRuled([subgraph], { ...rules, ...options.rules }),
    governance: noGovernance,
    ...(options.disclosure ? { disclosure: options.disclosure } : {}),
  });
  const request = (query: string, { variables = {}, subject = stranger, operationName = null }: Asking = {}) => ({
    query,
    variables,
    subject,
    operationName,
    headers: {},
    readOnly: false,
  });
  return {
    schema,
    pipeline,
    subgraph,
    /** The bytes of the answer, and its status. */
    async ask(query: string, asking?: Asking): Promise<{ readonly text: string; readonly status: number }> {
      const result = await pipeline.execute(request(query, asking), new AbortController().signal);
      return { text: textOf(result), status: result.status };
    },
    async follow(query: string, asking?: Asking): Promise<readonly string[]> {
      const stop = new AbortController();
      const outcome = await pipeline.subscribe(request(query, asking), stop.signal);
      if (!isStream(outcome)) return [textOf(outcome)];
      const texts = await Array.fromAsync(outcome.stream);
      stop.abort();
      return texts;
    },
  };
}

export function assertUntold(text: string, named = ''): void {
  // What the client wrote itself tells it nothing.
  const rest = named === '' ? text : text.replaceAll(named, '');
  assert.doesNotMatch(rest, word);
}
