/** Files of cases, `*.policy.yaml`: who asks what, and what policy is expected to make of it. Strict: every mistake has its place. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Expectation, parseExpectation } from '../gateway/simulate/expectation.ts';
import { messageOf } from '../mesh/core/error.ts';
import { type JsonObject, isJsonObject } from '../mesh/core/json.ts';
import { compileRowCondition } from '../mesh/policy/row-condition.ts';
import { readMask } from '../mesh/policy/mask.ts';
import type { Subject } from '../mesh/core/subject.ts';
import { readPolicyUser } from './policy-user.ts';
import { type PolicyValue, listOf, mapOf, readAt, readPolicyFile, refuse, textOf } from './policy-values.ts';

export interface PolicyCases {
  /** Absolute paths of what the file names; `undefined` for what it does not. */
  readonly supergraph: string | undefined;
  readonly policies: string | undefined;
  readonly agreements: string | undefined;
  readonly cases: readonly PolicyCase[];
}

export interface PolicyCase {
  readonly name: string;
  readonly subject: Subject;
  readonly purposes: readonly string[];
  readonly document: string;
  readonly operationName: string | null;
  readonly variables: JsonObject;
  readonly expected: readonly Expectation[];
}

/** Reads one. Throws `POLICY_INVALID`, or `CONFIG_INVALID` for text that is no YAML. */
export function readPolicyCases(path: string): PolicyCases {
  const root = mapOf(readPolicyFile(path), '`cases:`', ['supergraph', 'policies', 'agreements', 'cases']);
  const folder = dirname(path);
  const fileAt = (key: string): string | undefined => {
    const at = root.get(key);
    return at === undefined ? undefined : resolve(folder, textOf(at, 'a file'));
  };
  const cases = root.get('cases');
  if (cases === undefined) throw refuse(readPolicyFile(path), '`cases:` in it');
  return {
    supergraph: fileAt('supergraph'),
    policies: fileAt('policies'),
    agreements: fileAt('agreements'),
    cases: listOf(cases, 'a list of cases').map((at) => readCase(at, folder)),
  };
}

const keys = ['name', 'as', 'operation', 'expect', 'purpose', 'operationName', 'variables'] as const;

function readCase(at: PolicyValue, folder: string): PolicyCase {
  const map = mapOf(at, `a case: ${keys.join(', ')}`, keys);
  const [name, as, operation, expect] = keys.slice(0, 4).map((key): PolicyValue => {
    const value = map.get(key);
    if (value === undefined) throw refuse(at, `${key === 'as' || key === 'operation' ? 'an' : 'a'} \`${key}\` in it`);
    return value;
  }) as [PolicyValue, PolicyValue, PolicyValue, PolicyValue];
  const [purpose, operationName] = (['purpose', 'operationName'] as const).map((key) => {
    const value = map.get(key);
    return value === undefined || value.value === null ? null : textOf(value, 'a name');
  });
  const { subject, purposes } = readPolicyUser(as);
  return {
    name: textOf(name, 'what the case is about'),
    subject: purpose === null || purpose === undefined ? subject : { ...subject, purpose },
    purposes: purpose === null || purpose === undefined ? purposes : [...new Set([...purposes, purpose])],
    document: readDocument(operation, folder),
    operationName: operationName ?? null,
    variables: readVariables(map.get('variables')),
    expected: readExpected(expect),
  };
}

/** The document itself, or a file of it beside the file of cases. */
function readDocument(at: PolicyValue, folder: string): string {
  const text = textOf(at, 'a GraphQL document, or the file of one');
  if (!/^[^\s{}]+\.(graphql|gql)$/.test(text)) return text;
  try {
    return readFileSync(resolve(folder, text), 'utf8');
  } catch (error) {
    throw refuse(at, `a file that can be read: ${messageOf(error)}`);
  }
}

function readVariables(at: PolicyValue | undefined): JsonObject {
  if (at === undefined || at.value === null) return {};
  if (!isJsonObject(at.value)) throw refuse(at, 'values by name');
  return at.value;
}

function readExpected(at: PolicyValue): readonly Expectation[] {
  const wanted = 'allow, deny, mask, mask LAST4, filter or filter "object.region == \'eu\'" for each coordinate';
  const expected = [...mapOf(at, wanted)].map(([coordinate, value]) => {
    if (!/^\w+(\.\w+(\(\w+:\))?)?$/.test(coordinate)) {
      throw refuse(
        { ...value, path: value.path },
        'a coordinate as `Flight`, `Flight.delay` or `Query.flight(id:)` before it',
      );
    }
    const expectation = parseExpectation(coordinate, textOf(value, wanted));
    if (expectation === null) throw refuse(value, wanted);
    const { verdict, detail } = expectation;
    if (detail !== null && verdict === 'mask') readAt(value, () => readMask(detail));
    if (detail !== null && verdict === 'filter') readAt(value, () => compileRowCondition(detail));
    return expectation;
  });
  if (expected.length === 0) throw refuse(at, wanted);
  return expected;
}
