/** What every example domain promises by its schema, held against its code. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Kind, parse, visit } from 'graphql';
import type { ConstDirectiveNode, DocumentNode } from 'graphql';
import { domainNames } from '../../cli/domains.ts';
import { composeSubgraphs } from '../../gateway/supergraph/compose.ts';
import { meshDefinitions } from '../../mesh/core/definitions.ts';
import type { Domain } from '../../mesh/sdk/index.ts';

const folder = new URL('../../subgraphs/', import.meta.url);
const domains = await Promise.all(
  domainNames().map(async (name) => {
    const module: { default: Domain } = await import(new URL(`${name}/domain.ts`, folder).href);
    return { name, domain: module.default, sdl: readFileSync(new URL(`${name}/schema.graphql`, folder), 'utf8') };
  }),
);

test('the domains compose', () => {
  const subgraphs = domains.map(({ name, sdl }) => ({ name, sdl, origin: `subgraphs/${name}/schema.graphql` }));
  assert.match(composeSubgraphs(subgraphs, { definitions: meshDefinitions() }).sdl, /^schema/);
});

for (const { name, domain, sdl } of domains) {
  const document = parse(sdl);

  describe(name, () => {
    test('bears the name of its folder', () => {
      assert.equal(domain.name, name);
    });

    test('names each process in its schema or gives it a trigger, and has no name without a process', () => {
      const asked = directivesOf(document, 'process').map((directive) => argumentOf(directive, 'name'));
      const triggered = domain.processes.filter((process) => (process.triggers ?? []).length > 0);
      assert.deepEqual(
        domain.processes.map((process) => process.name).toSorted(),
        [...new Set([...asked, ...triggered.map((process) => process.name)])].toSorted(),
      );
    });

    test('promises of each product what it is, how fresh, and how available', () => {
      for (const product of directivesOf(document, 'dataProduct')) {
        for (const promise of ['description', 'freshness', 'availability']) {
          assert.ok(argumentOf(product, promise), promise);
        }
      }
    });
  });
}

function directivesOf(document: DocumentNode, name: string): ConstDirectiveNode[] {
  const found: ConstDirectiveNode[] = [];
  visit(document, { Directive: (node) => void (node.name.value === name && found.push(node as ConstDirectiveNode)) });
  return found;
}

function argumentOf(directive: ConstDirectiveNode, name: string): string {
  const value = directive.arguments?.find((argument) => argument.name.value === name)?.value;
  return value?.kind === Kind.STRING ? value.value : '';
}
