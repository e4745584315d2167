/** Reading `weft.yaml`: what comes before what, and how every kind of mistake is told. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { type ConfigFlags, readConfig } from '../../cli/config.ts';
import { type Config, defaultConfig } from '../../mesh/core/config.ts';
import { WeftError } from '../../mesh/core/error.ts';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-config-'));
});
after(() => rmSync(folder, { recursive: true }));

interface Said {
  readonly yaml?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly flags?: ConfigFlags;
}

/** The configuration of a working folder of its own, where `yaml` is the `weft.yaml`. */
function configOf({ yaml, environment = {}, flags }: Said): { config: Config; home: string } {
  const home = mkdtempSync(join(folder, 'home-'));
  if (yaml !== undefined) writeFileSync(join(home, 'weft.yaml'), yaml);
  const readEnvironment = (name: string) => environment[name];
  return { config: readConfig({ folder: home, readEnvironment, ...(flags && { flags }) }), home };
}

function mistakesOf(yaml: string, environment: Readonly<Record<string, string>> = {}): WeftError[] {
  try {
    configOf({ yaml, environment });
  } catch (error) {
    assert.ok(error instanceof WeftError);
    assert.equal(error.code, 'CONFIG_INVALID');
    return error.cause instanceof AggregateError ? error.cause.errors : [error];
  }
  throw new assert.AssertionError({ message: 'The configuration was accepted.' });
}

/** `LINE:COLUMN message` of each mistake. */
function reportOf(yaml: string, environment: Readonly<Record<string, string>> = {}): string[] {
  return mistakesOf(yaml, environment).map(({ at, message }) => `${at?.line}:${at?.column} ${message}`);
}

