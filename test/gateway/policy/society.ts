/**
 * People and their organisations in two domains, and the same as one schema of graphql-js from which what a subject may not
 * see has been taken out by hand: what the gateway's answers are held against.
 */
import {
  type GraphQLResolveInfo,
  type GraphQLSchema,
  defaultFieldResolver,
  execute,
  getNamedType,
  parse,
} from 'graphql';
import { readMask } from '../../../mesh/policy/mask.ts';
import { createMasker } from '../../../mesh/policy/masker.ts';
import { createSubgraph, federation } from '../../support/subgraph.ts';

export interface Person {
  readonly __typename: 'Person';
  readonly id: string;
  readonly label: string;
  readonly age: number | null;
  readonly score: number | null;
  readonly notes: readonly (string | null)[];
  boss: Person | null;
  org: Org | null;
  friends: readonly (Person | null)[];
  grid: readonly (readonly (Person | null)[] | null)[];
  likes: readonly (Person | Org | null)[];
}

export interface Org {
  readonly __typename: 'Org';
  readonly id: string;
  readonly label: string;
  readonly rank: number;
  members: readonly Person[];
  head: Person | null;
}

const orgs = Array.from({ length: 3 }, (_, index): Org => {
  return { __typename: 'Org', id: `o${index}`, label: `org ${index}`, rank: index, members: [], head: null };
});
const people = Array.from({ length: 7 }, (_, index): Person => {
  const age = index === 5 ? null : 10 + index * 5;
  const notes = index === 2 ? [] : [`note ${index}`, null];
  const links = { boss: null, org: null, friends: [], grid: [], likes: [] };
  const score = index === 6 ? null : index % 4;
  return { __typename: 'Person', id: `p${index}`, label: `person ${index}`, age, score, notes, ...links };
});

people.forEach((person, index) => {
  const other = (step: number): Person | null => people[(index * step + 1) % people.length] ?? null;
  person.boss = index === 0 ? null : other(2);
  person.org = index === 3 ? null : (orgs[index % orgs.length] ?? null);
  person.friends = [other(3), index === 1 ? null : other(5), other(4)];
  person.grid = [[other(1), other(6)], index === 4 ? null : [], [other(2), null]];
  person.likes = [other(5), orgs[(index + 1) % orgs.length] ?? null, null];
});
orgs.forEach((org, index) => {
  org.members = people.filter((person) => person.org === org);
  org.head = people[index * 2] ?? null;
});

const roots = {
  people,
  nodes: [...orgs, null, ...people],
  things: [...people.slice(0, 3), ...orgs],
  chief: people[4],
  org: orgs[1],
};

const find = {
  __resolveReference: ({ id }: { readonly id: string }) => [...people, ...orgs].find((one) => one.id === id),
};
const rootOf = (name: keyof typeof roots) => () => roots[name];

export const societySubgraphs = [
  createSubgraph(
    'links',
    `${federation('@key')}
    type Query { people: [Person!]! nodes: [Node] things: [Thing!] chief: Person org: Org! }
    interface Node { id: ID! label: String }
    union Thing = Person | Org
    type Person implements Node @key(fields: "id") {
      id: ID! label: String age: Int boss: Person org: Org friends: [Person] grid: [[Person]] likes: [Thing]
    }
    type Org implements Node @key(fields: "id") { id: ID! label: String members: [Person!]! head: Person! }`,
    {
      Query: Object.fromEntries((Object.keys(roots) as (keyof typeof roots)[]).map((name) => [name, rootOf(name)])),
      Node: { __resolveType: ({ __typename }: Person | Org) => __typename },
      Thing: { __resolveType: ({ __typename }: Person | Org) => __typename },
      Person: find,
      Org: find,
    },
  ),
  createSubgraph(
    'figures',
    `${federation('@key')}
    type Person @key(fields: "id") { id: ID! score: Int notes: [String] }
    type Org @key(fields: "id") { id: ID! rank: Int! }`,
    { Person: find, Org: find },
  ),
];

/** What is not to be seen, in our own words. */
export interface Hidden {
  readonly isHidden: (object: Person | Org) => boolean;
  /** Masks by coordinate. */
  readonly masks: Readonly<Record<string, string>>;
}

/** Answers a query from data of which what is hidden has been taken out. */
export async function answerFrom(schema: GraphQLSchema, query: string, { isHidden, masks }: Hidden): Promise<unknown> {
  const masker = createMasker('the secret of this test');
  const left = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.filter((item) => !isGone(item)).map(left);
    return isGone(value) ? null : value;
  };
  const isGone = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && isHidden(value as Person | Org);
  const { data, errors = [] } = await execute({
    schema,
    document: parse(query),
    rootValue: roots,
    fieldResolver: (...[source, args, context, info]) => {
      const value: unknown = defaultFieldResolver(source, args, context, info);
      const mask = masks[`${info.parentType.name}.${info.fieldName}`];
      return mask === undefined ? left(value) : maskAll(value, masker(readMask(mask), typeOf(info)));
    },
  });
  const seen: unknown = data === undefined || data === null ? null : JSON.parse(JSON.stringify(data));
  return { data: seen, paths: errors.map(({ path }) => JSON.stringify(path)).toSorted() };
}

function maskAll(value: unknown, show: (value: unknown) => unknown): unknown {
  return Array.isArray(value) ? value.map((item) => maskAll(item, show)) : show(value);
}

function typeOf({ returnType }: GraphQLResolveInfo) {
  const { name } = getNamedType(returnType);
  return { leaf: name === 'Int' || name === 'ID' ? name : 'String', type: name, values: null } as const;
}
