/** How long something is needed: a test, or all tests of a file (`{ after }` of `node:test`). */
export interface Life {
  after(end: () => unknown): void;
}
