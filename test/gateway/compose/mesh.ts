/** Subgraphs for tests of composition: an SDL each, the usual links before it. */
import assert from 'node:assert/strict';
import { parse } from 'graphql';
import { type ComposeOptions, type Composition, composeSubgraphs } from '../../../gateway/supergraph/compose.ts';
import { meshDefinitions } from '../../../mesh/core/definitions.ts';
import { WeftError } from '../../../mesh/core/error.ts';
import type { ClassDefinition, Classes } from '../../../mesh/policy/classes.ts';
import { readPolicy } from '../../../mesh/policy/read-rules.ts';

/** Two lines; what a test writes begins on the third. */
export const links = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@provides", "@override", "@interfaceObject", "@context", "@fromContext", "@inaccessible", "@authenticated", "@requiresScopes", "@policy"])
extend schema @link(url: "https://weft.dev/weft/v1.0", import: ["@mask", "@rows", "@purpose", "@classified", "@derivedFrom"])
`;

type Options = Omit<ComposeOptions, 'definitions'>;

/** Subgraphs `a`, `b`, … of these SDLs, with the usual links unless they bring their own. */
export function compose(sdls: readonly string[], options: Options = {}): Composition {
  const subgraphs = sdls.map((sdl, index) => {
    const name = 'abcdefgh'[index] ?? '';
    return { name, sdl: /@(link|core)/.test(sdl) ? sdl : links + sdl, origin: `${name}.graphql` };
  });
  return composeSubgraphs(subgraphs, { definitions: meshDefinitions(), ...options });
}

/** What the supergraph says, by coordinate. */
export function composedRules(sdls: readonly string[], options: Options = {}): Readonly<Record<string, string[]>> {
  const { rules } = readPolicy(parse(compose(sdls, options).sdl));
  return Object.fromEntries([...rules].map(([coordinate, all]) => [coordinate, all.map(({ text }) => text)]));
}

/** The mistakes for which the subgraphs are refused. */
export function refusals(sdls: readonly string[], options: Options = {}): readonly WeftError[] {
  try {
    compose(sdls, options);
  } catch (error) {
    assert.ok(error instanceof WeftError && error.code === 'COMPOSITION_FAILED', String(error));
    const { cause } = error;
    return cause instanceof AggregateError ? (cause.errors as WeftError[]) : [error];
  }
  return [];
}

/** `FILE:LINE MESSAGE` for each refusal. */
export function refusalsOf(sdls: readonly string[], options: Options = {}): readonly string[] {
  return refusals(sdls, options).map(({ at, message }) => `${at?.file}:${at?.line} ${message}`);
}

export function classes(definitions: Readonly<Record<string, Partial<ClassDefinition>>>): Classes {
  const nothing = { mask: null, scopes: null, purposes: null, rows: null, at: { file: 'policies.yaml' } };
  return new Map(Object.entries(definitions).map(([name, said]) => [name, { ...nothing, name, ...said }]));
}
