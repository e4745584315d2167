/** Gathers what one operation asks for one by one into batches, each answered by one execution. */
import DataLoader from 'dataloader';
import { limits } from '../core/limits.ts';

/** Asks for one key; keys asked for in the same turn are answered together. */
export type Batch<Key, Value> = (key: Key) => Promise<Value>;

/**
 * Creates a batch. `answer` gives a list aligned with its keys, or throws for all of them. Keys with the same identity are
 * asked for once; it lives no longer than one operation, so it remembers its answers.
 */
export function createBatch<Key, Value>(
  answer: (keys: readonly Key[]) => Promise<readonly Value[]>,
  identityOf: (key: Key) => unknown,
): Batch<Key, Value> {
  const loader = new DataLoader<Key, Value, unknown>(answer, {
    cacheKeyFn: identityOf,
    maxBatchSize: limits.entityBatchMax,
  });
  return (key) => loader.load(key);
}
