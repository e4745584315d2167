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

/** Whether a name that is no directive of policy here looks like one: by nobody else's leave. */
export function isLookalike(name: string, document: DocumentNode): boolean {
  const known = policyDirectives.some(
    (directive) => name === directive || name === `weft__${directive}` || name === `federation__${directive}`,
  );
  if (!known) return false;
  const links = linksOf(document);
  if (policyDirectives.some((directive) => links.some((link) => namesBy(link, directive).includes(name)))) return false;
  return !links.some(({ url, as, imports }) => {
    const isImported = [...imports.values()].includes(`@${name}`);
    return !isWeft(url) && (isImported || (as ?? specificationOf(url)) === name);
  });
}

/** Whether a link means the mesh's own directives, however it writes that. */
export function isWeft(url: string): boolean {
  return /^\w*:?\/*(www\.)?weft\.dev\b/i.test(url.trim());
}

/** The name under which a specification's other names go here. */
export function namespaceOf({ url, as }: Link): string {
  return as ?? specificationOf(url);
}

/** Whether a link is to one of the three standard specifications alone. */
export function isStandardLink({ url }: Link): boolean {
  const specification = specificationOf(url);
  return [...standard].some((directive) => directive === specification);
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

/** Whether a link is to the mesh's own directives, of a version that is known here. */
export function isMesh(url: string): boolean {
  return /^https:\/\/weft\.dev\/weft\/v1\.\d+$/.test(url);
}
