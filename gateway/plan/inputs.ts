/** Bounds of a request's variables, looked at before anything walks them by recursion. */
import type { RequestLimits } from '../../mesh/core/config.ts';
import { WeftError } from '../../mesh/core/error.ts';
import type { Json, JsonObject } from '../../mesh/core/json.ts';

/** Throws `LIMIT_EXCEEDED` for variables nested too deep, or with a list that is too long. */
export function assertInputs(variables: JsonObject, { inputDepth, listItems }: RequestLimits): void {
  let level: readonly (Json | undefined)[] = Object.values(variables);
  for (let depth = 1; level.length > 0; depth++) {
    const next: (Json | undefined)[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      if (depth > inputDepth) throw tooMuch('lists and objects in one another', depth, inputDepth);
      if (isList(value)) {
        if (value.length > listItems) throw tooMuch('items in a list', value.length, listItems);
        for (const item of value) next.push(item);
      } else {
        for (const key in value) next.push(value[key]);
      }
    }
    level = next;
  }
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function tooMuch(what: string, found: number, most: number): WeftError {
  return new WeftError('LIMIT_EXCEEDED', {
    action: 'Cannot take the variables',
    found: `${found} ${what}`,
    wanted: `at most ${most}`,
    fix: 'Send less at once.',
  });
}
