/**
 * A map for entries that soon leave again. A plain `Map` links the tables it outgrows to those that follow, so one table
 * that has grown old keeps alive all that passes through the map until the next full garbage collection; here the chain
 * is cut every so often.
 */
export class ChurnMap<Key, Value> {
  #entries = new Map<Key, Value>();
  #left = entriesPerMap;

  get size(): number {
    return this.#entries.size;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  set(key: Key, value: Value): void {
    if (--this.#left <= 0) {
      this.#entries = new Map(this.#entries);
      this.#left = entriesPerMap + this.#entries.size;
    }
    this.#entries.set(key, value);
  }

  delete(key: Key): void {
    this.#entries.delete(key);
  }

  keys(): Iterable<Key> {
    return this.#entries.keys();
  }
}

const entriesPerMap = 64;
