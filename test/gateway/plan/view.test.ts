/** What of a schema an answer depends on: changes that clients see change the text, others leave it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema, parse } from 'graphql';
import { describeView } from '../../../gateway/plan/view.ts';

const sdl = `
  type Query { animals: [Animal!] cat: Cat any: Any other: Other }
  interface Animal { name: String mood: Mood }
  type Cat implements Animal { name: String mood: Mood lives: Int }
  type Dog implements Animal { name: String mood: Mood }
  union Any = Cat | Dog
  enum Mood { GOOD BAD }
  type Other { x: Int }
`;
const documents = {
  animals: '{ animals { ...A } } fragment A on Animal { name mood }',
  cat: '{ cat { lives } }',
  any: '{ any { __typename ... on Cat { lives } } }',
};
const viewOf = (document: string, text = sdl) => describeView(parse(document), buildSchema(text));

/** For each change of the schema the documents whose answers it may change. */
const changes: readonly (readonly [from: string | RegExp, to: string, seenBy: readonly (keyof typeof documents)[]])[] =
  [
    ['lives: Int', 'lives: Int!', ['cat', 'any']],
    ['lives: Int', 'lives: Int extra: Int', []],
    [/type Other .*/, 'type Other { x: String } type New { y: Int }', []],
    ['GOOD BAD', 'GOOD BAD UGLY', ['animals']],
    ['type Dog implements Animal { name: String', 'type Dog implements Animal { name: String!', ['animals']],
    ['union Any', 'type Cow implements Animal { name: String mood: Mood } union Any', ['animals']],
    ['= Cat | Dog', '= Cat', ['any']],
    ['[Animal!]', '[Animal!]!', ['animals']],
  ];

test('describeView() tells schemas apart where the answer to a document may differ, and nowhere else', () => {
  for (const [from, to, seenBy] of changes) {
    const changed = sdl.replace(from, to);
    assert.notEqual(changed, sdl);
    const differing = Object.entries(documents).filter(([, text]) => viewOf(text) !== viewOf(text, changed));
    assert.deepEqual(
      differing.map(([name]) => name),
      seenBy,
      to,
    );
  }
});

test('describeView() does not mind the order in which a schema is written', () => {
  const turned = sdl.replace('= Cat | Dog', '= Dog | Cat').replace('GOOD BAD', 'BAD GOOD');
  for (const text of Object.values(documents)) assert.equal(viewOf(text), viewOf(text, turned));
});
