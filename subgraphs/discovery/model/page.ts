/** Pages, as every list here is asked for: so many, from a cursor on. */
import type { JsonObject } from '../../../mesh/sdk/index.ts';

const pageMax = 500;

export type Page = { readonly first?: number | null; readonly before?: string | null };

/** As the platform takes it: `limit`, and `before` as an offset of the log. What is no cursor is no bound. */
export function pageOf({ first, before }: Page): { limit: number; before?: number } {
  const limit = Math.min(Math.max(first ?? pageMax, 0), pageMax);
  return before && /^\d+$/.test(before) ? { limit, before: Number(before) } : { limit };
}

/** Without what was not given. */
export function given(conditions: Readonly<Record<string, string | null | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(conditions).filter(([, value]) => value !== null && value !== undefined));
}
