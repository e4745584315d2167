/** By which names a schema document calls the directives of policy: `@link` with imports, renames and namespaces. */
import type { DocumentNode } from 'graphql';
import { type Link, linksOf } from './directive.ts';

/** The directives that say who may see what. The first three keep their Federation 2 meaning. */
export const policyDirectives = [
  'authenticated',
  'requiresScopes',
  'policy',
  'purpose',
  'mask',
  'rows',
  'classified',
  'derivedFrom',
] as const;
export type PolicyDirective = (typeof policyDirectives)[number];

const standard: ReadonlySet<PolicyDirective> = new Set(['authenticated', 'requiresScopes', 'policy']);

/** What each name of a directive in the document means there. */
export function policyNames(document: DocumentNode): ReadonlyMap<string, PolicyDirective> {
  const links = linksOf(document);
  const names = new Map<string, PolicyDirective>();
  for (const directive of policyDirectives) {
    const given = links.flatMap((link) => namesBy(link, directive));
    // One that nothing links still means what everybody takes it to mean.
    const known = given.length === 0 && standard.has(directive) ? [directive] : given;
    for (const name of known) names.set(name, directive);
  }
  return names;
}

/** What a link lets a directive be called. A name that was imported elsewhere may be used in its namespace all the same. */
function namesBy({ url, as, imports }: Link, directive: PolicyDirective): readonly string[] {
  const specification = specificationOf(url);
  const imported = imports.get(`@${directive}`)?.slice(1);
  if (specification === directive && standard.has(directive)) return [imported ?? as ?? directive];
  const isHere = standard.has(directive) ? specification === 'federation' : isMesh(url);
  if (!isHere) return [];
  const spaced = `${as ?? specification}__${directive}`;
  return imported === undefined ? [spaced] : [imported, spaced];
}

/** The name of a specification: the last part of its URL but for the version. */
function specificationOf(url: string): string {
  return /^https?:\/\/[^?#]*\/([^/?#]+)\/v\d+\.\d+$/.exec(url)?.[1] ?? '';
}

/** Whether a link is to the mesh's own directives. */
export function isMesh(url: string): boolean {
  return /^https:\/\/weft\.dev\/weft\/v\d+\.\d+$/.test(url);
}
