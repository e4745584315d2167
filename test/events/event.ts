/** Data events for tests of the log. */
import type { MeshEvent } from '../../mesh/core/event.ts';
import { createId } from '../../mesh/core/id.ts';

/** An event that every log takes, but for what is said otherwise. */
export function dataEvent(attributes: Partial<MeshEvent> = {}): MeshEvent {
  return {
    id: createId(),
    time: '2026-03-01T12:00:00.000Z',
    type: 'flight.delayed',
    label: 'flight.delayed',
    source: 'flight:17',
    target: '',
    domain: 'flights',
    product: null,
    process: 'replay',
    revision: null,
    logic: null,
    executionId: null,
    sequence: null,
    subject: null,
    classification: [],
    traceparent: null,
    payload: {},
    ...attributes,
  };
}

/** So many events, told apart by the number in their payload. */
export function dataEvents(count: number, attributes: Partial<MeshEvent> = {}): readonly MeshEvent[] {
  return Array.from({ length: count }, (_, number) => dataEvent({ payload: { number }, ...attributes }));
}