describe('readConfig()', () => {
  test('without a file, flags or environment gives the defaults', () => {
    const { config, home } = configOf({});
    assert.deepEqual(config, { ...defaultConfig, data: join(home, '.weft') });
  });

  test('takes an empty file and one of comments only as saying nothing', () => {
    assert.equal(configOf({ yaml: '' }).config.port, 4000);
    assert.equal(configOf({ yaml: '# nothing yet\n' }).config.port, 4000);
  });

  test('reads every key of the file', () => {
    const { config, home } = configOf({
      yaml: `
host: 0.0.0.0
port: 4100
data: var/weft
supergraph: { poll: 1m, headers: { x-key: k } }
subgraphs:
  flights: { routing_url: "http://127.0.0.1:4001/graphql", schema: { file: flights.graphql } }
  asked: { routing_url: https://asked.example/graphql, timeout: 2s, context: true, appliesFilters: true }
  live: { routing_url: https://live.example/graphql, subscriptions: { protocol: sse, url: https://live.example/sse } }
domains:
  airports: { variables: { speed: 600, regions: [west, east], nested: { on: true, off: null } } }
  empty: {}
auth:
  jwt: { issuers: [{ issuer: "https://id.example", jwks: "file:keys.json", audiences: [weft] }] }
  claims: { subject: uid, roles: groups }
headers: { forward: [Authorization, x-trace] }
ws: { origins: [https://app.example] }
override: { labels: [next-bill] }
policy: { file: schema/policies.yaml, secret: correct-horse-battery, contextKey: "file:key.json", contextClaims: [region] }
gateway: { jwks: "file:gateway.json" }
documents: { manifest: "file:persisted.json", safelist: true, apq: false }
timeouts: { request: 2m, subgraph: 500ms }
retries: { max: 0, budget: 5 }
breaker: { enabled: false, errors: 10, calls: 20, window: 1m, wait: 3s }
limits: { body: 512KiB, response: 1GiB, batch: 5, tokens: 1, depth: 2, aliases: 3, rootFields: 4, directives: 5, cost: 6, listSize: 7, listItems: 8, inputDepth: 9 }
traffic: { shareRequests: false }
stores: { neo4j: "bolt://neo4j:secret@127.0.0.1:7687" }
`,
    });
    assert.deepEqual(config, {
      host: '0.0.0.0',
      port: 4100,
      data: join(home, 'var/weft'),
      supergraph: { pollMs: 60_000, headers: { 'x-key': 'k' } },
      subgraphs: {
        flights: {
          routingUrl: 'http://127.0.0.1:4001/graphql',
          schemaFile: join(home, 'flights.graphql'),
          subscriptions: { protocol: 'ws', url: null },
          timeoutMs: null,
          context: false,
          appliesFilters: false,
        },
        asked: {
          routingUrl: 'https://asked.example/graphql',
          schemaFile: null,
          subscriptions: { protocol: 'ws', url: null },
          timeoutMs: 2_000,
          context: true,
          appliesFilters: true,
        },
        live: {
          routingUrl: 'https://live.example/graphql',
          schemaFile: null,
          subscriptions: { protocol: 'sse', url: 'https://live.example/sse' },
          timeoutMs: null,
          context: false,
          appliesFilters: false,
        },
      },
      domains: {
        airports: { variables: { speed: 600, regions: ['west', 'east'], nested: { on: true, off: null } } },
        empty: { variables: {} },
      },
      auth: {
        issuers: [{ issuer: 'https://id.example', jwks: `file:${join(home, 'keys.json')}`, audiences: ['weft'] }],
        claims: { subject: 'uid', roles: 'groups', scopes: 'scope', purposes: 'purposes', domain: 'domain' },
      },
      headers: { forward: ['authorization', 'x-trace'] },
      ws: { origins: ['https://app.example'] },
      override: { labels: ['next-bill'] },
      policy: {
        ...defaultConfig.policy,
        file: join(home, 'schema/policies.yaml'),
        secret: 'correct-horse-battery',
        contextKey: join(home, 'key.json'),
        contextClaims: ['region'],
      },
      gateway: { jwks: `file:${join(home, 'gateway.json')}` },
      documents: { manifest: join(home, 'persisted.json'), safelist: true, apq: false },
      timeouts: { requestMs: 120_000, subgraphMs: 500 },
      retries: { max: 0, budgetPercent: 5 },
      breaker: { enabled: false, errorPercent: 10, callsMin: 20, windowMs: 60_000, waitMs: 3_000 },
      limits: {
        bodyBytes: 2 ** 19,
        responseBytes: 2 ** 30,
        batch: 5,
        tokens: 1,
        depth: 2,
        aliases: 3,
        rootFields: 4,
        directives: 5,
        cost: 6,
        listSize: 7,
        listItems: 8,
        inputDepth: 9,
      },
      traffic: { shareRequests: false },
      neo4jUrl: 'bolt://neo4j:secret@127.0.0.1:7687',
    } satisfies Config);
  });

  test('prefers the flag, then the environment, then the file, then the default', () => {
    const yaml = 'host: file.example\nport: 1\ndata: file\nstores: { neo4j: "bolt://file:7687" }\n';
    const environment = {
      WEFT_HOST: 'environment.example',
      WEFT_PORT: '2',
      WEFT_DATA: 'environment',
      WEFT_NEO4J_URL: 'bolt://environment:7687',
    };
    const flags = { host: 'flag.example', port: 3, data: 'flag' };
    const summary = (said: Said) => {
      const { config, home } = configOf(said);
      return [config.host, config.port, config.data.slice(home.length + 1), config.neo4jUrl];
    };
    assert.deepEqual(summary({}), ['127.0.0.1', 4000, '.weft', null]);
    assert.deepEqual(summary({ yaml }), ['file.example', 1, 'file', 'bolt://file:7687']);
    assert.deepEqual(summary({ yaml, environment }), [
      'environment.example',
      2,
      'environment',
      'bolt://environment:7687',
    ]);
    assert.deepEqual(summary({ yaml, environment, flags }), ['flag.example', 3, 'flag', 'bolt://environment:7687']);
    assert.deepEqual(summary({ yaml, flags: { port: 0 } }), ['file.example', 0, 'file', 'bolt://file:7687']);
  });

  test('takes the file that --config names before that of WEFT_CONFIG before weft.yaml', () => {
    const home = mkdtempSync(join(folder, 'home-'));
    for (const [file, port] of [
      ['weft.yaml', 1],
      ['named.yaml', 2],
      ['flag.yaml', 3],
    ] as const) {
      writeFileSync(join(home, file), `port: ${port}\n`);
    }
    const environment = (name: string) => (name === 'WEFT_CONFIG' ? 'named.yaml' : undefined);
    const unset = () => undefined;
    assert.equal(readConfig({ folder: home, readEnvironment: unset }).port, 1);
    assert.equal(readConfig({ folder: home, readEnvironment: environment }).port, 2);
    assert.equal(readConfig({ folder: home, readEnvironment: environment, file: 'flag.yaml' }).port, 3);
  });

  test('takes paths of the file relative to the file, paths of flags relative to the working folder', () => {
    const home = mkdtempSync(join(folder, 'home-'));
    mkdirSync(join(home, 'etc'));
    writeFileSync(join(home, 'etc/mesh.yaml'), 'data: store\npolicy: { file: ../policies.yaml }\n');
    const options = { folder: home, file: 'etc/mesh.yaml', readEnvironment: () => undefined };
    assert.equal(readConfig(options).data, join(home, 'etc/store'));
    assert.equal(readConfig(options).policy.file, join(home, 'policies.yaml'));
    assert.equal(readConfig({ ...options, flags: { data: 'store' } }).data, join(home, 'store'));
  });

  test('tells of a named file that is not there', () => {
    assert.throws(
      () => readConfig({ folder, file: 'absent.yaml', readEnvironment: () => undefined }),
      (error: WeftError) => error.code === 'CONFIG_INVALID' && /Name a file that can be read/.test(error.message),
    );
  });

  test('tells of a WEFT_PORT that is no port', () => {
    for (const port of ['http', '70000', '-1', '4e3']) {
      assert.throws(() => configOf({ environment: { WEFT_PORT: port } }), {
        code: 'CONFIG_INVALID',
        message: `Cannot use environment variable "WEFT_PORT": found "${port}", wanted a port from 0 to 65535.`,
      });
    }
  });
});

