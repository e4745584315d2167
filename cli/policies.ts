/** `schema/policies.yaml`: what the names in `@policy` mean, and the rules that classes of data (`@classified`) stand for. */
import { compileCondition } from '../mesh/policy/condition.ts';
import type { ClassDefinition, Classes } from '../mesh/policy/classes.ts';
import type { NamedPolicies } from '../mesh/policy/governance.ts';
import { readMask } from '../mesh/policy/mask.ts';
import { compileRowCondition } from '../mesh/policy/row-condition.ts';
import { type PolicyValue, listOf, mapOf, readAt, readPolicyFile, refuse, textOf } from './policy-values.ts';

export interface Policies {
  /** Named policies: CEL conditions over `subject`, `purpose` and `now`. */
  readonly policies: NamedPolicies;
  /** The conditions as they are written. */
  readonly texts: ReadonlyMap<string, string>;
  readonly classes: Classes;
}

/**
 * Reads the file. Without one no policy holds for anybody, and there are no classes. Throws `POLICY_INVALID`, or
 * `CONFIG_INVALID` for text that is no YAML.
 */
export function readPolicies(file: string | null): Policies {
  if (file === null) return { policies: new Map(), texts: new Map(), classes: new Map() };
  const root = mapOf(readPolicyFile(file), '`policies:` and `classes:`', ['policies', 'classes']);
  const named = [...entriesOf(root.get('policies'), 'a CEL condition for each name')].map(([name, value]) => {
    const text = textOf(value, 'a condition in CEL');
    return { name, text, condition: readAt(value, () => compileCondition(text)) };
  });
  const classes = [...entriesOf(root.get('classes'), 'rules for each class')].map(
    ([name, value]) => [name, readClass(name, value)] as const,
  );
  return {
    policies: new Map(named.map(({ name, condition }) => [name, condition])),
    texts: new Map(named.map(({ name, text }) => [name, text])),
    classes: new Map(classes),
  };
}

function entriesOf(at: PolicyValue | undefined, wanted: string): ReadonlyMap<string, PolicyValue> {
  return at === undefined || at.value === null ? new Map() : mapOf(at, wanted);
}

const classKeys = ['mask', 'unless', 'scopes', 'purposes', 'rows'] as const;

function readClass(name: string, at: PolicyValue): ClassDefinition {
  const keys = mapOf(at, `some of ${classKeys.join(', ')}`, classKeys);
  const [mask, unless, scopes, purposes, rows] = classKeys.map((key) => keys.get(key));
  if (unless !== undefined && mask === undefined) throw refuse(unless, 'a `mask` beside it');
  if (keys.size === 0) throw refuse(at, `some of ${classKeys.join(', ')}`);
  return {
    name,
    mask: mask === undefined ? null : { mask: readMaskAt(mask), unless: unless === undefined ? [] : readLists(unless) },
    scopes: scopes === undefined ? null : readLists(scopes),
    purposes: purposes === undefined ? null : readTexts(purposes, 'a list of purposes'),
    rows: rows === undefined ? null : readRows(rows),
    at: at.file.yaml.placeOf(at.path, 'key'),
  };
}

function readMaskAt(at: PolicyValue) {
  const text = textOf(at, 'a mask: REDACT, LAST4, ROUND(100)');
  return readAt(at, () => readMask(text));
}

function readRows(at: PolicyValue) {
  const text = textOf(at, 'a condition in CEL over `object` and `subject`');
  return readAt(at, () => compileRowCondition(text));
}

/** Lists of scopes, one of which has to be had whole. */
function readLists(at: PolicyValue): readonly (readonly string[])[] {
  const wanted = 'lists of scopes: [[pii:read]]';
  return listOf(at, wanted).map((list) => readTexts(list, wanted));
}

function readTexts(at: PolicyValue, wanted: string): readonly string[] {
  return listOf(at, wanted).map((item) => textOf(item, wanted));
}
