/** Scopes of executions for the tests of this room. */
import { anonymous } from '../../mesh/core/subject.ts';
import { FlowSet, type Scope } from '../../mesh/agents/scope.ts';

/** The scope of an execution `e` of `trial/probe`. */
export function createScope(signal: AbortSignal = new AbortController().signal, domain = 'trial'): Scope {
  return {
    execution: { id: 'e', domain, process: 'probe', revision: 'r' },
    subject: anonymous,
    signal,
    inputs: new FlowSet(),
    outputs: new FlowSet(),
    emitted: 0,
    hasEffects: false,
  };
}
