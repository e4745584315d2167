/** The text of `schema/mesh.graphql`: the definitions of the mesh's own directives. */
import { readFileSync } from 'node:fs';

let text: string | null = null;

/** Reads the file once. */
export function meshDefinitions(): string {
  text ??= readFileSync(new URL('../../schema/mesh.graphql', import.meta.url), 'utf8');
  return text;
}
