/**
 * Writes what binds into the text of a supergraph, as directives under their own names, so that whoever serves it finds all
 * of it there. The text is added to, and otherwise left as the composer of Federation wrote it.
 */
import { type DocumentNode, type GraphQLSchema, type TypeDefinitionNode, Kind, parse } from 'graphql';
import { listText, textOfRule } from '../../mesh/policy/write-rules.ts';
import { type Edit, linkEdits, nameIn } from './bake-links.ts';
import { type EffectivePolicy, locationAt } from './effective.ts';

/** The supergraph with the policy in it. `definitions` is the text of `schema/mesh.graphql`. */
export function bakePolicy(
  sdl: string,
  policy: EffectivePolicy,
  { schema, definitions }: { readonly schema: GraphQLSchema; readonly definitions: string },
): string {
  const document = parse(sdl);
  const used = new Map<string, Set<string>>();
  const nameOf = nameIn(document);
  const texts = textsByCoordinate(policy, (directive, coordinate) => {
    used.set(directive, (used.get(directive) ?? new Set()).add(locationAt(schema, coordinate)));
    return nameOf(directive);
  });
  if (used.size === 0) return sdl;
  const written = placesIn(document).flatMap(({ coordinate, end, isType: isAlone }): readonly Edit[] =>
    (texts.get(coordinate) ?? []).map((text) => ({ start: end, end, text: isAlone ? `\n  ${text}` : ` ${text}` })),
  );
  return applyEdits(sdl, [...written, ...linkEdits(document, used, definitions)]);
}

function textsByCoordinate(
  { rules, classes, derivations }: EffectivePolicy,
  nameAt: (directive: string, coordinate: string) => string,
): ReadonlyMap<string, readonly string[]> {
  const texts = new Map<string, string[]>();
  const add = (coordinate: string, text: string): void => {
    const known = texts.get(coordinate) ?? [];
    if (!known.includes(text)) texts.set(coordinate, [...known, text]);
  };
  for (const [coordinate, bound] of rules) {
    for (const { rule } of bound)
      add(
        coordinate,
        textOfRule(rule, (directive) => nameAt(directive, coordinate)),
      );
  }
  for (const [coordinate, names] of classes) {
    add(coordinate, `@${nameAt('classified', coordinate)}(as: ${listText([...names.keys()].toSorted())})`);
  }
  for (const [coordinate, derived] of derivations) {
    for (const { derivation } of derived) {
      const masking = derivation.isMasking ? ', masking: true' : '';
      add(
        coordinate,
        `@${nameAt('derivedFrom', coordinate)}(coordinates: ${listText(derivation.coordinates)}${masking})`,
      );
    }
  }
  return texts;
}

interface Place {
  readonly coordinate: string;
  /** Where another directive can stand. */
  readonly end: number;
  readonly isType: boolean;
}

function placesIn(document: DocumentNode): readonly Place[] {
  return document.definitions.flatMap((definition): readonly Place[] => {
    if (!isType(definition)) return [];
    const type = definition.name.value;
    const members = [
      ...('fields' in definition ? (definition.fields ?? []) : []),
      ...('values' in definition ? (definition.values ?? []) : []),
    ];
    return [
      { coordinate: type, end: headEnd(definition), isType: true },
      ...members.flatMap((member) => {
        const coordinate = `${type}.${member.name.value}`;
        const args = 'arguments' in member ? (member.arguments ?? []) : [];
        return [
          { coordinate, end: endOf(member), isType: false },
          ...args.map((argument) => ({
            coordinate: `${coordinate}(${argument.name.value}:)`,
            end: endOf(argument),
            isType: false,
          })),
        ];
      }),
    ];
  });
}

function isType(definition: DocumentNode['definitions'][number]): definition is TypeDefinitionNode {
  return definition.kind.endsWith('TypeDefinition') && definition.kind !== Kind.SCHEMA_DEFINITION;
}

/** Behind a type's name, what it implements, and its directives. */
function headEnd(definition: TypeDefinitionNode): number {
  const interfaces = 'interfaces' in definition ? (definition.interfaces ?? []) : [];
  return Math.max(...[definition.name, ...interfaces, ...(definition.directives ?? [])].map(endOf));
}

function endOf({ loc }: { readonly loc?: { readonly end: number } | undefined }): number {
  if (loc === undefined) throw new Error('The supergraph was parsed without places.');
  return loc.end;
}

/** Edits of one place keep their order. */
function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = '';
  let from = 0;
  for (const { start, end, text: added } of edits.toSorted((a, b) => a.start - b.start)) {
    result += text.slice(from, start) + added;
    from = end;
  }
  return result + text.slice(from);
}
