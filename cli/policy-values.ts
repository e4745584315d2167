/** Values of the files of policy: each is what it has to be, or refused with its place as `POLICY_INVALID`. */
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { WeftError, isWeftError } from '../mesh/core/error.ts';
import { isJsonObject } from '../mesh/core/json.ts';
import { suggest } from './suggest.ts';
import { type YamlFile, type YamlPath, parseYaml } from './yaml.ts';

/** A value of a file of policy. */
export interface PolicyValue {
  readonly value: unknown;
  readonly path: YamlPath;
  readonly file: PolicyFile;
}

export interface PolicyFile {
  readonly name: string;
  readonly yaml: YamlFile;
}

/** Reads a file. Throws `POLICY_INVALID`, or `CONFIG_INVALID` for text that is no YAML. */
export function readPolicyFile(path: string): PolicyValue {
  const name = relative('', path) || path;
  if (!existsSync(path)) {
    const wanted = 'a file with policies';
    throw new WeftError('POLICY_INVALID', {
      action: `Cannot read "${name}"`,
      found: 'no such file',
      wanted,
      at: { file: name },
    });
  }
  const yaml = parseYaml(readFileSync(path, 'utf8'), { file: name, replace: ({ text }) => text });
  return { value: yaml.value ?? {}, path: [], file: { name, yaml } };
}

/** The values of a map, by key; no other keys than the known ones where these are named. */
export function mapOf(at: PolicyValue, wanted: string, known?: readonly string[]): ReadonlyMap<string, PolicyValue> {
  if (!isJsonObject(at.value)) throw refuse(at, wanted);
  const entries = Object.entries(at.value).map(([key, value]): [string, PolicyValue] => [
    key,
    { value, path: [...at.path, key], file: at.file },
  ]);
  const unknown = entries.find(([key]) => known !== undefined && !known.includes(key));
  if (unknown === undefined || known === undefined) return new Map(entries);
  const [key, { path, file }] = unknown;
  const fix = suggest(key, known);
  throw new WeftError('POLICY_INVALID', {
    action: `Cannot use "${path.join('.')}" in "${file.name}"`,
    found: `an unknown key "${key}"`,
    wanted: `one of ${known.join(', ')}`,
    ...(fix === undefined ? {} : { fix }),
    at: file.yaml.placeOf(path, 'key'),
  });
}

/** The items of a list that is not empty. */
export function listOf(at: PolicyValue, wanted: string): readonly PolicyValue[] {
  if (!Array.isArray(at.value) || at.value.length === 0) throw refuse(at, wanted);
  return at.value.map((value: unknown, index) => ({ value, path: [...at.path, index], file: at.file }));
}

/** A text that is not empty. */
export function textOf(at: PolicyValue, wanted: string): string {
  if (typeof at.value !== 'string' || at.value === '') throw refuse(at, wanted);
  return at.value;
}

/** What a reader makes of a value; what it throws gets the value's place. */
export function readAt<Read>(at: PolicyValue, read: () => Read): Read {
  try {
    return read();
  } catch (cause) {
    if (!isWeftError(cause)) throw cause;
    throw new WeftError('POLICY_INVALID', {
      action: cause.message,
      at: at.file.yaml.placeOf(at.path),
      cause: cause.cause,
    });
  }
}

/** A value that is not what it has to be. */
export function refuse({ path, file }: PolicyValue, wanted: string): WeftError {
  const source = file.yaml.sourceOf(path);
  return new WeftError('POLICY_INVALID', {
    action: `Cannot use ${path.length === 0 ? 'the file' : `"${path.join('.')}"`} in "${file.name}"`,
    found: source === '' ? 'nothing' : (source.split('\n', 1)[0] ?? '').slice(0, 60),
    wanted,
    at: file.yaml.placeOf(path),
  });
}
