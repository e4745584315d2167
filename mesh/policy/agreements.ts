/** Agreements: which domain consumes which products for which purposes, and until when (`schema/agreements.yaml`). */

export interface Agreement {
  readonly id: string;
  /** The domain that consumes. */
  readonly consumer: string;
  /** Coordinates: `Query.delays` (and with it the type it gives), `Flight`, `Flight.number`. */
  readonly products: readonly string[];
  readonly purposes: readonly string[];
  /** The first millisecond since the epoch at which it no longer holds. */
  readonly until: number;
}

export type Agreements = readonly Agreement[];
