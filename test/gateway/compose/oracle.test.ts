/** Composed rules against what they are to come to: who may see a field is who passes every rule that any subgraph has on its way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'graphql';
import { anonymous } from '../../../mesh/core/subject.ts';
import { readPolicy } from '../../../mesh/policy/read-rules.ts';
import type { Rule } from '../../../mesh/policy/rules.ts';
import { decideRule } from '../../../mesh/policy/view.ts';
import { governanceOf } from '../../support/gateway.ts';
import { compose, links } from './mesh.ts';

const names = ['a', 'b'];
const lists = fc.array(fc.subarray(names), { minLength: 1, maxLength: 2 });
const text = (all: readonly (readonly string[])[]): string => JSON.stringify(all);
const directive = fc.oneof(
  fc.constant('@authenticated'),
  lists.map((all) => `@requiresScopes(scopes: ${text(all)})`),
  lists.map((all) => `@policy(policies: ${text(all)})`),
);
const directives = fc.array(directive, { maxLength: 2 }).map((all) => [...new Set(all)]);

/** What stands at a type, its field, its interface and the interface's field, in each of two subgraphs. */
const place = fc.record({ type: directives, field: directives, node: directives, nodeField: directives });

const subjects = [[], ['a'], ['b'], ['a', 'b']].flatMap((scopes) =>
  [[], ['a'], ['b'], ['a', 'b']].flatMap((held) =>
    [null, 'ana'].map((id) => ({ subject: { ...anonymous, id, scopes }, held })),
  ),
);

function passes(rules: readonly Rule[], { subject, held }: (typeof subjects)[number]): boolean {
  const governance = governanceOf(new Map(names.map((name) => [name, () => held.includes(name)])));
  const ground = { governance, covers: () => true, now: 0 };
  return rules.every((rule) => decideRule(rule, subject, ground).verdict.kind === 'allow');
}

function sdlOf(name: string, { type, field, node, nodeField }: Readonly<Record<string, readonly string[]>>): string {
  return `type Query { ${name}: T @shareable }
    interface Node ${node?.join(' ')} { f: Int ${nodeField?.join(' ')} }
    type T implements Node @shareable ${type?.join(' ')} { f: Int ${field?.join(' ')} }`;
}

test('whatever rules two subgraphs have, all of them bind and nothing else does', () => {
  fc.assert(
    fc.property(place, place, (one, other) => {
      const { rules } = readPolicy(parse(compose([sdlOf('a', one), sdlOf('b', other)]).sdl));
      const composed = [...(rules.get('T') ?? []), ...(rules.get('T.f') ?? [])];
      const all = [one, other].flatMap(({ type, field, node, nodeField }) => [type, field, node, nodeField].flat());
      const written = readPolicy(parse(`${links} type T { f: Int ${all.join(' ')} }`)).rules.get('T.f') ?? [];
      for (const subject of subjects) assert.equal(passes(composed, subject), passes(written, subject));
    }),
    { numRuns: 100, seed: 11 },
  );
});
