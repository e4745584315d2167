/** Ends work that takes too long, even where it never comes back to the event loop. Names `node:vm`, alone in the house. */
import { Script, createContext } from 'node:vm';

const nothing = (): void => {};
/** A context of its own costs a millisecond, so one serves for all; what it calls is at home outside it. */
const outside: { run: () => void } = { run: nothing };
const context = createContext(outside);
const script = new Script('run()');

/** What the function gives, or `null` when it was ended after so many milliseconds. It must not call this again. */
export function runWithin<Value>(timeout: number, run: () => Value): { readonly value: Value } | null {
  let done: { readonly value: Value } | null = null;
  outside.run = () => void (done = { value: run() });
  try {
    script.runInContext(context, { timeout });
    return done;
  } catch (error) {
    if (isTimeout(error)) return null;
    throw error;
  } finally {
    outside.run = nothing;
  }
}

/** It is an error of the context's own, so no `Error` of ours. */
function isTimeout(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}
