/** The files of policy as their authors write them, and as they mistype them. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, describe, test } from 'node:test';
import { readAgreements } from '../../cli/agreements.ts';
import { readSubjects } from '../../cli/subjects.ts';
import { readPolicies } from '../../cli/policies.ts';
import { isWeftError } from '../../mesh/core/error.ts';
import { createGovernance } from '../../mesh/policy/revision.ts';

function write(context: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'weft-policy-'));
  context.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'file.yaml'), text);
  return join(folder, 'file.yaml');
}

/** `LINE:COLUMN MESSAGE` of what is thrown, the file's folder left out. */
function refusalOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    assert.ok(isWeftError(error, 'POLICY_INVALID'), String(error));
    const { at } = error;
    assert.ok(at?.frame?.includes('^'), 'with a frame');
    return `${at?.line}:${at?.column} ${error.message.replaceAll(/"[^"]*file\.yaml"/g, 'the file')}`;
  }
  return 'nothing';
}

describe('readPolicies()', () => {
  test('reads named policies and what classes stand for', (context) => {
    const file = write(
      context,
      `policies:
  adult: 'subject.claims.age >= 18'
classes:
  PII: { mask: LAST4, unless: [[pii:read], [admin, audit]] }
  SECRET: { scopes: [[secret]], purposes: [audit] }
  REGION: { rows: 'object.region in subject.claims.regions' }
  PAY: { mask: ROUND(100) }
`,
    );
    const { policies, texts, classes } = readPolicies(file);
    assert.equal(policies.get('adult')?.({ subject: { claims: { age: 20 } } }), true);
    assert.equal(texts.get('adult'), 'subject.claims.age >= 18');
    assert.deepEqual([...classes.keys()], ['PII', 'SECRET', 'REGION', 'PAY']);
    assert.deepEqual(classes.get('PII')?.mask, {
      mask: { name: 'LAST4', step: null },
      unless: [['pii:read'], ['admin', 'audit']],
    });
    assert.deepEqual(classes.get('SECRET')?.scopes, [['secret']]);
    assert.deepEqual(classes.get('SECRET')?.purposes, ['audit']);
    assert.equal(classes.get('REGION')?.rows?.text, 'object.region in subject.claims.regions');
    assert.deepEqual(classes.get('PAY')?.mask, { mask: { name: 'ROUND', step: 100 }, unless: [] });
    assert.equal(classes.get('PAY')?.at.line, 7);
  });

  test('reads nothing from no file and from an empty one', (context) => {
    assert.equal(readPolicies(null).classes.size, 0);
    assert.equal(readPolicies(write(context, '')).policies.size, 0);
    assert.equal(readPolicies(write(context, 'policies:\nclasses:\n')).policies.size, 0);
  });

  for (const [text, words] of [
    ['classs: {}', /^1:1 .*an unknown key "classs", wanted one of policies, classes\. Did you mean "classes"\?/],
    ['classes: { PII: { maks: REDACT } }', /^1:19 .*"classes\.PII\.maks".*Did you mean "mask"\?/],
    ['classes: { PII: {} }', /^1:17 .*found \{\}, wanted some of mask, unless, scopes, purposes, rows/],
    ['classes: { PII: { unless: [[a]] } }', /wanted a `mask` beside it/],
    ['classes: { PII: { mask: BLUR } }', /^1:25 Cannot read mask "BLUR"/],
    ['classes: { PII: { scopes: [a] } }', /^1:28 .*"classes\.PII\.scopes\.0".*wanted lists of scopes/],
    ['classes: { PII: { scopes: [[]] } }', /wanted lists of scopes/],
    ['classes: { PII: { purposes: all } }', /wanted a list of purposes/],
    ['classes: { PII: { rows: "object." } }', /^1:25 Cannot read condition/],
    ['policies: { a: 7 }', /^1:16 .*wanted a condition in CEL/],
    ['policies: { a: "1 +" }', /^1:16 Cannot read condition "1 \+"/],
    ['[]', /Cannot use the file in the file/],
  ] as const) {
    test(`refuses ${text}, with its place`, (context) => {
      const file = write(context, `${text}\n`);
      assert.match(
        refusalOf(() => readPolicies(file)),
        words,
      );
    });
  }

  test('refuses a file that is not there', () => {
    assert.throws(() => readPolicies('nowhere.yaml'), { code: 'POLICY_INVALID', message: /no such file/ });
  });
});

