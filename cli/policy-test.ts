/** `weft policy test`: runs files of cases and tells, in the manner of TAP, which of them do not come out as expected. */
import { globSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { parse } from 'graphql';
import { type Disappointment, type Expectation, disappointments } from '../gateway/simulate/expectation.ts';
import { simulate } from '../gateway/simulate/simulate.ts';
import { type Config, readEnvironment } from '../mesh/core/config.ts';
import { WeftError, isWeftError } from '../mesh/core/error.ts';
import type { Json } from '../mesh/core/json.ts';
import { coordinatesIn } from '../mesh/policy/coordinates.ts';
import { commonFlags, defineCommand } from './command.ts';
import { readConfig } from './config.ts';
import { type PolicyCase, readPolicyCases } from './policy-cases.ts';
import { type PolicyGround, openPolicyGround } from './policy-ground.ts';
import { reasonLines, verdictText } from './simulation-text.ts';

export const command = defineCommand({
  description:
    'Runs the cases of files, by default of every `*.policy.yaml` below the working folder: each says who asks what, and what is ' +
    'to be made of coordinates. Exit status: 0 all come out so · 1 one does not.',
  operands: ['FILE…'],
  flags: {
    supergraph: {
      kind: 'text',
      value: 'FILE',
      description: 'supergraph SDL for files that name none; by default it is composed',
    },
    config: commonFlags.config,
  },
  async run({ flags, operands, output }) {
    const config = readConfig({ file: flags.config, readEnvironment });
    const files = operands.length > 0 ? operands : findFiles();
    const grounds = createGrounds(config, flags.supergraph, output.note);
    const results: CaseResult[] = [];
    for (const file of files) {
      const { cases, ...named } = readPolicyCases(resolve(file));
      const ground = await grounds(named);
      const coordinates = coordinatesIn(parse(ground.supergraph.sdl, { noLocation: true }));
      results.push(...cases.map((one) => ({ file, ground, ...runCase(one, ground, coordinates) })));
    }
    output.result({ text: tapOf(results), json: { cases: results.map(resultJson) } });
    return results.every(isMet) ? 0 : 1;
  },
});

interface CaseResult {
  readonly file: string;
  readonly ground: PolicyGround;
  readonly name: string;
  readonly failed: readonly Disappointment[];
  /** Why the gateway would not take the operation at all; `null` when it would. */
  readonly refusal: string | null;
}

/** Throws `USAGE_INVALID` where there are none: a run that tests nothing must not pass. */
function findFiles(): readonly string[] {
  const files = globSync('**/*.policy.yaml', { exclude: (name) => name === 'node_modules' }).toSorted();
  if (files.length > 0) return files;
  throw new WeftError('USAGE_INVALID', {
    action: 'Cannot test policies',
    found: 'no file "*.policy.yaml" below the working folder',
    fix: 'Name the files of cases.',
  });
}

type Named = Pick<Parameters<typeof openPolicyGround>[0], 'supergraph' | 'policies' | 'agreements'>;

/** Files that stand on the same are tested on the same. */
function createGrounds(config: Config, supergraph: string | undefined, note: (line: string) => void) {
  const known = new Map<string, Promise<PolicyGround>>();
  return (named: Named): Promise<PolicyGround> => {
    const options = { ...named, supergraph: named.supergraph ?? supergraph };
    const key = JSON.stringify([options.supergraph, options.policies, options.agreements]);
    const ground = known.get(key) ?? openPolicyGround({ ...options, config, note });
    known.set(key, ground);
    return ground;
  };
}

function runCase({ name, expected, ...request }: PolicyCase, ground: PolicyGround, coordinates: ReadonlySet<string>) {
  const { apiSchema: schema } = ground.supergraph.planner;
  try {
    const { places } = simulate(request, ground);
    return { name, failed: disappointments(expected, places, { schema, coordinates }), refusal: null };
  } catch (error) {
    if (!isWeftError(error) || error.kind.exit !== 1) throw error;
    return { name, failed: [], refusal: `${error.code} ${error.message}` };
  }
}

function isMet({ failed, refusal }: CaseResult): boolean {
  return failed.length === 0 && refusal === null;
}

function tapOf(results: readonly CaseResult[]): string {
  const failures = results.filter((result) => !isMet(result)).length;
  return [
    'TAP version 14',
    `1..${results.length}`,
    ...results.flatMap((result, index) => {
      const title = `${index + 1} - ${relative('', result.file) || result.file}: ${result.name.replaceAll(/[\r\n#]+/g, ' ')}`;
      if (isMet(result)) return [`ok ${title}`];
      const why =
        result.refusal === null ? result.failed.flatMap((one) => failureLines(one, result.ground)) : [result.refusal];
      return [`not ok ${title}`, ...why.map((line) => `  # ${line}`)];
    }),
    failures === 0
      ? `# all ${results.length} come out as expected`
      : `# ${failures} of ${results.length} do not come out as expected`,
  ].join('\n');
}

function failureLines({ expectation, place }: Disappointment, ground: PolicyGround): readonly string[] {
  const got = place === null ? 'nothing: the operation does not come to it' : verdictText(place);
  const head = `${expectation.coordinate}: expected ${expectedText(expectation)}, got ${got}`;
  return place === null ? [head] : [head, ...reasonLines(place, ground.placesOf).map((line) => `  ${line}`)];
}

function expectedText({ verdict, detail }: Expectation): string {
  return detail === null ? verdict : `${verdict} ${detail}`;
}

function resultJson(result: CaseResult): Json {
  const { file, name, failed, refusal, ground } = result;
  return {
    file,
    name,
    ok: isMet(result),
    refusal,
    failed: failed.map(({ expectation, place }) => ({
      coordinate: expectation.coordinate,
      expected: expectedText(expectation),
      got: place && verdictText(place),
      rules: (place?.rules ?? []).map((rule) => ({
        text: rule.text,
        coordinate: rule.coordinate,
        from: ground.placesOf(rule),
      })),
    })),
  };
}
