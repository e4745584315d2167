/** `weft compose` in a process of its own: refusals, explanations, and what a new policy weakens. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runWeft, temporaryFolder } from '../support/mesh.ts';

const links = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@authenticated"])
  @link(url: "https://weft.dev/weft/v1.0", import: ["@mask", "@classified", "@derivedFrom"])`;
const people = `${links}
type Query {
  person(byMail: String): Person
}
type Person @key(fields: "id") {
  id: ID!
  mail: String @classified(as: ["PII"])
  pay: Float @authenticated @mask(with: ROUND, n: 100)
}
`;
const reports = `${links}
type Query {
  contact: String @derivedFrom(coordinates: ["Person.mail"])
}
`;
const config = `subgraphs:
  people: { routing_url: "http://127.0.0.1:1/", schema: { file: people.graphql } }
  reports: { routing_url: "http://127.0.0.1:2/", schema: { file: reports.graphql } }
policy: { file: policies.yaml }
`;

async function folderOf(context: TestContext, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await temporaryFolder(context);
  const all = {
    'weft.yaml': config,
    'people.graphql': people,
    'reports.graphql': reports,
    'policies.yaml': 'classes:\n  PII: { mask: REDACT, unless: [[pii:read]] }\n',
    ...files,
  };
  await Promise.all(Object.entries(all).map(([name, text]) => writeFile(join(folder, name), text)));
  return folder;
}

const compose = (cwd: string, ...words: string[]) => runWeft(['compose', ...words], { cwd }).exited;

test('weft compose bakes the rules of classes into the supergraph, and warns on stderr', async (context) => {
  const { status, stdout, stderr } = await compose(await folderOf(context));
  assert.equal(status, 0, stderr);
  assert.match(stdout, /mail: String .*@mask\(with: REDACT, unless: \[\["pii:read"\]\]\) @classified\(as: \["PII"\]\)/);
  assert.match(stdout, /contact: String .*@mask\(with: REDACT, unless: \[\["pii:read"\]\]\)/);
  assert.match(
    stderr,
    /^warning: "Query\.person\(byMail:\)" may tell of "Person\.mail".*\(\S*people\.graphql:5:10\)$/m,
  );
});

test('weft compose --explain says what binds, and which line, class or derivation says so', async (context) => {
  const folder = await folderOf(context);
  const { status, stdout } = await compose(folder, '--explain');
  assert.equal(status, 0);
  assert.match(
    stdout,
    /^Query\.contact\n {2}@mask\(with: REDACT, unless: \[\["pii:read"\]\]\)\n {4}reports {2}\S*reports\.graphql:5:19, by class PII \(policies\.yaml:2\), by derived from Person\.mail\n/m,
  );
  assert.match(stdout, /^Person\.pay\n {2}@authenticated\n {4}people {2}\S*people\.graphql:10:14\n/m);
  const { coordinates } = JSON.parse((await compose(folder, '--explain', '--format', 'json')).stdout);
  assert.deepEqual(
    coordinates.map(({ coordinate }: { coordinate: string }) => coordinate),
    ['Person.mail', 'Person.pay', 'Query.contact'],
  );
  const { from } = coordinates[0].rules[0];
  assert.partialDeepStrictEqual(from[0], { subgraph: 'people', line: 9, by: ['class PII (policies.yaml:2)'] });
});

test('weft compose refuses on stderr alone, each mistake with its frame, and exits with 2', async (context) => {
  const folder = await folderOf(context, {
    'people.graphql': people.replace('ROUND, n: 100', 'LAST4'),
    'policies.yaml': 'policies: {}\n',
  });
  const { status, stdout, stderr } = await compose(folder);
  assert.deepEqual([status, stdout], [2, '']);
  assert.match(stderr, /^COMPOSITION_FAILED {2}Cannot tell what class "PII" of "Person\.mail" means/m);
  assert.match(stderr, /^COMPOSITION_FAILED {2}Cannot mask "Person\.pay" with LAST4/m);
  assert.match(stderr, /^ {2}> 10 \| {3}pay: Float/m);
});

test('weft compose --previous fails on a weaker policy, unless that is acknowledged', async (context) => {
  const folder = await folderOf(context);
  const before = await compose(folder);
  await writeFile(join(folder, 'before.graphql'), before.stdout);
  const same = await compose(folder, '--previous', 'before.graphql');
  assert.deepEqual([same.status, same.stdout], [0, before.stdout]);

  await writeFile(
    join(folder, 'people.graphql'),
    people.replace(' @authenticated', '').replace('id: ID!', 'id: ID! @authenticated'),
  );
  await writeFile(join(folder, 'policies.yaml'), 'classes: { PII: { mask: LAST4, unless: [[pii:read]] } }\n');
  const weaker = await compose(folder, '--previous', 'before.graphql');
  assert.deepEqual([weaker.status, weaker.stdout], [1, '']);
  assert.match(weaker.stderr, /^tightened {2}Person\.id: nothing → @authenticated$/m);
  assert.match(
    weaker.stderr,
    /^POLICY_WEAKENED {2}weakened {2}Person\.mail: @mask\(with: REDACT, .* → @mask\(with: LAST4/m,
  );
  assert.match(weaker.stderr, /^POLICY_WEAKENED {2}weakened {2}Query\.contact: /m);
  assert.match(weaker.stderr, /^POLICY_WEAKENED {2}weakened {2}Person\.pay: /m);

  const acknowledged = await compose(folder, '--previous', 'before.graphql', '--acknowledge-weakening');
  assert.equal(acknowledged.status, 0);
  assert.match(acknowledged.stderr, /^weakened {2}Person\.pay: /m);
  assert.match(acknowledged.stdout, /@mask\(with: LAST4/);

  const none = await compose(folder, '--previous', 'nowhere.graphql');
  assert.equal(none.status, 3);
  assert.match(none.stderr, /^SUPERGRAPH_UNAVAILABLE {2}Cannot read the supergraph before from "nowhere\.graphql"/m);
});
