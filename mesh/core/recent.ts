/** A memory of so many values: what was used longest ago goes first. */
export class Recent<Value> {
  readonly #countMax: number;
  readonly #values = new Map<string, Value>();

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  /** The value under a key, made on first use. What throws is not kept. */
  get(key: string, make: () => Value): Value {
    const known = this.#values.get(key);
    if (known !== undefined) {
      this.#values.delete(key);
      this.#values.set(key, known);
      return known;
    }
    const value = make();
    const [oldest] = this.#values.keys();
    if (oldest !== undefined && this.#values.size >= this.#countMax) this.#values.delete(oldest);
    this.#values.set(key, value);
    return value;
  }

  get size(): number {
    return this.#values.size;
  }
}
