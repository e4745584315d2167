/** The verbs of `weft`, each one file, of one word or two; a new verb is that file and one line here. */
import type { Command } from './command.ts';

export interface Verb {
  /** What it does, in the list that `weft help` prints. */
  readonly summary: string;
  /** Loads the verb's file: only the verb that runs is loaded. */
  readonly load: () => Promise<{ readonly command: Command }>;
}

export const verbs: Readonly<Record<string, Verb>> = {
  start: { summary: 'runs the whole mesh: the gateway and every domain', load: () => import('./start.ts') },
  gateway: { summary: 'runs the gateway alone, before subgraphs behind HTTP', load: () => import('./gateway.ts') },
  subgraph: { summary: 'runs one domain alone, as a Federation 2 subgraph', load: () => import('./subgraph.ts') },
  audit: { summary: 'verifies the records of what policy decided', load: () => import('./audit.ts') },
  compose: { summary: 'prints the supergraph SDL that the subgraphs compose to', load: () => import('./compose.ts') },
  'policy simulate': {
    summary: 'says what somebody would see of an operation, and why',
    load: () => import('./policy-simulate.ts'),
  },
  'policy test': {
    summary: 'runs files of cases: who is to see what of an operation',
    load: () => import('./policy-test.ts'),
  },
  'policy replay': {
    summary: 'says who gains and who loses by another policy, on recorded operations',
    load: () => import('./policy-replay.ts'),
  },
  'policy diff': {
    summary: 'says what a supergraph tightens and weakens of another',
    load: () => import('./policy-diff.ts'),
  },
};
