/**
 * What somebody is told of the mesh's schema. Whoever tells of the mesh itself asks it, so that the catalogue, the lineage and
 * the log name nothing that introspection hides. The gateway knows; domains of the platform get it through the host.
 */
import type { Json } from './json.ts';
import type { Subject } from './subject.ts';

export interface SchemaSight {
  /** Whether there is such a `Type` or `Type.field` as far as the subject is told. */
  sees(coordinate: string): boolean;
  /** Whether whoever asked for what stands at a coordinate, and was denied it, has named it: values and types come up unasked. */
  isAskable(coordinate: string): boolean;
  /** The name of the type that a field gives, or of the type itself; `null` for what is not seen. */
  typeAt(coordinate: string): string | null;
  /** What is seen of a value of a coordinate; `undefined` where it may be about rows that do not exist for the subject. */
  show(coordinate: string, value: Json): Json | undefined;
  /** Whether rows of what a coordinate gives, or of what stands in it, may not exist for the subject. */
  isPartial(coordinate: string): boolean;
  /** Whether a text has a name in it that the subject is not told. */
  isUntold(text: string): boolean;
}

/** What a subject is told now. */
export interface SchemaSightOf {
  (subject: Subject): SchemaSight;
}

/** Sees nothing: what holds where nobody knows. */
export const blind: SchemaSight = {
  sees: () => false,
  isAskable: () => false,
  typeAt: () => null,
  show: () => undefined,
  isPartial: () => true,
  isUntold: () => true,
};
