/** Two domains for row filters and masks: flights, and what another domain knows of them. Canaries stand in what is protected. */
import { type Subject, anonymous } from '../../../mesh/core/subject.ts';
import { type TestGatewayOptions, createTestGateway } from '../../support/gateway.ts';
import { type RulesByCoordinate, composeRuled } from '../../support/ruled.ts';
import { type TestSubgraph, createSubgraph, federation } from '../../support/subgraph.ts';

export interface FlightData {
  readonly id: string;
  readonly region: string | null;
  readonly pilot: string;
  readonly delay: number;
  readonly legs: readonly string[];
}

export const flights: readonly FlightData[] = [
  { id: '1', region: 'west', pilot: 'ann@example.com', delay: 149, legs: ['a1', 'b1'] },
  { id: '2', region: 'east', pilot: 'canary2@example.com', delay: 250, legs: ['canary-a2'] },
  { id: '3', region: 'west', pilot: 'cyd@example.com', delay: 0, legs: [] },
  { id: '4', region: null, pilot: 'canary4@example.com', delay: 1, legs: [] },
];

/** Whose risk fails to be told, and what is not there at all. */
const risks: Readonly<Record<string, number | Error | null>> = {
  '1': 1,
  '2': 9,
  '3': 5,
  '4': new Error('canary-risk'),
};

const flightsSdl = `${federation('@key', '@shareable')}
  type Query {
    flights: [Flight!]
    grid: [[Flight]!]!
    flight(id: ID!): Flight
    sure(id: ID!): Flight!
    things: [Thing]
    assets: [Asset!]!
    page: FlightConnection!
    crew: Crew
    loose: [Flight]
  }
  type Mutation { delay(id: ID!, minutes: Int!): Flight touch: [Flight!]! }
  type Subscription { moved: Flight moves: [Flight!]! }
  interface Asset { id: ID! label: String }
  union Thing = Flight | Gate
  type Flight implements Asset @key(fields: "id") {
    id: ID! region: String pilot: String delay: Int! legs: [String!] nested: [[String]] label: String next: Flight broken: String strict: Int!
    owner: Owner
  }
  type Gate implements Asset { id: ID! label: String name: String }
  type Owner { name: String country: String }
  type Crew { lead: Flight members: [Flight!]! }
  type FlightConnection { edges: [FlightEdge!]! nodes: [Flight] total: Int }
  type FlightEdge { weight: Int! node: Flight }`;

const riskSdl = `${federation('@key')}
  type Query { worst: Flight }
  type Flight @key(fields: "id") { id: ID! risk: Int notes: String }`;

export interface Airline {
  readonly flights: TestSubgraph;
  readonly risks: TestSubgraph;
  /** Replaces events of the subscriptions. */
  readonly events: (readonly FlightData[])[];
}

export function createAirline(): Airline {
  const find = (id: string) => flights.find((flight) => flight.id === id) ?? null;
  const events: Airline['events'] = [];
  const isFlight = (value: object) => ('region' in value ? 'Flight' : 'Gate');
  const mixed = [{ id: 'g1', label: 'gate', name: 'G1' }, ...flights];
  return {
    events,
    flights: createSubgraph('flights', flightsSdl, {
      Query: {
        flights: () => flights,
        loose: () => flights,
        grid: () => [flights.slice(0, 2), [], [null, ...flights.slice(1)]],
        flight: (_: unknown, { id }: { id: string }) => find(id),
        sure: (_: unknown, { id }: { id: string }) => find(id),
        things: () => mixed,
        assets: () => mixed,
        page: () => ({
          edges: flights.map((node) => ({ weight: Number(node.id), node })),
          nodes: flights,
          total: 4,
        }),
        crew: () => ({ lead: flights[1], members: flights }),
      },
      Mutation: {
        delay: (_: unknown, { id, minutes }: { id: string; minutes: number }) => {
          const found = find(id);
          return found && { ...found, delay: minutes };
        },
        touch: () => flights,
      },
      Subscription: {
        moved: {
          subscribe: async function* () {
            for (const event of events) yield { moved: event[0] ?? null };
          },
        },
        moves: {
          subscribe: async function* () {
            for (const event of events) yield { moves: event };
          },
        },
      },
      Asset: { __resolveType: isFlight },
      Thing: { __resolveType: isFlight },
      Flight: {
        __resolveReference: ({ id }: { id: string }) => find(id),
        nested: ({ legs }: FlightData) => [legs, [null]],
        label: ({ id }: { id: string }) => `canary-label-${id}`,
        next: ({ id }: { id: string }) => find(String(Number(id) + 1)),
        owner: ({ id }: { id: string }) => ({ name: `canary-owner-${id}`, country: id === '3' ? 'far' : 'near' }),
        strict: ({ id }: { id: string }) => {
          if (id === '2') throw new Error('canary-strict');
          return Number(id);
        },
        broken: ({ id }: { id: string }) => {
          if (Number(id) % 2 === 1) throw new Error(`broken-${id}`);
          throw new Error(`canary-broken-${id}`);
        },
      },
    }),
    risks: createSubgraph('risks', riskSdl, {
      Query: { worst: () => ({ id: '2' }) },
      Flight: {
        __resolveReference: ({ id }: { id: string }) => ({ id }),
        risk: ({ id }: { id: string }) => {
          const risk = risks[id] ?? null;
          if (risk instanceof Error) throw risk;
          return risk;
        },
        notes: ({ id }: { id: string }) => `note ${id}`,
      },
    }),
  };
}

export const westerner: Subject = Object.freeze({ ...anonymous, id: 'wes', claims: { regions: ['west'] } });

export function createRuledAirline(rules: RulesByCoordinate, options: TestGatewayOptions = {}) {
  const airline = createAirline();
  const subgraphs = [airline.flights, airline.risks];
  const gateway = createTestGateway(subgraphs, { ...options, supergraph: composeRuled(subgraphs, rules) });
  const ask = async (query: string, subject: Subject = westerner) => {
    const answer = await gateway.ask(query, { subject });
    return { ...answer, text: JSON.stringify(answer) };
  };
  return { ...airline, gateway, ask };
}

export const inRegions = '@weft__rows(where: "object.region in subject.claims.regions")';
