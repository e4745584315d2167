/** Masks: what those see of a value who may not see the value itself. */
import { WeftError } from '../core/error.ts';

export const maskNames = [
  'REDACT',
  'NULL',
  'HASH',
  'LAST4',
  'FIRST1',
  'EMAIL',
  'YEAR',
  'MONTH',
  'ROUND',
  'BUCKET',
] as const;
export type MaskName = (typeof maskNames)[number];

export interface Mask {
  readonly name: MaskName;
  /** For `ROUND` and `BUCKET`: the step, above 0; for the others `null`. */
  readonly step: number | null;
}

/** Reads a mask as it is written: `LAST4`, `ROUND(100)`. Throws `POLICY_INVALID`. */
export function readMask(text: string): Mask {
  const [, name = '', step] = /^([A-Z0-9]+)(?:\((\d+(?:\.\d+)?)\))?$/.exec(text.trim()) ?? [];
  const known = maskNames.find((candidate) => candidate === name);
  const isStepped = known === 'ROUND' || known === 'BUCKET';
  if (known !== undefined && isStepped === Number(step) > 0)
    return { name: known, step: isStepped ? Number(step) : null };
  throw new WeftError('POLICY_INVALID', {
    action: `Cannot read mask "${text}"`,
    wanted: `one of ${maskNames.map((mask) => (mask === 'ROUND' || mask === 'BUCKET' ? `${mask}(n)` : mask)).join(', ')}, n above 0`,
  });
}

/** The mask as `readMask` takes it. */
export function maskText({ name, step }: Mask): string {
  return step === null ? name : `${name}(${step})`;
}
