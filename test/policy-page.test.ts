/** Every example of docs/policy.md, through composition and a gateway: who asks gets the answer that the page shows. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { stringify, parse as parseYaml } from 'yaml';
import { readGovernance } from '../cli/governance.ts';
import { composeSubgraphs } from '../gateway/supergraph/compose.ts';
import { meshDefinitions } from '../mesh/core/definitions.ts';
import type { JsonObject } from '../mesh/core/json.ts';
import { type Subject, anonymous } from '../mesh/core/subject.ts';
import { policyDirectives } from '../mesh/policy/names.ts';
import { linkMesh } from '../mesh/policy/link.ts';
import { type Answer, createTestGateway } from './support/gateway.ts';
import { createSubgraph } from './support/subgraph.ts';

interface Example {
  readonly schema: string;
  readonly policies?: JsonObject;
  readonly agreements?: JsonObject;
  readonly subjects?: JsonObject;
  /** What the root fields give. */
  readonly data: JsonObject;
  readonly asked: readonly Asked[];
}

interface Asked {
  /** Absent: nobody. */
  readonly as?: Partial<Subject>;
  readonly query: string;
  readonly answer: JsonObject | null;
  /** `COORDINATE REASON`; of a request that was refused, its code. */
  readonly errors?: readonly string[];
}

const page = readFileSync(join(import.meta.dirname, '../docs/policy.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'weft-page-'));
after(() => rmSync(folder, { recursive: true }));

const links = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@authenticated", "@requiresScopes", "@policy"])
  @link(url: "https://weft.dev/weft/v1.0", import: ["@mask", "@rows", "@purpose", "@classified", "@derivedFrom"])\n`;

/** The page's examples, by the heading that each stands under. */
const examples = page.split(/^#{2,3} /m).flatMap((section) => {
  const [heading = ''] = section.split('\n');
  const blocks = Array.from(section.matchAll(/^```yaml\n(schema: [^]*?)^```$/gm), ([, text = '']) => text);
  return blocks.map((text) => [heading, parseYaml(text) as Example] as const);
});

for (const [heading, example] of examples) {
  test(`docs/policy.md: ${heading.replaceAll('`', '')}`, async () => {
    const ask = openExample(example);
    for (const { as, query, answer, errors = [] } of example.asked) {
      const found = await ask(query, as === undefined ? anonymous : { ...anonymous, ...as });
      assert.deepEqual(found.data ?? null, answer, query);
      assert.deepEqual((found.errors ?? []).map(reasonOf), errors, query);
    }
  });
}

test('docs/policy.md has an example of every directive', () => {
  const shown = examples.map(([, { schema }]) => schema).join('\n');
  assert.deepEqual(
    policyDirectives.filter((directive) => !shown.includes(`@${directive}`)),
    [],
  );
});

function reasonOf({ extensions }: NonNullable<Answer['errors']>[number]): string {
  const { coordinate, reasonCode, code } = extensions;
  return coordinate === undefined ? String(code) : `${String(coordinate)} ${String(reasonCode)}`;
}

function openExample({ schema, policies, agreements, subjects, data }: Example) {
  const definitions = meshDefinitions();
  const fields = Object.keys(data).map((name) => [name, () => data[name]]);
  const { sdl } = linkMesh(links + schema, definitions);
  const subgraph = createSubgraph('example', sdl, { Query: Object.fromEntries(fields) });
  const files = readGovernance({
    file: policies === undefined ? null : writeYaml('policies', policies),
    agreements: agreements === undefined ? null : writeYaml('agreements', agreements),
    subjects: subjects === undefined ? null : writeYaml('subjects', subjects),
  });
  const { sdl: supergraph } = composeSubgraphs([{ ...subgraph, sdl: links + schema }], { definitions, ...files });
  const gateway = createTestGateway([subgraph], {
    supergraph,
    governance: { ...files, maskSecret: null, revision: 'page' },
  });
  return (query: string, subject: Subject): Promise<Answer> => gateway.ask(query, { subject });
}

function writeYaml(name: string, value: JsonObject): string {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, stringify(value));
  return file;
}
