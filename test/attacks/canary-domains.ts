/** What the domains of the canary mesh say and know: a canary stands in every field that a rule protects. */
import { GraphQLError } from 'graphql';
import { type Resolvers, federation } from '../support/subgraph.ts';

/** Texts that no answer, request, record or report may hold. Beside them whatever contains the word. */
export const secrets: readonly string[] = [
  'canary',
  '7311234',
  '9173.25',
  '1913-07-31',
  '1917-11-23',
  '4005550077',
  'CLASSIFIED_X',
];

export interface PersonData {
  readonly id: string;
  readonly region: string;
  readonly name: string;
}

/** Those of the east do not exist for a westerner. */
export const people: readonly PersonData[] = [
  { id: '1', region: 'west', name: 'Ann' },
  { id: '2', region: 'east', name: 'canary-name-2' },
  { id: '3', region: 'west', name: 'Cyd' },
  { id: '4', region: 'east', name: 'canary-name-4' },
];

export const peopleSdl = `${federation('@key', '@shareable', '@interfaceObject')}
  scalar JSON
  scalar Date
  type Query {
    people(first: Int, after: String, where: PersonFilter, orderBy: PersonOrder, orders: [PersonSort!], filter: JSON, card: String): [Person!]
    person(id: ID!): Person
    byCard(card: String): Person
    sure(id: ID!): Person!
    node(id: ID!): Node
    nodes(ids: [ID!]!): [Node]
    page(first: Int, after: String): PersonConnection!
    roster: Roster
    grid: [[Person]]
    hits(text: String): [Hit]
    agents: [Agent!]
    vault: Vault
    secret: String
    plain(text: String): String
    boom(text: String): String
    robot: Robot
    who: String
    links: Links!
  }
  type Mutation { rename(id: ID!, name: String!, card: String): Person hide(id: ID!): Person code(id: ID!): String }
  interface Node { id: ID! }
  interface Agent @key(fields: "id") { id: ID! code: String label: String }
  union Hit = Person | Robot | Vault
  enum PersonOrder { NAME card salary }
  input PersonSort { by: PersonOrder! }
  input PersonFilter { card: StringTest name: StringTest salary: Int boss: PersonFilter and: [PersonFilter!] }
  input StringTest { eq: String startsWith: String in: [String!] }
  enum Level { OPEN CLASSIFIED_X }
  type Person implements Node & Agent @key(fields: "id") {
    id: ID! region: String name: String @shareable code: String label: String
    mail: String card: String born: Date seen: Date salary: Int score: Float nick: String token: String note: String
    ghost: String level: Level flag: Boolean tags: [String!] nested: [[String]] strict: String! phone: String
    boss: Person team: [Person!] badge: Badge broken: String badgeNumber(format: String): String
  }
  type Robot implements Node & Agent @key(fields: "id") { id: ID! code: String label: String name: String }
  type Vault { id: ID! gold: String }
  type Badge { number: String color: String }
  type PersonConnection { edges: [PersonEdge!]! nodes: [Person!] totalCount: Int pageInfo: PageInfo! salarySum: Int }
  type PersonEdge { cursor: String! node: Person }
  type Links { edges: [Link!]! }
  type Link { cursor: String! weight: String node: Person }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type Roster { members: [Person!]! lead: Person size: Int }`;

export const paySdl = `${federation('@key', '@requires', '@provides', '@external', '@shareable')}
  type Query { richest: Person best: Person @provides(fields: "name") }
  type Person @key(fields: "id") {
    id: ID! code: String @external name: String @external card: String @external boss: Person @external
    grade: String @requires(fields: "code") rank: String @requires(fields: "card") chief: String @requires(fields: "boss { name }")
    pay: Int bonus: Int shift: String
  }`;

export const placesSdl = `${federation('@key', '@interfaceObject', '@requires', '@external')}
  type Query { guards: [Agent!] }
  type Agent @key(fields: "id") @interfaceObject { id: ID! place: String hideout: String code: String @external hint: String @requires(fields: "code") }`;

/** The rules, by coordinate: the people of other regions do not exist, and of the others much is hidden. */
export const rules: Readonly<Record<string, string>> = {
  Person: '@weft__rows(where: "object.region in subject.claims.regions")',
  Vault: '@requiresScopes(scopes: [["vault"]])',
  'Query.boom': '@weft__mask(with: REDACT)',
  'Roster.size': '@weft__derivedFrom(coordinates: ["Person"])',
  'Query.secret': '@requiresScopes(scopes: [["secret"]])',
  'Mutation.code': '@requiresScopes(scopes: [["secret"]])',
  'Person.code': '@requiresScopes(scopes: [["secret"]])',
  'Person.strict': '@requiresScopes(scopes: [["secret"]])',
  'Person.badgeNumber': '@requiresScopes(scopes: [["secret"]])',
  'Person.pay': '@requiresScopes(scopes: [["secret"]])',
  'Badge.number': '@requiresScopes(scopes: [["secret"]])',
  'Agent.hideout': '@requiresScopes(scopes: [["secret"]])',
  'Person.mail': '@weft__mask(with: EMAIL)',
  'Person.card': '@weft__mask(with: LAST4, unless: [["cards"]])',
  'Person.born': '@weft__mask(with: YEAR)',
  'Person.seen': '@weft__mask(with: MONTH)',
  'Person.salary': '@weft__mask(with: ROUND, n: 100000)',
  'Person.score': '@weft__mask(with: BUCKET, n: 1000)',
  'Person.nick': '@weft__mask(with: FIRST1)',
  'Person.token': '@weft__mask(with: HASH)',
  'Person.note': '@weft__mask(with: REDACT)',
  'Person.ghost': '@weft__mask(with: NULL)',
  'Person.level': '@weft__mask(with: REDACT)',
  'Person.flag': '@weft__mask(with: REDACT)',
  'Person.tags': '@weft__mask(with: FIRST1)',
  'Person.nested': '@weft__mask(with: REDACT)',
  'Person.phone': '@weft__mask(with: LAST4)',
};

