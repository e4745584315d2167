/** Row filters and masks against data of which what is hidden has been taken out beforehand: random operations, rules, subjects. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type GraphQLSchema, getNamedType, isAbstractType, isInterfaceType, isObjectType } from 'graphql';
import { type Subject, anonymous } from '../../../mesh/core/subject.ts';
import { createTestGateway } from '../../support/gateway.ts';
import { composeRuled } from '../../support/ruled.ts';
import { type Org, type Person, answerFrom, societySubgraphs } from './society.ts';

interface Condition {
  readonly type: 'Person' | 'Org' | 'Node';
  readonly where: string;
  readonly holds: (object: Both, level: number | undefined) => boolean;
}

type Both = Omit<Person, '__typename'> & Omit<Org, '__typename'>;

/** The same in CEL and in JavaScript. What it lacks, it does not hold for. */
const conditions: readonly Condition[] = [
  { type: 'Person', where: 'object.age > subject.claims.level', holds: ({ age }, level) => isAbove(age, level) },
  { type: 'Person', where: 'object.score != 2', holds: ({ score }) => score !== 2 },
  {
    type: 'Person',
    where: 'object.boss.age > subject.claims.level',
    holds: ({ boss }, level) => isAbove(boss?.age, level),
  },
  { type: 'Person', where: "object.org.label != 'org 1'", holds: ({ org }) => org !== null && org.label !== 'org 1' },
  { type: 'Person', where: 'object.notes.exists(note, note == null)', holds: ({ notes }) => notes.includes(null) },
  { type: 'Org', where: 'object.rank > 0', holds: ({ rank }) => rank > 0 },
  { type: 'Org', where: 'object.head.score < 3', holds: ({ head }) => head?.score !== null && Number(head?.score) < 3 },
  {
    type: 'Node',
    where: "object.label != 'person 4' && object.id != 'o2'",
    holds: ({ label, id }) => label !== 'person 4' && id !== 'o2',
  },
];

function isAbove(value: number | null | undefined, level: number | undefined): boolean {
  return typeof value === 'number' && level !== undefined && value > level;
}

const masks = [
  'Person.label LAST4',
  'Person.score BUCKET(2)',
  'Person.notes REDACT',
  'Org.label HASH',
  'Org.rank ROUND(10)',
];
const levels = [undefined, 5, 20, 30, 100];

test('answers are what they would be if what is hidden were not there', async () => {
  let rows = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.subarray([...conditions], { maxLength: 3 }),
      fc.subarray(masks),
      fc.gen(),
      async (hiding, masking, draw) => {
        const masked = Object.fromEntries(masking.map((text) => text.split(' ') as [string, string]));
        const rules: Record<string, string> = {};
        for (const [at, mask] of Object.entries(masked)) rules[at] = `@weft__mask(with: "${mask}")`;
        for (const { type, where } of hiding)
          rules[type] = `${rules[type] ?? ''} @weft__rows(where: ${JSON.stringify(where)})`;
        const gateway = createTestGateway(societySubgraphs, {
          supergraph: composeRuled(societySubgraphs, rules),
          governance,
        });
        for (let count = 0; count < 8; count++) {
          const query = drawQuery(gateway.schema, (least, most) => draw(fc.integer, { min: least, max: most }));
          const level = levels[draw(fc.nat, { max: levels.length - 1 })];
          const subject: Subject = { ...anonymous, id: 'a', claims: level === undefined ? {} : { level } };
          const isHidden = (object: Person | Org): boolean =>
            hiding.some(
              ({ type, holds }) =>
                (type === 'Node' || type === object.__typename) && !holds(object as unknown as Both, level),
            );
          const answer = await gateway.ask(query, { subject });
          const { data, errors = [] } = answer;
          const paths = errors.map(({ path }) => JSON.stringify(path)).toSorted();
          const expected = await answerFrom(gateway.schema, query, { isHidden, masks: masked });
          assert.deepEqual({ data, paths }, expected, query);
          assert.doesNotMatch(JSON.stringify(answer), /__rows/);
          if (hiding.length > 0 && data !== null) rows += 1;
        }
      },
    ),
    { numRuns: 25 },
  );
  assert.ok(rows > 50, `${rows} answers had rows filtered`);
});

const governance = {
  policies: new Map(),
  agreements: null,
  roster: new Map(),
  revision: '',
  maskSecret: 'the secret of this test',
};

type Draw = (least: number, most: number) => number;

/** A query with aliases, and fragments on what may stand at a place. */
function drawQuery(schema: GraphQLSchema, draw: Draw): string {
  let aliases = 0;
  const drawSet = (typeName: string, depth: number): string => {
    const type = schema.getType(typeName);
    const fields = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
    const open = fields.filter(
      (field) => depth > 0 || !('getFields' in getNamedType(field.type) || isAbstractType(getNamedType(field.type))),
    );
    const parts = Array.from({ length: draw(1, 3) }, () => {
      const field = open[draw(0, open.length)];
      if (field === undefined) return isAbstractType(type) ? drawFragment(typeName, depth) : '__typename';
      const inner = getNamedType(field.type);
      const alias = draw(0, 1) === 0 ? '' : `k${(aliases += 1)}: `;
      return `${alias}${field.name}${isObjectType(inner) || isAbstractType(inner) ? drawSet(inner.name, depth - 1) : ''}`;
    });
    return `{ ${parts.join(' ')} }`;
  };
  const drawFragment = (typeName: string, depth: number): string => {
    const type = schema.getType(typeName);
    const possible = isAbstractType(type) ? schema.getPossibleTypes(type) : [];
    const name = possible[draw(0, possible.length - 1)]?.name ?? typeName;
    return `... on ${name} ${drawSet(name, depth)}`;
  };
  return drawSet('Query', 3);
}
