/** What binds at each coordinate of a composed supergraph, and where that comes from. */
import type { SourceLocation } from '../../mesh/core/error.ts';
import type { EffectivePolicy, Origin } from './effective.ts';

export interface ExplainedCoordinate {
  readonly coordinate: string;
  readonly rules: readonly ExplainedRule[];
  /** Classes of the data there, its own and those of what it is made from. */
  readonly classes: readonly ExplainedRule[];
  /** What it is made from; a `masking` derivation brings nothing along. */
  readonly derivedFrom: readonly ExplainedRule[];
}

export interface ExplainedRule {
  /** The directive, the class, or the source. */
  readonly text: string;
  readonly from: readonly ExplainedOrigin[];
}

export interface ExplainedOrigin extends Pick<SourceLocation, 'file' | 'line' | 'column'> {
  readonly subgraph: string;
  /** What brought it here, the nearest first: `class PII`, `derived from User.email`, `interface Node`. Empty: it is written here. */
  readonly by: readonly string[];
}

/** Sorted by coordinate. */
export function explainPolicy({ rules, classes, derivations }: EffectivePolicy): readonly ExplainedCoordinate[] {
  const coordinates = new Set([...rules.keys(), ...classes.keys(), ...derivations.keys()]);
  return [...coordinates].toSorted().map((coordinate) => ({
    coordinate,
    rules: (rules.get(coordinate) ?? []).map(({ rule, from }) => ({ text: rule.text, from: from.map(explainOrigin) })),
    classes: [...(classes.get(coordinate) ?? [])].map(([text, origin]) => ({ text, from: [explainOrigin(origin)] })),
    derivedFrom: (derivations.get(coordinate) ?? []).flatMap(({ derivation, origin }) =>
      derivation.coordinates.map((source) => ({
        text: derivation.isMasking ? `${source} (masking)` : source,
        from: [explainOrigin(origin)],
      })),
    ),
  }));
}

function explainOrigin({ subgraph, at: { file, line, column }, by }: Origin): ExplainedOrigin {
  return { subgraph, file, ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }), by };
}

/** The same for a person to read. */
export function explainText(coordinates: readonly ExplainedCoordinate[]): string {
  return coordinates
    .map(({ coordinate, rules, classes, derivedFrom }) =>
      [
        coordinate,
        ...rules.flatMap(linesOf),
        ...classes.map(({ text, from }) => ({ text: `is of class ${text}`, from })).flatMap(linesOf),
        ...derivedFrom.map(({ text, from }) => ({ text: `is derived from ${text}`, from })).flatMap(linesOf),
      ].join('\n'),
    )
    .join('\n\n');
}

function linesOf({ text, from }: ExplainedRule): readonly string[] {
  return [`  ${text}`, ...from.map((origin) => `    ${originText(origin)}`)];
}

/** Where something comes from, in one line: `people  people.graphql:5:19, by class PII`. */
export function originText({ subgraph, file, line, column, by }: ExplainedOrigin): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return [`${subgraph}  ${place}`, ...by].join(', by ');
}
