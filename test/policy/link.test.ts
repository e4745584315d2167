/** The mesh's directives under whatever names a subgraph links them, and SDL completed so that Federation takes it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { linkMesh } from '../../mesh/policy/link.ts';

const definitions = readFileSync(join(import.meta.dirname, '../../schema/mesh.graphql'), 'utf8');
const federation = '@link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@composeDirective"])';

function subgraph(link: string, uses: string): string {
  return `extend schema ${federation} ${link}\ntype Query { a: Int ${uses} }`;
}

const weft = (rest: string): string => `@link(url: "https://weft.dev/weft/v1.0"${rest})`;

describe('linkMesh()', () => {
  for (const [what, link, uses, names] of [
    [
      'imported',
      ', import: ["@process", "@dataProduct"]',
      '@process(name: "p") @dataProduct',
      { process: 'process', event: 'weft__event' },
    ],
    [
      'renamed',
      ', import: [{ name: "@process", as: "@run" }]',
      '@run(name: "p")',
      { process: 'run', dataProduct: 'weft__dataProduct' },
    ],
    ['in its namespace', '', '@weft__process(name: "p")', { process: 'weft__process' }],
    [
      'in a namespace of another name',
      ', as: "w"',
      '@w__process(name: "p") @w__derivedFrom(coordinates: ["A"])',
      { process: 'w__process', derivedFrom: 'w__derivedFrom' },
    ],
    ['alone, without a list', ', import: "@event"', '@event(label: "l")', { event: 'event' }],
  ] as const) {
    test(`supplies the definitions of directives that are ${what}`, () => {
      const linked = linkMesh(subgraph(weft(link), uses), definitions);
      for (const [directive, name] of Object.entries(names)) {
        assert.equal(linked.names?.[directive as keyof typeof linked.names], name);
      }
      buildSubgraphSchema([{ typeDefs: parse(linked.sdl) }]);
    });
  }

  test('leaves the lines of the SDL where they are', () => {
    const sdl = subgraph(weft(', import: ["@process"]'), '@process(name: "p")');
    assert.ok(linkMesh(sdl, definitions, { compose: true }).sdl.startsWith(sdl));
  });

  test('takes an SDL that brings its definitions along', () => {
    const sdl = `${subgraph(weft(', import: ["@process"]'), '@process(name: "p")')}\ndirective @process(name: String!) on FIELD_DEFINITION`;
    const linked = linkMesh(sdl, definitions);
    assert.equal(linked.sdl.match(/directive @process/g)?.length, 1);
    buildSubgraphSchema([{ typeDefs: parse(linked.sdl) }]);
  });

  test('leaves the word to Federation on links that are not as they should be', () => {
    const sdl = `extend schema ${federation} @link @link(url: 7) ${weft(', import: [{ as: "@run" }, 7, { name: "@event" }]')}\ntype Query { a: Int }`;
    const { names } = linkMesh(sdl, `${definitions}\ndirective @other on OBJECT`);
    assert.partialDeepStrictEqual(names, {
      dataProduct: 'weft__dataProduct',
      process: 'weft__process',
      event: 'event',
      derivedFrom: 'weft__derivedFrom',
    });
    const old = 'schema @link(url: "https://specs.apollo.dev/link/v1.0") { query: Query } type Query { a: Int }';
    assert.equal(linkMesh(old, definitions).names, null);
    assert.equal(linkMesh('type Query { a: Int } extend schema { query: Query }', definitions).names, null);
  });

  test('leaves an SDL that does not link them alone', () => {
    const sdl = subgraph('', '');
    assert.deepEqual(linkMesh(sdl, definitions, { compose: true }), { sdl, names: null });
  });

  test('asks composition to carry the imported directives, under their names here', () => {
    const link = weft(', import: ["@dataProduct", { name: "@process", as: "@run" }]');
    const sdl = subgraph(link, '@run(name: "p")');
    const composed = linkMesh(sdl, definitions, { compose: true }).sdl;
    assert.match(
      composed,
      /extend schema\n {2}@composeDirective\(name: "@dataProduct"\)\n {2}@composeDirective\(name: "@run"\)/,
    );
    buildSubgraphSchema([{ typeDefs: parse(composed) }]);
    const plain = linkMesh(sdl.replace(', "@composeDirective"', ''), definitions, { compose: true }).sdl;
    assert.match(plain, /@federation__composeDirective\(name: "@run"\)/);
    buildSubgraphSchema([{ typeDefs: parse(plain) }]);
  });
});
