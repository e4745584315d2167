/** `weft policy simulate` and `weft policy test` in processes of their own. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runWeft, temporaryFolder } from '../support/mesh.ts';
import { composeRuled } from '../support/ruled.ts';
import { createSubgraph } from '../support/subgraph.ts';

const delays = createSubgraph(
  'delays',
  `type Query { delays: [Delay!] }
  type Delay { minutes: Int region: String traveller: Traveller }
  type Traveller { name: String mail: String }`,
  {},
);
const sdl = composeRuled([delays], {
  Delay: '@weft__rows(where: "object.region == subject.claims.region")',
  'Query.delays': '@weft__purpose(allow: ["safety-analysis"])',
  'Traveller.name': '@policy(policies: [["adult"]])',
  'Traveller.mail': '@weft__mask(with: LAST4, unless: [["pii:read"]])',
});
const files = {
  'supergraph.graphql': sdl,
  'policies.yaml': 'policies: { adult: "subject.claims.age >= 18" }\n',
  'weft.yaml': 'policy: { file: policies.yaml }\n',
  'ana.json': '{ "id": "ana", "purposes": ["safety-analysis"], "claims": { "region": "eu" } }',
  'q.graphql': '{ delays { minutes traveller { name mail } } }',
};

async function folderOf(context: TestContext, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await temporaryFolder(context);
  await Promise.all(Object.entries({ ...files, ...more }).map(([name, text]) => writeFile(join(folder, name), text)));
  return folder;
}

const policy = (cwd: string, ...words: string[]) => runWeft(['policy', ...words], { cwd }).exited;
const asAna = ['simulate', '--supergraph', 'supergraph.graphql', '--operation', 'q.graphql', '--as', 'ana.json'];

test('weft policy simulate says what is seen, by which rule, what that read, and what would change it', async (context) => {
  const folder = await folderOf(context);
  const { status, stdout, stderr } = await policy(folder, ...asAna, '--purpose', 'safety-analysis');
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(
    stdout,
    `Query.delays     filter object.region == "eu"
  by @weft__rows(where: "object.region == subject.claims.region") at Delay
     supergraph.graphql
  read subject.claims.region = "eu"
  to see it: rows of Delay to pass: object.region == subject.claims.region, which read subject.claims.region = "eu"
Delay.minutes    allow
Delay.traveller  allow
Traveller.name   deny
  by @policy(policies: [["adult"]])
     supergraph.graphql
  since a policy cannot be worked out for the subject: what it reads is missing or of another type
  read subject.claims.age = nothing
  to see it: policy adult to pass: subject.claims.age >= 18, which read subject.claims.age = nothing
Traveller.mail   mask LAST4
  by @weft__mask(with: LAST4, unless: [["pii:read"]])
     supergraph.graphql
  read subject.scopes = []
  to see it: the scope pii:read

what is asked of the subgraphs:
  {
    delays {
      minutes
      traveller {
        mail
      }
    }
  }
and, for conditions on rows: Delay.region
`,
  );

  const without = await policy(folder, ...asAna, '--format', 'json');
  const { places, sent } = JSON.parse(without.stdout);
  assert.equal(sent, null);
  assert.partialDeepStrictEqual(places[0], {
    coordinate: 'Query.delays',
    verdict: 'deny',
    rules: [{ coordinate: 'Query.delays', from: ['supergraph.graphql'] }],
    reads: { purpose: null },
    change: { purpose: { name: 'safety-analysis', isGranted: true }, outcome: 'filter' },
  });
});

test('weft policy simulate stands on what it composes, and then tells the line of each rule', async (context) => {
  const folder = await folderOf(context, {
    'weft.yaml': 'subgraphs: { people: { routing_url: "http://127.0.0.1:1/", schema: { file: people.graphql } } }\n',
    'people.graphql': `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@authenticated"])
type Query {
  me: String @authenticated
}
`,
    'nobody.json': '{}',
    'me.graphql': '{ me }',
  });
  const { stdout, status } = await policy(folder, 'simulate', '--as', 'nobody.json', '--operation', 'me.graphql');
  assert.equal(status, 0);
  assert.match(stdout, /^ {5}people {2}\S*people\.graphql:3:14$/m);
  assert.match(stdout, /^ {2}to see it: a token, since the request is anonymous$/m);
  assert.match(stdout, /^nothing is left to ask$/m);
});

test('weft policy simulate refuses what the gateway would, and files that it cannot use', async (context) => {
  const folder = await folderOf(context, {
    'typo.json': '{ "id": "ana", "scope": ["a"] }',
    'wrong.graphql': '{ delay }',
    'anonymous.json': '{ "id": null, "scopes": ["a"] }',
  });
  const simulate = (changes: Readonly<Record<string, string>>, ...more: string[]) =>
    policy(folder, ...asAna.map((word) => changes[word] ?? word), ...more);
  for (const [run, status, words] of [
    [simulate({ 'ana.json': 'typo.json' }), 2, /unknown key "scope".*Did you mean "scopes"\?\n {2}at typo\.json:1:16/],
    [simulate({ 'ana.json': 'anonymous.json' }), 2, /wanted an `id` beside it/],
    [simulate({ 'ana.json': 'none.json' }), 2, /^POLICY_INVALID {2}Cannot read "none\.json"/],
    [simulate({ 'q.graphql': 'wrong.graphql' }), 1, /^GRAPHQL_VALIDATION_FAILED {2}Cannot query field "delay"/],
    [simulate({}, '--purpose', 'marketing'), 2, /^POLICY_INVALID .*wanted one of safety-analysis/],
    [simulate({}, '--variables', 'ana.graphql'), 2, /^USAGE_INVALID {2}Cannot read the variables/],
    [
      policy(folder, 'simulat'),
      2,
      /^USAGE_INVALID {2}Cannot run "weft policy simulat".*Did you mean "policy simulate"\?/,
    ],
    [policy(folder), 2, /^USAGE_INVALID {2}Cannot run "weft policy"/],
  ] as const) {
    const { status: found, stderr, stdout } = await run;
    assert.match(stderr, words);
    assert.deepEqual([found, stdout], [status, '']);
  }
});

const cases = `supergraph: supergraph.graphql
policies: policies.yaml
cases:
  - name: analysts see delays of their region, not names
    as: { id: ana, scopes: [delays:read], claims: { region: eu } }
    purpose: safety-analysis
    operation: "{ delays { minutes traveller { name mail } } }"
    expect:
      Query.delays: filter "'eu' == object.region"
      Delay: filter
      Delay.minutes: allow
      Traveller.name: deny
      Traveller.mail: mask LAST4
  - name: nobody sees them without a purpose
    as: {}
    operation: q.graphql
    expect: { Query.delays: deny, Delay.minutes: deny }
`;

test('weft policy test runs cases, and tells of each that does not come out so', async (context) => {
  const folder = await folderOf(context, { 'delays.policy.yaml': cases });
  const good = await policy(folder, 'test');
  // A comparison the other way round is another condition, as far as anybody can tell from its text.
  assert.equal(good.status, 1, good.stderr);
  await writeFile(
    join(folder, 'delays.policy.yaml'),
    cases.replace(`"'eu' == object.region"`, `"object.region == 'eu'"`),
  );
  const whole = await policy(folder, 'test');
  assert.deepEqual(
    [whole.status, whole.stdout],
    [
      0,
      `TAP version 14
1..2
ok 1 - delays.policy.yaml: analysts see delays of their region, not names
ok 2 - delays.policy.yaml: nobody sees them without a purpose
# all 2 come out as expected
`,
    ],
  );
  await writeFile(
    join(folder, 'bad.policy.yaml'),
    cases
      .replace('Traveller.name: deny', 'Traveller.name: allow')
      .replace('LAST4', 'REDACT')
      .replace('Delay: filter', 'Flight: allow'),
  );
  const bad = await policy(folder, 'test', 'bad.policy.yaml');
  assert.equal(bad.status, 1);
  assert.match(bad.stdout, /^not ok 1 - bad\.policy\.yaml: analysts see/m);
  assert.match(bad.stdout, /^ {2}# Flight: expected allow, got nothing: the operation does not come to it$/m);
  assert.match(
    bad.stdout,
    /^ {2}# Traveller\.name: expected allow, got deny\n {2}# {3}by @policy\(policies: \[\["adult"\]\]\)$/m,
  );
  assert.match(bad.stdout, /^ {2}# Traveller\.mail: expected mask REDACT, got mask LAST4$/m);
  assert.match(bad.stdout, /^ok 2 /m);
  const json = JSON.parse((await policy(folder, 'test', 'bad.policy.yaml', '--format', 'json')).stdout);
  assert.deepEqual(
    json.cases.map(({ ok }: { ok: boolean }) => ok),
    [false, true],
  );
});

test('weft policy test refuses files with mistakes, each with its place, and a run without cases', async (context) => {
  const folder = await folderOf(context);
  const none = await policy(folder, 'test');
  assert.equal(none.status, 2);
  assert.match(none.stderr, /^USAGE_INVALID {2}Cannot test policies: found no file/);
  for (const [from, to, words] of [
    ['expect:', 'expects:', /unknown key "expects".*Did you mean "expect"\?\n {2}at one\.policy\.yaml:8:5/],
    ['Traveller.mail: mask LAST4', 'Traveller.mail: hide', /found hide, wanted allow, deny, mask/],
    ['mask LAST4', 'mask BLUR', /Cannot read mask "BLUR"/],
    ['filter "\'eu\' == object.region"', 'filter "object."', /Cannot read condition/],
    ['Traveller.name: deny', '"Traveller name": deny', /wanted a coordinate/],
    ['as: { id: ana,', 'as: { idd: ana,', /unknown key "idd"/],
    ['    purpose: safety-analysis\n', '    purpose: [a]\n', /wanted a name/],
    ['    as: {}\n', '', /wanted an `as` in it/],
    ['q.graphql', 'none.graphql', /wanted a file that can be read/],
    [cases, 'supergraph: a.graphql\n', /wanted `cases:` in it/],
  ] as const) {
    await writeFile(join(folder, 'one.policy.yaml'), cases.replace(from, to));
    const { status, stderr } = await policy(folder, 'test');
    assert.match(stderr, words);
    assert.equal(status, 2, stderr);
  }
});

test('the policy of this mesh makes of its travellers what it is said to', async () => {
  const { status, stdout, stderr } = await runWeft(['policy', 'test']).exited;
  assert.equal(status, 0, stdout + stderr);
  assert.match(
    stdout,
    /^ok 1 - subgraphs\/travellers\/travellers\.policy\.yaml: nobody sees bookings without a token$/m,
  );
});
