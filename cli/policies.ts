/** The named policies of `schema/policies.yaml`: what the names in `@policy` mean. */
import { existsSync, readFileSync } from 'node:fs';
import { isJsonObject } from '../mesh/core/json.ts';
import { type SourceLocation, WeftError, isWeftError } from '../mesh/core/error.ts';
import { type Condition, compileCondition } from '../mesh/policy/condition.ts';
import type { NamedPolicies } from '../mesh/policy/governance.ts';
import { parseYaml } from './yaml.ts';

/**
 * Reads the file: under `policies`, CEL conditions over `subject` and `purpose` by name. Without a file no policy holds
 * for anybody. Throws `POLICY_INVALID`, or `CONFIG_INVALID` for text that is no YAML.
 */
export function readPolicies(file: string | null): NamedPolicies {
  if (file === null) return new Map();
  if (!existsSync(file)) throw refuse(file, { found: 'no such file', at: { file } });
  const yaml = parseYaml(readFileSync(file, 'utf8'), { file, replace: ({ text }) => text });
  const { policies = {}, ...others } = isJsonObject(yaml.value) ? yaml.value : {};
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw refuse(file, { found: `the key "${unknown}"`, at: yaml.placeOf([unknown], 'key') });
  if (!isJsonObject(policies))
    throw refuse(file, { found: 'policies that are no map', at: yaml.placeOf(['policies']) });
  return new Map(
    Object.entries(policies).map(([name, text]) => {
      const at = yaml.placeOf(['policies', name]);
      if (typeof text !== 'string') throw refuse(file, { found: `policy "${name}" that is no text`, at });
      return [name, compileAt(text, at)];
    }),
  );
}

/** A condition's own place, in the file that holds it. */
function compileAt(text: string, at: SourceLocation): Condition {
  try {
    return compileCondition(text);
  } catch (cause) {
    if (!isWeftError(cause)) throw cause;
    throw new WeftError('POLICY_INVALID', { action: cause.message, at, cause: cause.cause });
  }
}

function refuse(file: string, { found, at }: { readonly found: string; readonly at: SourceLocation }): WeftError {
  return new WeftError('POLICY_INVALID', {
    action: `Cannot read policies from "${file}"`,
    found,
    wanted: '`policies:` with a CEL condition for each name',
    at,
  });
}
