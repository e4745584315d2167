/**
 * Conditions in CEL (the Common Expression Language): what stands in `@event(where:)` and in named policies. Whoever asks a
 * condition asks whether to let something through, so whatever goes wrong while it is worked out means no.
 */
import { celEnv, isCelError, parse, plan } from '@bufbuild/cel';
import { WeftError, frameOf, messageOf } from '../core/error.ts';

/** Whether the condition holds. A variable that is missing, a type that does not fit, a result that is no boolean: it does not, and `why` is told. */
export type Condition = (variables: Readonly<Record<string, unknown>>, why?: (reason: string) => void) => boolean;

const environment = celEnv();

/** Compiles a condition once, to be asked often. Throws `POLICY_INVALID` with the place in the text that cannot be read. */
export function compileCondition(text: string): Condition {
  const evaluate = compile(text);
  return (variables, why) => {
    // CEL's values: JSON's are among them, numbers as doubles; comparisons hold between doubles and whole numbers.
    const value = evaluate(variables as Parameters<typeof evaluate>[0]);
    if (typeof value === 'boolean') return value;
    why?.(isCelError(value) ? value.message : `the condition is no boolean but ${typeof value}`);
    return false;
  };
}

function compile(text: string): ReturnType<typeof plan> {
  try {
    return plan(environment, parse(text));
  } catch (cause) {
    const { line, column } = placeOf(cause);
    throw new WeftError('POLICY_INVALID', {
      action: `Cannot read condition "${text}"`,
      found: messageOf(cause).replace(/^<input>:/, ''),
      wanted: 'an expression in CEL',
      at: { file: '<condition>', line, column, frame: frameOf(text, line, column) },
      cause,
    });
  }
}

/** Where the parser stopped; its error carries the place in this shape. */
function placeOf(cause: unknown): { readonly line: number; readonly column: number } {
  const location = (cause as { location?: { start?: { line?: number; column?: number } } }).location?.start;
  return { line: location?.line ?? 1, column: location?.column ?? 1 };
}
