/** Conditions as the oracle reads them: the whole text, evaluated by CEL's own rules with everything in its place. */
import { type CelInput, celEnv, celMap, parse, plan } from '@bufbuild/cel';

const environment = celEnv();
const known = new Map<string, ReturnType<typeof plan>>();
const toTimestamp = plan(environment, parse('timestamp(text)'));

/** Whether a condition is true. Whatever fails is not. */
export function isTrue(text: string, variables: Readonly<Record<string, unknown>>): boolean {
  const evaluate = known.get(text) ?? plan(environment, parse(text));
  known.set(text, evaluate);
  const bound = Object.entries(variables).map(([name, value]) => [name, valueOf(value)] as const);
  return evaluate(Object.fromEntries(bound)) === true;
}

/** A moment, in milliseconds since the epoch. */
export class Moment {
  readonly milliseconds: number;

  constructor(milliseconds: number) {
    this.milliseconds = milliseconds;
  }
}

function valueOf(value: unknown): CelInput {
  if (value instanceof Moment) return toTimestamp({ text: new Date(value.milliseconds).toISOString() }) as CelInput;
  if (Array.isArray(value)) return value.map(valueOf) as unknown as CelInput;
  if (typeof value !== 'object' || value === null) return value as CelInput;
  return celMap(new Map(Object.entries(value).map(([name, inner]) => [name, valueOf(inner)] as const)));
}
