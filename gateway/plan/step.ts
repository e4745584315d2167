/** Reads the steps of paths in Apollo's plans, which are texts there. */
import type { PathStep, RewriteStep } from './plan.ts';

/** A step to entities reads `key`, `@` for the items of a list, with `|[A,B]` behind it to keep objects of some types. */
export function pathSteps(step: string | number): PathStep[] {
  const match = /^(.*?)(?:\|\[(.*)\])?$/.exec(String(step));
  const key = match?.[1] ?? '';
  const types = match?.[2] === undefined ? {} : { types: match[2].split(',').map((type) => type.trim()) };
  if (key === '@') return [{ kind: 'items', ...types }];
  return [{ kind: 'field', key, ...types }];
}

/** A step to what is rewritten reads `key`, or `... on Type`. */
export function rewriteStep(step: string): RewriteStep {
  return step.startsWith('... on ') ? { kind: 'type', type: step.slice('... on '.length) } : { kind: 'key', key: step };
}
