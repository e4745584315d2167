/** A bounded memory: what was used longest ago goes first. Names `lru-cache`, alone in the house. */
import { LRUCache } from 'lru-cache';

export interface Cache<Value extends object | string> {
  /** The value under a key, made on first use. What throws is not kept. */
  get(key: string, make: () => Value): Value;
  /** The value under a key, if there is one. */
  find(key: string): Value | undefined;
  /** The values used last, the last one first. */
  recent(count: number): readonly Value[];
  clear(): void;
}

export interface CacheOptions<Value> {
  /** Bytes of all entries together, as `sizeOf` estimates them. */
  readonly bytesMax: number;
  /** Bytes of an entry beside its key. */
  readonly sizeOf: (value: Value) => number;
}

export function createCache<Value extends object | string>({ bytesMax, sizeOf }: CacheOptions<Value>): Cache<Value> {
  const entries = new LRUCache<string, Value>({
    maxSize: bytesMax,
    sizeCalculation: (value, key) => Math.max(1, Math.ceil(sizeOf(value) + key.length * 2)),
  });
  return {
    get(key, make) {
      const known = entries.get(key);
      if (known !== undefined) return known;
      const value = make();
      entries.set(key, value);
      return value;
    },
    find: (key) => entries.get(key),
    recent: (count) => [...entries.values().take(count)],
    clear: () => entries.clear(),
  };
}
