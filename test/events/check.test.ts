/** What an event must be like to be taken in, to the letter of what is said of one that is not. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { MeshEvent } from '../../mesh/core/event.ts';
import { limits } from '../../mesh/core/limits.ts';
import { checkEvent } from '../../mesh/events/check.ts';
import { dataEvent } from './event.ts';

const id = '01234567-89ab-7def-8123-456789abcdef';
const named = `Cannot append event "${id}" of type "flight.delayed"`;

describe('checkEvent()', () => {
  test('gives the payload as JSON', () => {
    assert.equal(checkEvent(dataEvent({ payload: { delay: 12, gone: undefined } })), '{"delay":12}');
  });

  test('takes texts and payloads as long as the limits allow', () => {
    const text = 'é'.repeat(limits.eventTextLengthMax);
    checkEvent(dataEvent({ source: text, target: text, subject: text, classification: [text] }));
    checkEvent(dataEvent({ payload: { text: 'x'.repeat(limits.eventPayloadBytesMax - '{"text":""}'.length) } }));
    checkEvent(dataEvent({ target: '', product: '', sequence: 0 }));
  });

  test('refuses a payload that is too large in bytes, not in characters', () => {
    refuses(
      { payload: { text: '€'.repeat(limits.eventPayloadBytesMax / 3) } },
      `${named}: found a payload of 32777 bytes as JSON, wanted at most 32768. Put the data where it can be read, and a reference to it into the payload.`,
      'EVENT_TOO_LARGE',
    );
  });

  const cases: readonly [string, object, string][] = [
    [
      'an id that is no UUID',
      { id: 'seventeen' },
      'Cannot append event "seventeen" of type "flight.delayed": found the id "seventeen", wanted a UUID in lower case. createId() makes one.',
    ],
    [
      'an id in upper case',
      { id: id.toUpperCase() },
      `Cannot append event "${id.toUpperCase()}" of type "flight.delayed": found the id "${id.toUpperCase()}", wanted a UUID in lower case. createId() makes one.`,
    ],
    ...[
      '2026-03-01T12:00:00Z',
      '2026-03-01T12:00:00.000+01:00',
      '2026-02-30T12:00:00.000Z',
      '2026-03-01T25:00:00.000Z',
    ].map((time): [string, object, string] => [
      `the time ${time}`,
      { time },
      `${named}: found the time "${time}", wanted RFC 3339 in UTC with milliseconds. Date.prototype.toISOString() writes it so: 2026-11-23T08:30:00.000Z.`,
    ]),
    ['a missing label', { label: undefined }, `${named}: found undefined as label, wanted text. Set label.`],
    ['an empty source', { source: '' }, `${named}: found an empty source, wanted text. Set source.`],
    ['null for a target', { target: null }, `${named}: found null as target, wanted text. Set target.`],
    ['a number for a process', { process: 7 }, `${named}: found 7 as process, wanted text. Set process.`],
    [
      'a text that is too long',
      { subject: 'x'.repeat(513) },
      `${named}: found subject of 513 characters, wanted at most 512. Put what is long into the payload.`,
    ],
    [
      'half a surrogate pair',
      { target: '\ud83d' },
      `${named}: found half a surrogate pair in target, wanted well-formed Unicode. Do not cut text within a character; String.prototype.toWellFormed() mends it.`,
    ],
    ['a negative sequence', { sequence: -1 }, `${named}: found -1 as sequence, wanted a whole number from 0, or null.`],
    ['half a sequence', { sequence: 0.5 }, `${named}: found 0.5 as sequence, wanted a whole number from 0, or null.`],
    [
      'one class for a list of them',
      { classification: 'PII' },
      `${named}: found "PII" as classification, wanted a list. Without classes: [].`,
    ],
    [
      'a class that is no text',
      { classification: [null] },
      `${named}: found null as a class, wanted text. Set a class.`,
    ],
    ['too many classes', { classification: Array(65).fill('PII') }, `${named}: found 65 classes, wanted at most 64.`],
    [
      'a list for a payload',
      { payload: [] },
      `${named}: found a list as payload, wanted a JSON object. Without data: {}.`,
    ],
    [
      'a payload that is no JSON',
      { payload: { count: 1n } },
      `${named}: found a payload that is not JSON (Do not know how to serialize a BigInt), wanted a JSON object.`,
    ],
    [
      'a payload that turns into something else',
      { payload: new Date(0) },
      `${named}: found a payload whose toJSON() gives no object, wanted a JSON object.`,
    ],
  ];
  for (const [what, attributes, message] of cases) test(`refuses ${what}`, () => refuses(attributes, message));

  test('refuses what is no event at all', () => {
    const nothing = null as unknown as MeshEvent;
    const message = 'Cannot append an event: found null, wanted an object.';
    assert.throws(() => checkEvent(nothing), { code: 'EVENT_INVALID', message });
  });
});

function refuses(attributes: object, message: string, code = 'EVENT_INVALID'): void {
  assert.throws(() => checkEvent({ ...dataEvent({ id }), ...attributes }), { code, message });
}
