/** Waits that somebody else may cut short. */

export interface Bell {
  /** Ends the wait under way, or the next one at once. */
  ring(): void;
  /** Resolves after a ring, after so long, or when the signal aborts. Keeps no process alive. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export function createBell(): Bell {
  let hasRung = false;
  let wake: () => void = () => undefined;
  return {
    ring() {
      hasRung = true;
      wake();
    },
    async wait(ms, signal) {
      if (!hasRung && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, ms).unref();
        wake = resolve;
        signal.addEventListener('abort', wake);
        await promise;
        signal.removeEventListener('abort', wake);
        clearTimeout(timer);
      }
      hasRung = false;
    },
  };
}
