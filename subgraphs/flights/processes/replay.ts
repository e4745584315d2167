/**
 * Makes the lake live: each second the next few flights depart once more, and those that were late are reported late.
 * They come at a steady pace in order of departure, so that the nights of 2001, when hardly anything flies, do not fall silent.
 */
import { aggregator, defineProcess, logic, schedule } from '../../../mesh/sdk/index.ts';
import type { EmittedEvent, ScheduleInput } from '../../../mesh/sdk/index.ts';
import { selectFlights } from '../model/flight.ts';
import type { Flight } from '../model/flight.ts';
import { windowsOf } from '../model/window.ts';
import type { Window } from '../model/window.ts';

type Replayed = { readonly flight: Flight; readonly lap: number };
type Session = { windows: readonly Window[]; replayed: readonly Replayed[]; events: readonly EmittedEvent[] };

const flightsPerTickMax = 500;
const lateAfterMinutes = 15;

export const replay = defineProcess({
  name: 'replay',
  triggers: [schedule({ everyMs: 1_000 })],
  /** Flights a second; 12 is about a minute of 2001 every second, 0 turns the replay off. */
  variables: { replaySpeed: 12 },
  logics: [
    logic<ScheduleInput, Session>('locate', async ({ sql, input, session, variables }) => {
      const [lake] = await sql.query<{ flights: number }>('select count(*)::int as flights from flights');
      const pace = { flightsPerSecond: Number(variables.replaySpeed), flights: lake?.flights ?? 0, flightsPerTickMax };
      session.set('windows', windowsOf(input, pace));
    }),
    logic<ScheduleInput, Session>('load', async ({ sql, session }) => {
      const replayed: Replayed[] = [];
      for (const { lap, from, to } of session.get('windows')) {
        const clauses =
          'where file_row_number >= $from::bigint and file_row_number < $to::bigint order by file_row_number';
        const flights = await selectFlights(sql, clauses, { from, to });
        replayed.push(...flights.map((flight) => ({ flight, lap })));
      }
      session.set('replayed', replayed);
    }),
    logic<ScheduleInput, Session>('emit', async ({ events, input, session }) => {
      const replayedAt = new Date(input.dueAt).toISOString();
      const emitted = session.get('replayed').flatMap((replayed) => eventsOf(replayed, replayedAt));
      if (emitted.length > 0) await events.emit(emitted);
      session.set('events', emitted);
    }),
  ],
  aggregator: aggregator<ScheduleInput, Session>('count', ({ session, result }) => {
    const departed = session.get('replayed').length;
    result.finalize({ departed, delayed: session.get('events').length - departed });
  }),
});

/** What one flight gives: a departure at its origin and, if it is late, a delay for those who wait at its destination. */
export function eventsOf({ flight, lap }: Replayed, replayedAt: string): EmittedEvent[] {
  const eventOf = (label: string, airport: string): EmittedEvent => ({
    label,
    source: `flight:${flight.id}`,
    target: `airport:${airport}`,
    key: `${label}:${lap}:${flight.id}`,
    payload: { flight, replayedAt },
  });
  const departed = eventOf('flight.departed', flight.origin.iata);
  if (flight.delay <= lateAfterMinutes) return [departed];
  return [departed, eventOf('flight.delayed', flight.destination.iata)];
}