describe('a variable in the file', () => {
  const environment = { HOST: 'mesh.example', PORT: '4200', DIGITS: '007', FLAG: 'true' };

  test('is put in place, alone and within a text', () => {
    const yaml = 'host: ${env.HOST}\nsubgraphs: { a: { routing_url: "http://${env.HOST}:${env.PORT}/graphql" } }\n';
    const { config } = configOf({ yaml, environment });
    assert.equal(config.host, 'mesh.example');
    assert.equal(config.subgraphs['a']?.routingUrl, 'http://mesh.example:4200/graphql');
  });

  test('gives its default when it is not set, an empty one too', () => {
    const yaml = 'host: "${env.NONE:-fallback}"\ndomains: { a: { variables: { empty: "${env.NONE:-}" } } }\n';
    const { config } = configOf({ yaml });
    assert.equal(config.host, 'fallback');
    assert.deepEqual(config.domains['a']?.variables, { empty: '' });
  });

  test('becomes a number where one is wanted and stays a text where a text is wanted or written', () => {
    const yaml = `
port: \${env.PORT}
host: \${env.DIGITS}
domains:
  a:
    variables:
      number: \${env.PORT}
      text: "\${env.PORT}"
      on: \${env.FLAG}
`;
    const { config } = configOf({ yaml, environment });
    assert.equal(config.port, 4200);
    assert.equal(config.host, '007');
    assert.deepEqual(config.domains['a']?.variables, { number: 4200, text: '4200', on: true });
  });

  test('that is not set and has no default is a mistake at its place', () => {
    assert.deepEqual(reportOf('port: 4000\nhost: ${env.NONE}\n'), [
      '2:7 Cannot put environment variable "NONE" in place: found that it is not set. ' +
        'Set it, or write a default: ${env.NONE:-default}.',
    ]);
  });

  test('in any other form is a mistake at its place', () => {
    const wanted = 'wanted "${env.NAME}".';
    assert.deepEqual(reportOf('host: ${HOST}\n'), [`1:7 Cannot put a variable in place: found "\${HOST}", ${wanted}`]);
    assert.deepEqual(reportOf('host: "${env.HOST"\n'), [
      `1:7 Cannot put a variable in place: found "\${env.HOST", ${wanted}`,
    ]);
  });
});

