/** What logic sees of rows: `context.visible`, for one execution. */
import type { RowFilters } from '../core/subgraph.ts';
import type { Subject } from '../core/subject.ts';
import type { Context } from '../sdk/index.ts';

export interface Sight extends Pick<Context, 'visible' | 'seesAll'> {
  /** Types whose rows have passed it. */
  readonly sifted: ReadonlySet<string>;
}

/** Conditions are read by a library that takes longer to load than most executions take: it is loaded with the first filter. */
export async function createSight(filters: RowFilters, subject: Subject): Promise<Sight> {
  const sifted = new Set<string>();
  const { createRowTests } =
    Object.keys(filters).length === 0 ? { createRowTests: null } : await import('./row-test.ts');
  const testOf = createRowTests?.(filters, subject);
  return {
    sifted,
    seesAll: (type) => !Object.hasOwn(filters, type),
    visible(type, rows) {
      sifted.add(type);
      if (testOf === undefined) return rows;
      const passes = (name: string, row: object): boolean => (testOf(name)?.(row) ?? 'exists') === 'exists';
      return rows.filter((row) => passes(type, row) && passes(typeNameOf(row) ?? type, row));
    },
  };
}

/** Of a row of an interface or a union, which type it is. */
function typeNameOf(row: object): string | null {
  const name: unknown = '__typename' in row ? row.__typename : null;
  return typeof name === 'string' ? name : null;
}
