/**
 * What every adapter of the log asks of an event before it takes it in, so that whatever is stored can be given back as
 * it was and be found by any filter. Pure.
 */
import { type ErrorCode, WeftError, messageOf } from '../core/error.ts';
import type { MeshEvent } from '../core/event.ts';
import { isJsonObject } from '../core/json.ts';
import { limits } from '../core/limits.ts';

/** Attributes that say something in every event. */
const required = ['type', 'label', 'source', 'domain'] as const;
/** Attributes that are `null` where there is nothing to say. */
const optional = ['product', 'process', 'revision', 'logic', 'executionId', 'subject', 'traceparent'] as const;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/**
 * The event's payload as JSON text, which is what the log keeps of it. Throws `EVENT_INVALID` when an attribute lacks or
 * has the wrong form, `EVENT_TOO_LARGE` when the payload is over `limits.eventPayloadBytesMax`.
 */
export function checkEvent(event: MeshEvent): string {
  if (!isJsonObject(event)) {
    throw new WeftError('EVENT_INVALID', {
      action: 'Cannot append an event',
      found: shown(event),
      wanted: 'an object',
    });
  }
  if (typeof event.id !== 'string' || !uuid.test(event.id)) {
    refuse(event, { found: `the id ${shown(event.id)}`, wanted: 'a UUID in lower case', fix: 'createId() makes one.' });
  }
  if (!isInstant(event.time)) {
    refuse(event, {
      found: `the time ${shown(event.time)}`,
      wanted: 'RFC 3339 in UTC with milliseconds',
      fix: 'Date.prototype.toISOString() writes it so: 2026-11-23T08:30:00.000Z.',
    });
  }
  for (const name of required) {
    checkText(event, name, event[name]);
    if (event[name] === '') refuse(event, { found: `an empty ${name}`, wanted: 'text', fix: `Set ${name}.` });
  }
  checkText(event, 'target', event.target);
  for (const name of optional) if (event[name] !== null) checkText(event, name, event[name]);
  checkSequence(event);
  checkClassification(event);
  return payloadOf(event);
}

/** A moment that exists, in the one form whose order as text is the order of time. */
function isInstant(time: unknown): boolean {
  if (typeof time !== 'string' || !instant.test(time)) return false;
  const moment = new Date(time);
  return !Number.isNaN(moment.getTime()) && moment.toISOString() === time;
}

function checkText(event: MeshEvent, name: string, value: unknown): void {
  const { eventTextLengthMax: max } = limits;
  if (typeof value !== 'string') {
    refuse(event, { found: `${shown(value)} as ${name}`, wanted: 'text', fix: `Set ${name}.` });
  } else if (value.length > max) {
    const found = `${name} of ${value.length} characters`;
    refuse(event, { found, wanted: `at most ${max}`, fix: 'Put what is long into the payload.' });
  } else if (!value.isWellFormed()) {
    // UTF-8 has no form for half a surrogate pair: what was read back would differ from what was written.
    refuse(event, {
      found: `half a surrogate pair in ${name}`,
      wanted: 'well-formed Unicode',
      fix: 'Do not cut text within a character; String.prototype.toWellFormed() mends it.',
    });
  }
}

function checkSequence(event: MeshEvent): void {
  const { sequence } = event;
  if (sequence === null || (Number.isSafeInteger(sequence) && sequence >= 0)) return;
  refuse(event, { found: `${shown(sequence)} as sequence`, wanted: 'a whole number from 0, or null' });
}

function checkClassification(event: MeshEvent): void {
  const classes: unknown = event.classification;
  const { eventClassesMax: max } = limits;
  if (!Array.isArray(classes)) {
    refuse(event, { found: `${shown(classes)} as classification`, wanted: 'a list', fix: 'Without classes: [].' });
  } else if (classes.length > max) {
    refuse(event, { found: `${classes.length} classes`, wanted: `at most ${max}` });
  } else {
    for (const name of classes) checkText(event, 'a class', name);
  }
}

function payloadOf(event: MeshEvent): string {
  if (!isJsonObject(event.payload)) {
    refuse(event, { found: `${shown(event.payload)} as payload`, wanted: 'a JSON object', fix: 'Without data: {}.' });
  }
  const text = stringify(event);
  const bytes = Buffer.byteLength(text);
  if (bytes > limits.eventPayloadBytesMax) {
    refuse(event, {
      code: 'EVENT_TOO_LARGE',
      found: `a payload of ${bytes} bytes as JSON`,
      wanted: `at most ${limits.eventPayloadBytesMax}`,
      fix: 'Put the data where it can be read, and a reference to it into the payload.',
    });
  }
  return text;
}

function stringify(event: MeshEvent): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(event.payload);
  } catch (cause) {
    refuse(event, { found: `a payload that is not JSON (${messageOf(cause)})`, wanted: 'a JSON object', cause });
  }
  // A `toJSON` of its own may have made anything of it.
  if (text?.startsWith('{') !== true) {
    refuse(event, { found: 'a payload whose toJSON() gives no object', wanted: 'a JSON object' });
  }
  return text;
}

interface Refusal {
  readonly code?: ErrorCode;
  readonly found: string;
  readonly wanted: string;
  readonly fix?: string;
  readonly cause?: unknown;
}

function refuse(event: MeshEvent, { code = 'EVENT_INVALID', ...parts }: Refusal): never {
  throw new WeftError(code, {
    action: `Cannot append event ${shown(event.id)} of type ${shown(event.type)}`,
    ...parts,
  });
}

/** A value as an error message may quote it. */
function shown(value: unknown): string {
  if (typeof value === 'string') return `"${value.length > 60 ? `${value.slice(0, 60)}…` : value}"`;
  if (value === null || typeof value !== 'object') return String(value);
  return Array.isArray(value) ? 'a list' : 'an object';
}
