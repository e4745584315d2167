/** Which flights a tick of the replay is due for: computed from the tick alone, so that the replay keeps no state. */
import type { ScheduleInput } from '../../../mesh/sdk/index.ts';

/** Row numbers `from` up to, not including, `to`, in the n-th run through the lake since 1970. */
export interface Window {
  readonly lap: number;
  readonly from: number;
  readonly to: number;
}

/** How the lake is replayed. */
export interface Pace {
  readonly flightsPerSecond: number;
  /** How many flights the lake holds. After the last comes the first again. */
  readonly flights: number;
  /** Of a tick that is due for more (ticks before it were left out), only the last so many. */
  readonly flightsPerTickMax: number;
}

/** The windows of a tick: none, one, or two when the lake begins anew. Those of consecutive ticks adjoin. */
export function windowsOf(tick: ScheduleInput, pace: Pace): Window[] {
  const { flights, flightsPerTickMax } = pace;
  if (flights === 0) return [];
  const positionAt = (timeMs: number) => Math.floor((timeMs / 1000) * pace.flightsPerSecond);
  const end = positionAt(tick.dueAt);
  const windows: Window[] = [];
  for (let position = Math.max(positionAt(tick.previousDueAt), end - flightsPerTickMax); position < end;) {
    const lap = Math.floor(position / flights);
    const next = Math.min(end, (lap + 1) * flights);
    windows.push({ lap, from: position - lap * flights, to: next - lap * flights });
    position = next;
  }
  return windows;
}
