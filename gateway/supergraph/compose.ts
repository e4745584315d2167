/**
 * Composes subgraphs into a supergraph. Names Apollo's composition, alone in the house (Elastic-2.0). What does not
 * compose is shown where it stands in the subgraph's own file. Policy goes its own way: the composer does not see it.
 */
import { composeServices } from '@apollo/composition';
import { type GraphQLError, buildASTSchema, parse } from 'graphql';
import { type SourceLocation, WeftError, frameOf, isWeftError } from '../../mesh/core/error.ts';
import type { Classes } from '../../mesh/policy/classes.ts';
import { readDefinitions } from '../../mesh/policy/usage.ts';
import { bakePolicy } from '../compose/bake.ts';
import { checkPolicy } from '../compose/check.ts';
import { type EffectivePolicy, effectivePolicy } from '../compose/effective.ts';
import { compositionFailed } from '../compose/failed.ts';
import { type ComposedSubgraph, type ReadSubgraph, readSubgraph } from '../compose/read-subgraph.ts';

export type { ComposedSubgraph };

export interface ComposeOptions {
  /** The text of `schema/mesh.graphql`. */
  readonly definitions: string;
  /** Default none: then no subgraph may name one. */
  readonly classes?: Classes;
  /** Whether there are subgraphs which are not here now: what is derived from theirs is kept from everybody. Default false. */
  readonly isPartial?: boolean;
  /** Of these, those whose schema is known from before: what they say of policy binds the rest. */
  readonly absent?: readonly ComposedSubgraph[];
}

export interface Composition {
  /** The supergraph SDL, all rules in it. */
  readonly sdl: string;
  /** What binds, and where it comes from. */
  readonly policy: EffectivePolicy;
  /** What may be a mistake, each a sentence with its place. */
  readonly warnings: readonly WeftError[];
}

/** Throws `COMPOSITION_FAILED`, whose cause is an `AggregateError` with one `WeftError` for each mistake. */
export function composeSubgraphs(
  subgraphs: readonly ComposedSubgraph[],
  { definitions, classes = new Map(), isPartial = false, absent = [] }: ComposeOptions,
): Composition {
  const directives = readDefinitions(definitions);
  const readAll = (all: readonly ComposedSubgraph[]) =>
    collect(all, (subgraph) => readSubgraph(subgraph, { text: definitions, directives }));
  const read = readAll(subgraphs);
  const bare = composeBare(read);
  const schema = buildASTSchema(parse(bare), { assumeValid: true, assumeValidSDL: true });
  const { policy, mistakes } = effectivePolicy([...read, ...readAll(absent)], { schema, classes });
  const checked = checkPolicy(policy, { subgraphs: read, schema, isPartial });
  const all = [...mistakes, ...checked.mistakes];
  if (all.length > 0) throw compositionFailed(all);
  return {
    sdl: bakePolicy(bare, checked.policy, { schema, definitions }),
    policy: checked.policy,
    warnings: checked.warnings,
  };
}

/** Every subgraph's mistakes, not the first one's only. */
function collect<From, To>(all: readonly From[], read: (one: From) => To): readonly To[] {
  const mistakes: WeftError[] = [];
  const done = all.flatMap((one) => {
    try {
      return [read(one)];
    } catch (error) {
      if (!isWeftError(error)) throw error;
      mistakes.push(...(error.cause instanceof AggregateError ? (error.cause.errors as WeftError[]) : [error]));
      return [];
    }
  });
  if (mistakes.length > 0) throw compositionFailed(mistakes);
  return done;
}

function composeBare(subgraphs: readonly ReadSubgraph[]): string {
  const result = composeServices(
    subgraphs.map(({ name, url, bare }) => ({ name, url: url ?? `weft:${name}`, typeDefs: bare })),
  );
  if (result.errors === undefined) return result.supergraphSdl;
  throw compositionFailed(result.errors.map((error) => mistakeOf(error, subgraphs)));
}

/** Composition names the subgraph of each place beside its syntax node. */
interface PlacedNode {
  readonly subgraph?: string;
  readonly loc?: { readonly start: number };
}

function mistakeOf(error: GraphQLError, subgraphs: readonly ComposedSubgraph[]): WeftError {
  const code = error.extensions['code'];
  const at = placeOf(error.nodes as readonly PlacedNode[] | undefined, subgraphs);
  return new WeftError('COMPOSITION_FAILED', {
    action: error.message.trim(),
    ...(typeof code === 'string' ? { fix: `(Federation calls this ${code}.)` } : {}),
    ...(at ? { at } : {}),
  });
}

function placeOf(
  nodes: readonly PlacedNode[] | undefined,
  subgraphs: readonly ComposedSubgraph[],
): SourceLocation | null {
  for (const { subgraph: name, loc } of nodes ?? []) {
    const subgraph = subgraphs.find((candidate) => candidate.name === name);
    // What was supplied stands behind the subgraph's own text: it has no place in the file.
    if (subgraph === undefined || loc === undefined || loc.start >= subgraph.sdl.length) continue;
    const before = subgraph.sdl.slice(0, loc.start).split(/\r?\n/);
    const [line, column] = [before.length, (before.at(-1)?.length ?? 0) + 1];
    return { file: subgraph.origin, line, column, frame: frameOf(subgraph.sdl, line, column) };
  }
  return null;
}