interface Id {
  readonly id: string;
}

const find = (id: string) => people.find((person) => person.id === id) ?? null;
const robot = { id: 'r1', name: 'Robby' };
const mixed = [...people, robot, { id: 'v1', gold: 'canary-gold' }];
const typeOf = (value: object) => ('region' in value ? 'Person' : 'gold' in value ? 'Vault' : 'Robot');
const secret =
  (what: string) =>
  ({ id }: Id) =>
    `canary-${what}-${id}`;
const noVault = mixed.slice(0, -1);

export const peopleResolvers: Resolvers = {
  Query: {
    people: (_: unknown, { first }: { first?: number }) => people.slice(0, first ?? people.length),
    person: (_: unknown, { id }: Id) => find(id),
    byCard: (_: unknown, { card }: { card?: string }) => (card === undefined ? null : people[0]),
    sure: (_: unknown, { id }: Id) => find(id),
    node: (_: unknown, { id }: Id) => find(id),
    nodes: (_: unknown, { ids }: { ids: readonly string[] }) => ids.map(find),
    page: (_: unknown, { first }: { first?: number }) => ({ rows: people.slice(0, first ?? people.length) }),
    roster: () => ({ members: people, lead: people[1], size: people.length }),
    grid: () => [people.slice(0, 2), [null, ...people.slice(2)]],
    hits: () => mixed,
    agents: () => noVault,
    vault: () => mixed.at(-1),
    secret: () => 'canary-secret',
    plain: (_: unknown, { text }: { text?: string }) => text ?? 'plain',
    boom: (): never => {
      throw new GraphQLError('cannot give canary-boom', { extensions: { code: 'canary-code', sql: 'canary-sql' } });
    },
    robot: () => robot,
    links: () => ({ edges: people.map((node) => ({ cursor: 'c', weight: `weight of ${node.name}`, node })) }),
    who: (_: unknown, __: unknown, { subject }: { subject: { id: string | null } }) => subject.id,
  },
  Mutation: {
    rename: (_: unknown, { id, name }: Id & { name: string }) => {
      const found = find(id);
      return found && { ...found, name: id === '1' ? name : found.name };
    },
    hide: (_: unknown, { id }: Id) => ({ ...find(id), region: 'east', name: 'canary-name-hidden' }),
    code: (_: unknown, { id }: Id) => `canary-code-${id}`,
  },
  Node: { __resolveType: typeOf },
  Agent: { __resolveType: typeOf, __resolveReference: ({ id }: Id) => noVault.find((one) => one.id === id) },
  Hit: { __resolveType: typeOf },
  PersonConnection: {
    edges: ({ rows }: { rows: readonly PersonData[] }) => rows.map((node) => ({ cursor: `cursor-${node.name}`, node })),
    nodes: ({ rows }: { rows: readonly PersonData[] }) => rows,
    totalCount: () => 4005550077 % 2 ** 31,
    salarySum: () => 7311234,
    pageInfo: () => ({ hasNextPage: true, endCursor: 'cursor-canary-end' }),
  },
  Roster: { size: () => 7311234 },
  Robot: { label: () => 'tin', code: () => 'open-code', __resolveReference: () => robot },
  Person: {
    __resolveReference: ({ id }: Id) => find(id),
    label: ({ id }: Id) => `label ${id}`,
    code: secret('code'),
    mail: ({ id }: Id) => `canary-mail-${id}@example.com`,
    card: ({ id }: Id) => `canary-card-${id}-7777`,
    born: () => '1913-07-31',
    seen: () => '1917-11-23',
    salary: () => 7311234,
    score: () => 9173.25,
    nick: secret('nick'),
    token: secret('token'),
    note: secret('note'),
    ghost: secret('ghost'),
    level: () => 'CLASSIFIED_X',
    flag: () => true,
    tags: ({ id }: Id) => [`canary-tag-${id}`, 'xcanary'],
    nested: ({ id }: Id) => [[`canary-nested-${id}`], [null]],
    strict: secret('strict'),
    phone: () => '4005550077',
    badge: ({ id }: Id) => ({ number: `canary-badge-${id}`, color: 'blue' }),
    badgeNumber: secret('badge-number'),
    broken: ({ id, region }: PersonData) => {
      throw new Error(region === 'east' ? `canary-broken-${id}` : `broken ${id}`);
    },
    boss: ({ id }: Id) => find(String(Number(id) + 1)),
    team: () => people,
  },
};

export const payResolvers: Resolvers = {
  Query: { richest: () => ({ id: '2' }), best: () => people[1] },
  Person: {
    __resolveReference: (reference: object) => reference,
    grade: ({ code }: { code?: string }) => `grade of ${String(code)}`,
    rank: ({ card }: { card?: string }) => `rank of ${String(card)}`,
    chief: ({ boss }: { boss?: { name?: string } }) => `chief is ${String(boss?.name)}`,
    pay: () => 7311234,
    bonus: ({ id }: Id) => Number(id),
    shift: ({ id }: Id) => (id === '2' || id === '4' ? `canary-shift-${id}` : 'day'),
  },
};

export const placesResolvers: Resolvers = {
  Query: { guards: () => noVault.map(({ id }) => ({ id })) },
  Agent: {
    __resolveReference: ({ id }: Id) => ({ id }),
    place: ({ id }: Id) => (id === '2' || id === '4' ? `canary-place-${id}` : 'hall'),
    hideout: secret('hideout'),
    hint: ({ code }: { code?: string }) => `hint at ${String(code)}`,
  },
};
