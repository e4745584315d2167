/**
 * `npm run bench:policy`: how long it takes to work out what a subject sees under 2,000 rules of all kinds, nobody having
 * seen the same before; and how long it takes to find it again.
 */
import { parse } from 'graphql';
import { systemClock } from '../../mesh/core/clock.ts';
import { messageOf } from '../../mesh/core/error.ts';
import { type Subject, anonymous } from '../../mesh/core/subject.ts';
import { compileCondition } from '../../mesh/policy/condition.ts';
import type { Governance } from '../../mesh/policy/governance.ts';
import { noGovernance } from '../../mesh/policy/governance.ts';
import { readPolicy } from '../../mesh/policy/read-rules.ts';
import type { Rule } from '../../mesh/policy/rules.ts';
import type { Views } from '../../mesh/policy/view.ts';
import { createViews } from '../../mesh/policy/views.ts';
import { formatMachine, writeSection } from '../gateway/results.ts';

const rulesCount = 2_000;
const rounds = 300;
/** Rounds before the clock starts. */
const warmRounds = 100;
const barMs = 5;
const hits = 1_000_000;

/** One rule of each sort in turn, so that each is an eighth of all. */
const directives: readonly ((place: number) => string)[] = [
  () => '@authenticated',
  (place) => `@requiresScopes(scopes: [["read:${place % 200}", "all"], ["admin"]])`,
  (place) => `@policy(policies: [["policy${place % 40}"], ["adult", "policy${(place + 1) % 40}"]])`,
  (place) => `@purpose(allow: ["safety", "purpose${place % 20}"])`,
  (place) => `@mask(with: LAST4, unless: [["read:${place % 200}"]])`,
  () => '@requiresScopes(scopes: [["all"]])',
  () => '@rows(where: "object.region in subject.claims.regions && object.level >= 3")',
  (place) => `@rows(where: "subject.claims.level >= ${place % 5} || object.owner == subject.id")`,
];

try {
  process.exitCode = run();
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}

function run(): number {
  const { rules, rowCount } = readRules();
  const all: readonly Rule[] = [...rules.values()].flat();
  const governance = createGovernance();
  const viewOf = createViews({
    rules,
    governance,
    covers: (product, at) => at.startsWith(product),
    clock: systemClock,
  });
  const first = measureView(viewOf, all, 0);
  for (let round = 1; round <= warmRounds; round++) measureView(viewOf, all, round);
  const times = Array.from({ length: rounds }, (_, round) => measureView(viewOf, all, warmRounds + 1 + round));
  const sorted = times.toSorted((one, other) => one - other);
  const [median, late] = [sorted[Math.floor(rounds / 2)] ?? NaN, sorted[Math.floor(rounds * 0.95)] ?? NaN];
  const hitNs = measureHit(viewOf);
  const met = median <= barMs;
  const sentence = `A view of ${all.length} rules: ${median.toFixed(2)} ms, the bar is at most ${barMs} ms: ${met ? 'met' : 'MISSED'}.`;
  const rows: readonly (readonly [string, string])[] = [
    ['a new view, median', `${median.toFixed(2)} ms`],
    ['a rule of it', `${((median / all.length) * 1_000).toFixed(2)} µs`],
    ['a new view, 95th percentile', `${late.toFixed(2)} ms`],
    ['the first view of a process', `${first.toFixed(1)} ms`],
    ['a known view of a known subject', `${hitNs.toFixed(0)} ns`],
  ];
  for (const [name, figure] of rows) console.log(`${name.padEnd(34)}${figure.padStart(10)}`);
  console.log(sentence);
  writeSection('Policy', format(rows, { sentence, rowCount, count: all.length }));
  return met ? 0 : 1;
}

function readRules() {
  const fields = Array.from({ length: rulesCount }, (_, place) => ({ place, of: place % directives.length }));
  const isRow = ({ of }: { readonly of: number }): boolean => of >= directives.length - 2;
  const textOf = ({ place, of }: (typeof fields)[number]): string => directives[of]?.(place) ?? '';
  const sdl = [
    'extend schema @link(url: "https://weft.dev/weft/v1.0", import: ["@mask", "@rows", "@purpose"])',
    `type Query { ${fields
      .filter((field) => !isRow(field))
      .map((field) => `f${field.place}: String ${textOf(field)}`)
      .join('\n')} }`,
    ...fields
      .filter(isRow)
      .map((field) => `type T${field.place} ${textOf(field)} { region: String level: Int owner: ID }`),
  ];
  return { rules: readPolicy(parse(sdl.join('\n'))).rules, rowCount: fields.filter(isRow).length };
}

function createGovernance(): Governance {
  const named = Array.from({ length: 40 }, (_, place): [string, string] => [
    `policy${place}`,
    place % 2 === 0
      ? `"role${place % 10}" in subject.roles`
      : `subject.claims.level > ${place % 7} && purpose != "none"`,
  ]);
  const policies = [...named, ['adult', 'subject.claims.age >= 18'] as const];
  return {
    ...noGovernance,
    policies: new Map(policies.map(([name, text]) => [name, compileCondition(text)])),
    agreements: Array.from({ length: 50 }, (_, place) => ({
      id: `agreement${place}`,
      consumer: `domain${place % 5}`,
      products: [`Query.f${place}`],
      purposes: ['safety'],
      until: Infinity,
    })),
  };
}

/** Nobody is like another: what the rules read of each is different. */
function subjectOf(round: number): Subject {
  return Object.freeze({
    ...anonymous,
    id: `person${round}`,
    roles: ['role2', 'role4'],
    scopes: Array.from({ length: 20 }, (_, place) => `read:${(place * 7 + round) % 200}`),
    purpose: 'safety',
    domain: `domain${round % 5}`,
    claims: { sub: `person${round}`, regions: ['EU', 'US', `region${round}`], level: round % 7, age: 30, name: 'N' },
  });
}

function measureView(viewOf: Views, rules: readonly Rule[], round: number): number {
  const subject = subjectOf(round);
  const start = systemClock.monotonic();
  const view = viewOf(subject);
  const now = systemClock.now();
  for (const rule of rules) view.decide(rule, now);
  return systemClock.monotonic() - start;
}

/** Nanoseconds. */
function measureHit(viewOf: Views): number {
  const subject = subjectOf(0);
  const start = systemClock.monotonic();
  for (let round = 0; round < hits; round++) viewOf(subject);
  return ((systemClock.monotonic() - start) / hits) * 1e6;
}

interface Said {
  readonly sentence: string;
  readonly count: number;
  readonly rowCount: number;
}

function format(rows: readonly (readonly [string, string])[], { sentence, count, rowCount }: Said): string {
  return `Written by \`npm run bench:policy\`: ${count} rules of all kinds, ${rowCount} of them row conditions that are folded for
the subject, decided for ${rounds} subjects one after the other of whom no two have the same.

| | |
|---|---:|
${rows.map(([name, figure]) => `| ${name} | ${figure} |`).join('\n')}

- ${sentence}

| setting | |
|---|---|
${formatMachine(new Date(systemClock.now()))}
`;
}
