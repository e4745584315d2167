/**
 * What somebody gets of the wide answer who sees parts of it: the whole answer without what the rules of
 * `supergraph-with-rules.graphql` take away, worked out here by plain means.
 */
import { createHmac } from 'node:crypto';
import { isJsonObject, type Json, type JsonObject } from '../../mesh/core/json.ts';
import { reviews } from './subgraphs/data.ts';

/** What the conditions read of her: her claims. Of the products she sees all, of the reviews all but those withheld. */
export const priceMax = 1_000_000;
export const starsMin = 1;
export const withheld: readonly string[] = ['r2', 'r19'];

/** The mesh's secret, under which texts are hashed. */
export const maskSecret = 'the secret of the benchmark';

const starsById = new Map(reviews.map(({ id, stars }) => [id, stars]));

/** The parts of an answer, or of a value in it, that such a subject sees. */
export function partsOf(value: Json): Json {
  if (Array.isArray(value)) return value.filter(exists).map(partsOf);
  if (!isJsonObject(value)) return value;
  if (!exists(value)) return null;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, key === 'body' ? masked(one) : partsOf(one ?? null)]),
  );
}

function exists(value: Json): boolean {
  if (!isJsonObject(value)) return true;
  return isReview(value) ? isVisibleReview(value) : typeof value['price'] !== 'number' || value['price'] <= priceMax;
}

function isReview(value: JsonObject): boolean {
  return 'body' in value;
}

function isVisibleReview({ id }: JsonObject): boolean {
  return typeof id === 'string' && (starsById.get(id) ?? 0) >= starsMin && !withheld.includes(id);
}

/** The first half of the keyed hash. */
function masked(body: Json | undefined): Json {
  return createHmac('sha256', maskSecret).update(String(body)).digest('hex').slice(0, 32);
}
