/** A domain: a team's boundary, one folder with `domain.ts`, `schema.graphql` and `processes/*.ts`. */
import { WeftError } from '../core/error.ts';
import type { Json } from '../core/json.ts';
import type { MockUser } from '../core/subject.ts';
import { callSite } from './call-site.ts';
import type { DatasetDeclaration } from './dataset.ts';
import type { Process } from './process.ts';

export type { DatasetDeclaration } from './dataset.ts';

export interface DomainOptions {
  /** The subgraph's name too: lower case letters, digits and dashes. */
  readonly name: string;
  /** The team that answers for it. */
  readonly owner: string;
  readonly description: string;
  readonly processes: readonly Process[];
  /** Files the `sql` agent may read, by table name. */
  readonly datasets?: Readonly<Record<string, DatasetDeclaration>>;
  /** Defaults of variables that all its processes read. A process's own come before them, the configuration's before both. */
  readonly variables?: Readonly<Record<string, Json>>;
  /** People to try the mesh as, in development only: `authorization: Mock ID`. */
  readonly mockUsers?: readonly MockUser[];
}

export interface Domain extends DomainOptions {
  readonly kind: 'domain';
  readonly at: { readonly file: string; readonly line: number };
}

/** Declares a domain; no I/O. Throws `DOMAIN_INVALID` for a bad name or two processes of one name. */
export function defineDomain(options: DomainOptions): Domain {
  const at = callSite(defineDomain);
  if (!/^[a-z][a-z0-9-]*$/.test(options.name)) {
    throw new WeftError('DOMAIN_INVALID', {
      action: `Cannot define domain "${options.name}"`,
      found: 'a name that no subgraph can bear',
      wanted: 'a lower case letter, then letters, digits and dashes',
      at,
    });
  }
  const names = options.processes.map((process) => process.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new WeftError('DOMAIN_INVALID', {
      action: `Cannot define domain "${options.name}"`,
      found: `two processes named "${twice}"`,
      wanted: 'names that differ',
      at,
    });
  }
  return { kind: 'domain', ...options, at };
}
