/** Composing, as every verb does it: with the definitions of the mesh, and with warnings for whoever looks on. */
import { type ComposedSubgraph, type Composition, composeSubgraphs } from '../gateway/supergraph/compose.ts';
import { meshDefinitions } from '../mesh/core/definitions.ts';
import type { Classes } from '../mesh/policy/classes.ts';

export interface MeshComposition {
  readonly classes: Classes;
  /** Whether there are subgraphs that are not here now. Default false. */
  readonly isPartial?: boolean;
  /** Of these, those whose schema is known from before. Default none. */
  readonly absent?: readonly ComposedSubgraph[];
  readonly note: (line: string) => void;
}

/** Throws `COMPOSITION_FAILED`. */
export function composeMesh(
  subgraphs: readonly ComposedSubgraph[],
  { note, ...options }: MeshComposition,
): Composition {
  const composition = composeSubgraphs(subgraphs, { definitions: meshDefinitions(), ...options });
  for (const { message, at } of composition.warnings) {
    const place = at === undefined ? '' : ` (${[at.file, at.line, at.column].filter((part) => part).join(':')})`;
    note(`warning: ${message}${place}`);
  }
  return composition;
}
