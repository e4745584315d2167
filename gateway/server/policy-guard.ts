/**
 * Puts supergraphs and what the mesh has agreed on into service, one after the other. What lets somebody see more than what is in service
 * does not take its place, unless whoever runs the gateway has acknowledged that.
 */
import { parse } from 'graphql';
import { WeftError } from '../../mesh/core/error.ts';
import type { PolicyChanged } from '../../mesh/core/event.ts';
import { limits } from '../../mesh/core/limits.ts';
import { coordinatesIn } from '../../mesh/policy/coordinates.ts';
import { type PolicyChange, type Regime, changeText, diffRegimes, succeed } from '../../mesh/policy/diff.ts';
import type { Governance } from '../../mesh/policy/governance.ts';
import { type GovernanceParts, createGovernance } from '../../mesh/policy/revision.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import type { GenerationParts } from './generation.ts';
import type { Pipeline } from './pipeline.ts';

export interface PolicyGuardOptions {
  /** The supergraph that is served first. */
  readonly supergraph: Supergraph;
  readonly governance: GovernanceParts;
  readonly maskSecret: string | null;
  readonly isWeakeningAcknowledged: boolean;
  /** Tells whoever runs the gateway of each weakening that is taken, in one line. */
  readonly note: (line: string) => void;
  /** Told of each other policy that is put in service, or kept out of it. Default: nobody is. */
  readonly record?: (change: Omit<PolicyChanged, 'audit'>) => void;
}

export interface PolicyGuard {
  /** What is agreed on, for the first supergraph. */
  readonly governance: Governance;
  /** Swaps in supergraphs under what is agreed on now. They throw `POLICY_WEAKENED`, and what is in service stays. */
  guard(pipeline: Pick<Pipeline, 'swap'>): Guarded;
}

export interface Guarded extends Pick<Pipeline, 'swap'> {
  /** Swaps in what is agreed on. `make` gives the supergraph for it, once whatever is being swapped in is in service. */
  govern(parts: GovernanceParts, make: () => GenerationParts): Promise<void>;
}

/** To be asked to guard once. */
export function createPolicyGuard(options: PolicyGuardOptions): PolicyGuard {
  const { maskSecret, isWeakeningAcknowledged } = options;
  let agreed = options.governance;
  let regime = regimeOf(options.supergraph, agreed);
  let last: Promise<void> = Promise.resolve();
  const first = createGovernance(agreed, options.supergraph, maskSecret);
  let { revision } = first;

  return {
    governance: first,
    guard(pipeline) {
      const take = async (parts: GenerationParts, governance: GovernanceParts, signal?: AbortSignal): Promise<void> => {
        const next = regimeOf(parts.supergraph, governance);
        const named = createGovernance(governance, parts.supergraph, maskSecret);
        const diff = diffRegimes(regime, next);
        const changes = diff.filter(({ kind }) => kind === 'weakened');
        const isTaken = changes.length === 0 || isWeakeningAcknowledged;
        const record = (): void => {
          if (named.revision !== revision)
            options.record?.(
              changed(diff, { before: revision, after: named.revision, isTaken, isWeakeningAcknowledged }),
            );
        };
        if (!isTaken) {
          record();
          parts.release?.();
          throw weakened(changes);
        }
        for (const change of changes) options.note(`policy weakened  ${changeText(change)}`);
        await pipeline.swap({ ...parts, governance: named }, signal);
        record();
        [agreed, regime, revision] = [governance, succeed(regime, next), named.revision];
      };
      const enqueue = (run: () => Promise<void>): Promise<void> => {
        const done = last.then(run);
        last = done.catch(() => {});
        return done;
      };
      return {
        swap: (parts, signal) => enqueue(() => take(parts, agreed, signal)),
        govern: (governance, make) =>
          enqueue(async () => take(make(), governance, AbortSignal.timeout(limits.policyWarmMs))),
      };
    },
  };
}

function regimeOf({ sdl, ...policy }: Supergraph, { texts, agreements }: GovernanceParts): Regime {
  return { policy, coordinates: coordinatesIn(parse(sdl, { noLocation: true })), texts, agreements };
}

function changed(
  diff: readonly PolicyChange[],
  about: Pick<PolicyChanged, 'before' | 'after' | 'isTaken' | 'isWeakeningAcknowledged'>,
): Omit<PolicyChanged, 'audit'> {
  const linesOf = (wanted: PolicyChange['kind']): readonly string[] =>
    diff.filter(({ kind }) => kind === wanted).map(changeText);
  return { ...about, weakened: linesOf('weakened'), tightened: linesOf('tightened'), leftOut: 0 };
}

function weakened(changes: readonly PolicyChange[]): WeftError {
  return new WeftError('POLICY_WEAKENED', {
    action: `The policy would be weaker than the one in service: ${changes.map(changeText).join('; ')}`,
    fix: 'Put it back, or acknowledge it with `policy.acknowledgeWeakening`.',
  });
}
