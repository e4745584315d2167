/** A domain's SDL made executable: its declarations checked against its processes, its resolvers put in place. */
import { buildSubgraphSchema } from '@apollo/subgraph';
import type { GraphQLSchema } from 'graphql';
import { type SourceLocation, WeftError, messageOf } from '../core/error.ts';
import type { Declarations } from './declarations.ts';
import type { Manifest } from './message.ts';
import type { Resolvers } from './resolvers.ts';

export interface SchemaOptions {
  readonly manifest: Manifest;
  readonly declarations: Declarations;
  /** File of the SDL. */
  readonly file: string;
  readonly resolvers: Resolvers;
}

/**
 * Builds the schema with `_entities` and `_service`. Throws `PROCESS_INVALID` for a `@process` that names none, and
 * `DOMAIN_INVALID` for SDL that is no subgraph; both with their place.
 */
export function buildSchema({ manifest, declarations, file, resolvers }: SchemaOptions): GraphQLSchema {
  assertProcesses(manifest, declarations);
  try {
    // Apollo's map of resolvers knows no type for what stands in the context.
    return buildSubgraphSchema([{ typeDefs: declarations.document, resolvers: resolvers as never }]);
  } catch (cause) {
    throw new WeftError('DOMAIN_INVALID', {
      action: `Cannot build the subgraph of "${file}"`,
      found: firstCause(cause),
      wanted: 'SDL of a Federation 2 subgraph',
      at: placeOf(cause, file),
      cause,
    });
  }
}

function assertProcesses({ name, processes }: Manifest, { all }: Declarations): void {
  const names = processes.map((process) => process.name);
  for (const { process, coordinate } of all) {
    if (process === null || names.includes(process.name)) continue;
    throw new WeftError('PROCESS_INVALID', {
      action: `Cannot answer "${coordinate}" with process "${process.name}"`,
      found: `no such process in domain "${name}"`,
      wanted:
        names.length === 0 ? 'a process of the domain' : `one of ${names.map((known) => `"${known}"`).join(', ')}`,
      at: process.at,
    });
  }
}

/** Apollo reports several errors as one, each with its place. */
interface SchemaError {
  readonly locations?: readonly { readonly line: number; readonly column: number }[];
  readonly causes?: readonly SchemaError[];
  readonly message?: string;
}

function firstCause(thrown: unknown): string {
  const [first] = (thrown as SchemaError).causes ?? [];
  const [line = ''] = (first?.message ?? messageOf(thrown).replace(/^[\s\S]*Caused by:\s*/, '')).split('\n');
  return line.replace(/\.$/, '');
}

function placeOf(thrown: unknown, file: string): SourceLocation {
  const error = thrown as SchemaError;
  const place = error.locations?.[0] ?? error.causes?.find(({ locations }) => locations?.[0])?.locations?.[0];
  const [, line, column] = /:(\d+):(\d+)/.exec(messageOf(thrown)) ?? [];
  if (place !== undefined) return { file, line: place.line, column: place.column };
  return line === undefined ? { file } : { file, line: Number(line), column: Number(column) };
}