describe('a mistake in the file', () => {
  test('of YAML is told with its place and frame', () => {
    const [mistake] = mistakesOf('host: a\nport: [1, 2\nlimits: {}\n');
    assert.match(mistake?.message ?? '', /^Cannot read ".*weft\.yaml" as YAML: found /);
    assert.equal(mistake?.at?.line, 3);
    assert.match(mistake?.at?.frame ?? '', /> 3 \| limits/);
  });

  test('is a key that stands twice', () => {
    const [report] = reportOf('port: 1\nhost: a\nport: 2\n');
    assert.match(report ?? '', /^3:1 .*keys must be unique/);
  });

  test('is an unknown key, told with the known ones and the closest', () => {
    assert.deepEqual(reportOf('limits:\n  depht: 3\n'), [
      '2:3 Cannot use "limits.depht": found an unknown key "depht", ' +
        'wanted one of body, response, batch, tokens, depth, aliases, rootFields, directives, cost, listSize, listItems, inputDepth. Did you mean "depth"?',
    ]);
    const [mistake] = mistakesOf('port: 1\nsubgraph: {}\nhost: a\n');
    assert.match(mistake?.message ?? '', /Did you mean "subgraphs"\?$/);
    assert.equal(mistake?.at?.frame, '  1 | port: 1\n> 2 | subgraph: {}\n    | ^\n  3 | host: a');
  });

  test('is a value of the wrong kind', () => {
    assert.deepEqual(
      reportOf('port: "4000"\nheaders: { forward: authorization }\nlimits: 3\nhost:\ndocuments: { apq: 1 }\n'),
      [
        '1:7 Cannot use "port": found "4000", wanted a whole number.',
        '2:21 Cannot use "headers.forward": found "authorization", wanted a list.',
        '3:9 Cannot use "limits": found "3", wanted keys with values.',
        '4:6 Cannot use "host": found nothing, wanted a text.',
        '5:19 Cannot use "documents.apq": found "1", wanted true or false.',
      ],
    );
    assert.deepEqual(reportOf('- 1\n'), ['1:1 Cannot use the file: found "- 1", wanted keys with values.']);
  });

  test('is a value out of bounds or of the wrong form', () => {
    const yaml = `
port: 65536
timeouts: { request: 30, subgraph: soon }
limits: { tokens: 0, body: 1MB }
auth: { jwt: { issuers: [{ issuer: "", jwks: keys.json, audiences: [] }] } }
documents: { manifest: persisted.json }
`;
    assert.deepEqual(reportOf(yaml), [
      '2:7 Cannot use "port": found "65536", wanted 65535 at most.',
      '3:22 Cannot use "timeouts.request": found "30", wanted the like of "30s" or "500ms".',
      '3:36 Cannot use "timeouts.subgraph": found "soon", wanted the like of "10s" or "500ms".',
      '4:19 Cannot use "limits.tokens": found "0", wanted 1 at least.',
      '4:28 Cannot use "limits.body": found "1MB", wanted the like of "1MiB" or "512KiB".',
      '5:36 Cannot use "auth.jwt.issuers.0.issuer": found "", wanted something that is not empty.',
      '5:46 Cannot use "auth.jwt.issuers.0.jwks": found "keys.json", wanted the like of "file:keys.json" or "https://id.example/keys.json".',
      '5:68 Cannot use "auth.jwt.issuers.0.audiences": found "[]", wanted something that is not empty.',
      '6:24 Cannot use "documents.manifest": found "persisted.json", wanted the like of "file:persisted.json".',
    ]);
  });

  test('is a key that is missing, told at what lacks it', () => {
    assert.deepEqual(reportOf('subgraphs:\n  flights: { schema: {} }\n'), [
      '2:3 Cannot use "subgraphs.flights": found no "routing_url", wanted a "routing_url" in it.',
      '2:14 Cannot use "subgraphs.flights.schema": found no "file", wanted a "file" in it.',
    ]);
    assert.equal(mistakesOf('auth: { jwt: { issuers: [{}] } }').length, 3);
  });

  test('is a name that no subgraph can bear', () => {
    assert.deepEqual(reportOf('subgraphs:\n  __proto__: { routing_url: "http://a" }\n'), [
      '2:3 Cannot use "subgraphs.__proto__": found the name "__proto__", wanted the like of "flights".',
    ]);
  });

  test('never shows what an environment variable said', () => {
    const environment = { SECRET: 'hunter2' };
    const mistakes = mistakesOf('stores:\n  neo4j: ${env.SECRET}\nlimits: { tokens: "${env.SECRET}" }\n', environment);
    assert.equal(mistakes.length, 2);
    for (const { message, at } of mistakes) assert.doesNotMatch(`${message} ${at?.frame}`, /hunter2/);
    assert.match(mistakes[0]?.message ?? '', /found "\$\{env\.SECRET\}"/);
  });

  test('beside others is told together with them', () => {
    assert.throws(() => configOf({ yaml: 'prot: 1\nlimits: { depth: 0 }\n' }), {
      code: 'CONFIG_INVALID',
      message: /: found 2 mistakes\.$/,
    });
  });
});