describe('readAgreements()', () => {
  const agreement =
    '{ id: a, consumer: { domain: safety }, products: [Query.delays], purposes: [audit], until: 2027-06-30 }';

  test('reads agreements, the last day included', (context) => {
    assert.deepEqual(readAgreements(write(context, `agreements:\n  - ${agreement}\n`)), [
      {
        id: 'a',
        consumer: 'safety',
        products: ['Query.delays'],
        purposes: ['audit'],
        until: Date.UTC(2027, 6, 1),
      },
    ]);
  });

  test('tells no file from one without agreements', (context) => {
    assert.equal(readAgreements(null), null);
    assert.deepEqual(readAgreements(write(context, 'agreements: []\n')), []);
    assert.deepEqual(readAgreements(write(context, '')), []);
  });

  for (const [from, to, words] of [
    ['2027-06-30', '2027-02-30', /wanted a date: 2027-06-30/],
    ['2027-06-30', 'soon', /wanted a date/],
    ['until: 2027-06-30', 'untill: 2027-06-30', /an unknown key "untill".*Did you mean "until"\?/],
    [', until: 2027-06-30', '', /wanted a `until` in it/],
    ['{ domain: safety }', 'safety', /wanted \{ domain: NAME \}/],
    ['[Query.delays]', '[]', /wanted a list of coordinates/],
    ['Query.delays', '"Query.delays(x:)"', /wanted a coordinate/],
    ['purposes: [audit]', 'purposes: audit', /wanted a list of purposes/],
  ] as const) {
    test(`refuses ${to || `what lacks "${from}"`}`, (context) => {
      const file = write(context, `agreements:\n  - ${agreement.replace(from, to)}\n`);
      assert.match(
        refusalOf(() => readAgreements(file)),
        words,
      );
    });
  }

  test('refuses an id that is taken', (context) => {
    const file = write(context, `agreements:\n  - ${agreement}\n  - ${agreement}\n`);
    assert.match(
      refusalOf(() => readAgreements(file)),
      /^3:5 .*"a" is taken/,
    );
  });
});

describe('readSubjects()', () => {
  test('reads what is said, by ids as they are written', (context) => {
    const text =
      'subjects:\n  ada: { roles: [steward], scopes: [] }\n  0123: { withdrawn: true }\n  __proto__: { roles: [] }\n';
    assert.deepEqual(
      [...readSubjects(write(context, text))],
      [
        ['ada', { roles: ['steward'], scopes: [], isWithdrawn: false }],
        ['0123', { roles: null, scopes: null, isWithdrawn: true }],
        ['__proto__', { roles: [], scopes: null, isWithdrawn: false }],
      ],
    );
  });

  test('reads nothing from no file and from an empty one', (context) => {
    for (const file of [null, write(context, ''), write(context, 'subjects:\n')])
      assert.equal(readSubjects(file).size, 0);
  });

  for (const [text, words] of [
    ['subject: {}', /^1:1 .*an unknown key "subject", wanted one of subjects\. Did you mean "subjects"\?/],
    ['subjects: [ada]', /wanted subjects by their ids/],
    ['subjects: { ada: }', /wanted \{ roles: \[NAME\], scopes: \[NAME\] \} or \{ withdrawn: true \}/],
    ['subjects: { ada: {} }', /wanted `roles`, `scopes` or `withdrawn`/],
    ['subjects: { ada: { role: [a] } }', /an unknown key "role".*Did you mean "roles"\?/],
    ['subjects: { ada: { roles: a } }', /wanted a list of names/],
    ['subjects: { ada: { scopes: [7] } }', /wanted a name/],
    ['subjects: { ada: { withdrawn: "yes" } }', /wanted true or false/],
  ] as const) {
    test(`refuses ${text}`, (context) => {
      const file = write(context, `${text}\n`);
      assert.match(
        refusalOf(() => readSubjects(file)),
        words,
      );
    });
  }

  test('refuses a subject that stands there twice', (context) => {
    const file = write(context, 'subjects:\n  ada: { roles: [] }\n  ada: { withdrawn: true }\n');
    assert.throws(() => readSubjects(file), { code: 'CONFIG_INVALID', message: /unique/ });
  });
});

test('createGovernance() names the state of things: any change has another name', () => {
  const nothing = { policies: new Map(), texts: new Map(), agreements: null, roster: new Map() };
  const rules = { rules: new Map(), derivations: new Map(), classes: new Map() };
  const rule = { kind: 'authenticated', coordinate: 'A', text: '@authenticated' } as const;
  const revisions = [
    createGovernance(nothing, rules),
    createGovernance({ ...nothing, agreements: [] }, rules),
    createGovernance(
      { ...nothing, roster: new Map([['ann', { roles: [], scopes: null, isWithdrawn: false }]]) },
      rules,
    ),
    createGovernance({ ...nothing, texts: new Map([['a', 'true']]) }, rules),
    createGovernance(nothing, { ...rules, rules: new Map([['A', [rule]]]) }),
    createGovernance(nothing, { ...rules, classes: new Map([['A', ['PII']]]) }),
  ].map(({ revision }) => revision);
  assert.equal(new Set(revisions).size, revisions.length);
  assert.equal(createGovernance(nothing, rules).revision, revisions[0]);
});
