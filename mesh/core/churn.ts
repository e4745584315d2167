/**
 * A map for entries that soon leave again. A plain `Map` leaves each table that it outgrows as it was, entries included,
 * and links it to the one that follows; so a table that has grown old keeps alive what passed through the map until the
 * next full garbage collection. Here tables hold boxes, which are emptied as entries leave, and the chain is cut every so
 * often.
 */
export class ChurnMap<Key, Value> {
  #entries = new Map<Key, Box<Value>>();
  #left = entriesPerMap;

  get size(): number {
    return this.#entries.size;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  set(key: Key, value: Value): void {
    if (--this.#left <= 0) {
      this.#entries = new Map(this.#entries);
      this.#left = entriesPerMap + this.#entries.size;
    }
    this.#entries.set(key, { value });
  }

  delete(key: Key): void {
    const box = this.#entries.get(key);
    if (box === undefined) return;
    box.value = undefined;
    this.#entries.delete(key);
  }

  keys(): Iterable<Key> {
    return this.#entries.keys();
  }
}

interface Box<Value> {
  value: Value | undefined;
}

const entriesPerMap = 64;
