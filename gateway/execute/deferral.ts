/** The parts of an operation that are answered later, compiled: one for each fragment with `@defer`. */
import type { OperationDefinitionNode } from 'graphql';
import type { DeferLabels } from '../plan/defer.ts';
import { type Owners, type Part, firstOf, readOwners } from '../plan/owners.ts';
import type { DeferredPlan } from '../plan/plan.ts';
import type { ResponsePath } from './collect.ts';
import { type CompiledGroup, compilePlan } from './compile.ts';
import type { PossibleTypes } from './represent.ts';
import type { ObjectShape } from './shape.ts';
import { type Writer, compileWriter } from './writer.ts';

export interface Deferral {
  /** By the labels that shapes and plans give them. */
  readonly parts: ReadonlyMap<string, DeferredPart>;
  /**
   * Of the fragments right inside a part, the one that alone selects what stands at a path of the answer, or has the
   * fragment that does; `null` when the part selects it itself, or nothing inside it does.
   */
  readonly fragmentAt: (path: ResponsePath, part: Part) => string | null;
  /** The writer of a fragment's shape, compiled when it is first met. */
  readonly writerOf: (shape: ObjectShape) => Writer;
}

export interface DeferredPart {
  /** The client's label. */
  readonly label: string | null;
  /** What it fetches beyond the parts around it. */
  readonly groups: readonly CompiledGroup[];
  /** Ids of the fetches of other parts that have to answer before its groups are sent. */
  readonly depends: readonly string[];
}

export interface DeferralOptions {
  readonly operation: OperationDefinitionNode;
  readonly labels: DeferLabels;
  readonly possibleTypes: PossibleTypes;
}

/** Compiles the parts of a labelled operation; `null` when it has none. */
export function compileDeferral(
  plans: readonly DeferredPlan[],
  { operation, labels, possibleTypes }: DeferralOptions,
): Deferral | null {
  if (labels.size === 0) return null;
  const parts = Array.from(labels, ([own, label]): [string, DeferredPart] => {
    // Of what is not planned nothing is left to fetch: policy denies all of it, or others bring it along.
    const plan = plans.find((candidate) => candidate.label === own);
    return [own, { label, groups: compilePlan(plan?.root ?? null, possibleTypes), depends: plan?.depends ?? [] }];
  });
  const owners = readOwners(operation);
  const writers = new WeakMap<ObjectShape, Writer>();
  return {
    parts: new Map(parts),
    fragmentAt(path, part) {
      const [owner] = ownersAt(path, owners);
      return owner === undefined || owner === part ? null : stepInto(part, owner, owners);
    },
    writerOf(shape) {
      const writer = writers.get(shape) ?? compileWriter(shape);
      writers.set(shape, writer);
      return writer;
    },
  };
}

/** The earliest parts that select what stands at a path, or the last selected place above it. */
function ownersAt(path: ResponsePath, owners: Owners): readonly Part[] {
  const keys = path.filter((key) => typeof key === 'string');
  while (keys.length > 1 && owners.at(keys).size === 0) keys.pop();
  return firstOf(owners.at(keys), owners);
}

/** The part right inside an outer one that is an inner part or holds it. */
function stepInto(outer: Part, inner: Part, owners: Owners): string | null {
  if (inner === null) return null;
  const around = owners.enclosing.get(inner) ?? null;
  return around === outer ? inner : stepInto(outer, around, owners);
}
