/**
 * Ways around rules by composition, as they were found in gateways before: each ends at a gateway that is asked for a canary. It must
 * stand neither in the answer nor in what the subgraphs were asked.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeSubgraphs } from '../../../gateway/supergraph/compose.ts';
import { meshDefinitions } from '../../../mesh/core/definitions.ts';
import { linkMesh } from '../../../mesh/policy/link.ts';
import type { Classes } from '../../../mesh/policy/classes.ts';
import { createTestGateway } from '../../support/gateway.ts';
import { type Resolvers, createSubgraph } from '../../support/subgraph.ts';
import { classes, links, refusalsOf } from './mesh.ts';

const canary = 'canary-93f';

interface Case {
  readonly subgraphs: readonly (readonly [sdl: string, resolvers: Resolvers])[];
  readonly query: string;
  readonly classes?: Classes;
}

async function attack({ subgraphs, query, classes: known = new Map() }: Case): Promise<void> {
  const definitions = meshDefinitions();
  const made = subgraphs.map(([sdl, resolvers], index) => {
    const text = sdl.includes('@link') ? sdl : links + sdl;
    return { ...createSubgraph('abc'[index] ?? '', linkMesh(text, definitions).sdl, resolvers), sdl: text };
  });
  const gateway = createTestGateway(made, { supergraph: composeSubgraphs(made, { definitions, classes: known }).sdl });
  const answer = JSON.stringify(await gateway.ask(query));
  assert.match(answer, /UNAUTHORIZED_FIELD_OR_TYPE|"secret":"\[redacted\]"/, answer);
  assert.ok(!answer.includes(canary), answer);
  const asked = JSON.stringify(made.flatMap(({ requests }) => requests.map((one) => [one.query, one.variablesJson])));
  if (!answer.includes('[redacted]')) assert.ok(!asked.includes('secret'), asked);
}

const t = { __resolveReference: ({ id }: { id: string }) => ({ id, secret: canary }) };
const query = { t: () => ({ id: '1', secret: canary }) };

for (const [what, ...rest] of [
  [
    'a rule of the subgraph that another one overrides',
    [
      [
        'type Query { t: T } type T @key(fields: "id") { id: ID! secret: String @authenticated }',
        { Query: query, T: t },
      ],
      ['type T @key(fields: "id") { id: ID! secret: String @override(from: "a") }', { T: t }],
    ],
    '{ t { secret } }',
  ],
  [
    'a weaker rule of another subgraph',
    [
      [
        'type Query { t: T } type T @key(fields: "id") { id: ID! secret: String @shareable @requiresScopes(scopes: [["s"]]) }',
        { Query: query, T: t },
      ],
      ['type T @key(fields: "id") { id: ID! secret: String @shareable @requiresScopes(scopes: [[]]) }', { T: t }],
    ],
    '{ t { secret } }',
  ],
  [
    'a rule under another name',
    [
      [
        `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [{ name: "@authenticated", as: "@open" }])
         type Query { secret: String @open }`,
        { Query: { secret: () => canary } },
      ],
    ],
    '{ secret }',
  ],
  [
    'a rule at a root type of another name',
    [
      [
        `${links} schema { query: Anything } type Anything { secret: String @authenticated }`,
        { Anything: { secret: () => canary } },
      ],
    ],
    '{ secret }',
  ],
  [
    'a rule at an interface, asked of an implementation',
    [
      [
        'type Query { t: T } interface N { secret: String @purpose(allow: "p") } type T implements N { secret: String }',
        { Query: { t: () => ({ secret: canary }) } },
      ],
    ],
    '{ t { alias: secret } }',
  ],
  [
    'a rule at an implementation, asked of its interface',
    [
      [
        'type Query { n: N } interface N { secret: String } type T implements N { secret: String @authenticated }',
        { Query: { n: () => ({ __typename: 'T', secret: canary }) } },
      ],
    ],
    '{ n { secret } }',
  ],
  [
    'a rule at an interface that clients do not see',
    [
      [
        'type Query { t: T } interface N @inaccessible { secret: String @purpose(allow: "p") } type T implements N { secret: String }',
        { Query: { t: () => ({ secret: canary }) } },
      ],
    ],
    '{ t { secret } }',
  ],
  [
    'a rule at an interface object',
    [
      [
        'type Query { m: M } interface M @key(fields: "id") { id: ID! } type T implements M @key(fields: "id") { id: ID! }',
        { Query: { m: () => ({ __typename: 'T', id: '1' }) }, M: { __resolveType: () => 'T' } },
      ],
      ['type M @interfaceObject @key(fields: "id") { id: ID! secret: String @authenticated }', { M: t }],
    ],
    '{ m { ... on T { secret } } }',
  ],
  [
    'a rule at a type, from a stub of it in another subgraph',
    [
      ['type Query { t: T } type T @key(fields: "id") { id: ID! secret: String }', { Query: query, T: t }],
      ['type T @key(fields: "id", resolvable: false) @authenticated { id: ID! }', {}],
    ],
    '{ t { secret } }',
  ],
] as const) {
  test(`${what} binds`, () => attack({ subgraphs: rest[0] as Case['subgraphs'], query: rest[1] }));
}

test('the rules of a class bind what is derived from its data in another subgraph', () =>
  attack({
    subgraphs: [
      [
        'type Query { t: T } type T @key(fields: "id") { id: ID! mail: String @classified(as: ["PII"]) }',
        { Query: query, T: t },
      ],
      ['type Query { secret: String @derivedFrom(coordinates: ["T.mail"]) }', { Query: { secret: () => canary } }],
    ],
    query: '{ secret }',
    classes: classes({ PII: { mask: { mask: { name: 'REDACT', step: null }, unless: [['pii']] } } }),
  }));

test('a rule that a subgraph forgot to link is no rule that is forgotten', () => {
  const sdl =
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9") directive @authenticated on FIELD_DEFINITION type Query { secret: String @authenticated }';
  assert.match(refusalsOf([sdl])[0] ?? '', /found no link/);
});
