/** What is written, where, and with which exit status. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { type Format, createOutput } from '../../cli/output.ts';
import { WeftError } from '../../mesh/core/error.ts';

function written({ format = 'text', color = false }: { format?: Format; color?: boolean } = {}) {
  const texts = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof texts) => ({ write: (text: string) => (texts[name] += text) });
  return { texts, output: createOutput({ stdout: sink('stdout'), stderr: sink('stderr'), format, color }) };
}

const mistake = new WeftError('CONFIG_INVALID', {
  action: 'Cannot use "port"',
  found: '"x"',
  wanted: 'a whole number',
  at: { file: 'weft.yaml', line: 1, column: 7, frame: '> 1 | port: x\n    |       ^' },
});

describe('output', () => {
  test('writes results on stdout in the format asked for, and nothing else there', () => {
    const result = { text: 'type Query', json: { sdl: 'type Query' } };
    for (const [format, expected] of [
      ['text', 'type Query\n'],
      ['json', '{"sdl":"type Query"}\n'],
    ] as const) {
      const { texts, output } = written({ format });
      output.note('composing');
      output.failure(mistake);
      assert.equal(texts.stdout, '');
      output.result(result);
      assert.equal(texts.stdout, expected);
    }
  });

  test('says what has started with names and values below each other', () => {
    const { texts, output } = written();
    output.ready(
      [
        ['gateway', 'http://127.0.0.1:4000/graphql'],
        ['log', '.weft/log.db'],
      ],
      812.4,
    );
    assert.equal(texts.stderr, '  gateway  http://127.0.0.1:4000/graphql\n  log      .weft/log.db\nReady in 812 ms\n');
  });

  test('shows control characters as what they are, wherever text comes from', () => {
    const evil = 'a\r\u001b[2J\u0000\u009b31m\u202eb';
    const shown = 'a\\u000d\\u001b[2J\\u0000\\u009b31m\\u202eb';
    const { texts, output } = written();
    output.result({ text: `${evil}\tc\nd`, json: null });
    assert.equal(texts.stdout, `${shown}\tc\nd\n`);
    output.note(`${evil}\nReady in 5 ms`);
    output.ready([['log', evil]], 1);
    output.failure(
      new WeftError('CONFIG_INVALID', { action: evil, at: { file: evil, frame: evil }, cause: new Error(evil) }),
    );
    output.failure(new Error(evil));
    assert.ok(texts.stderr.startsWith(`${shown}\n  Ready in 5 ms\n`), 'what another line says stands in');
    for (const character of '\r\u001b\u0000\u009b\u202e') assert.equal(texts.stderr.includes(character), false);
  });

  test('uses colours only when told that a person reads', () => {
    const { texts, output } = written({ color: true });
    output.failure(mistake);
    assert.ok(texts.stderr.startsWith('\u001B[31;1mCONFIG_INVALID\u001B[0m  Cannot'));
    const plain = written();
    plain.output.failure(mistake);
    assert.ok(!plain.texts.stderr.includes('\u001B'));
  });
});

describe('failure()', () => {
  test('writes code, sentence, place and frame for a person', () => {
    const { texts, output } = written();
    assert.equal(output.failure(mistake), 2);
    assert.equal(
      texts.stderr,
      'CONFIG_INVALID  Cannot use "port": found "x", wanted a whole number.\n' +
        '  at weft.yaml:1:7\n  > 1 | port: x\n      |       ^\n',
    );
  });

  test('writes one line of JSON for a program', () => {
    const { texts, output } = written({ format: 'json' });
    assert.equal(output.failure(mistake), 2);
    assert.deepEqual(JSON.parse(texts.stderr), {
      errors: [
        {
          code: 'CONFIG_INVALID',
          message: 'Cannot use "port": found "x", wanted a whole number.',
          at: { file: 'weft.yaml', line: 1, column: 7 },
        },
      ],
    });
    assert.equal(texts.stderr.indexOf('\n'), texts.stderr.length - 1);
  });

  test('writes each of several mistakes', () => {
    const { texts, output } = written();
    const other = new WeftError('CONFIG_INVALID', { action: 'Cannot use "host"' });
    const all = new WeftError('CONFIG_INVALID', {
      action: 'Cannot use config file "weft.yaml"',
      cause: new AggregateError([mistake, other]),
    });
    assert.equal(output.failure(all), 2);
    assert.equal(texts.stderr.match(/CONFIG_INVALID/g)?.length, 2);
    assert.match(texts.stderr, /\^\n\nCONFIG_INVALID {2}Cannot use "host"\.\n$/);
  });

  test('adds what lies beneath when the message does not say it', () => {
    const { texts, output } = written();
    const cause = new Error('file is not a database');
    output.failure(new WeftError('STORE_CORRUPT', { action: 'Cannot open "log.db"', cause }));
    assert.match(texts.stderr, /\n {2}because: file is not a database\n$/);
    const again = written();
    again.output.failure(new WeftError('STORE_CORRUPT', { action: `Cannot open: ${cause.message}`, cause }));
    assert.doesNotMatch(again.texts.stderr, /because/);
  });

  test('answers with the exit status of the code', () => {
    const { output } = written();
    assert.equal(output.failure(new WeftError('PORT_IN_USE', { action: 'Cannot listen' })), 3);
    assert.equal(output.failure(new WeftError('BAD_REQUEST', { action: 'Cannot ask' })), 1);
  });

  test('takes anything else for a bug of ours: 70, an id and the stack', () => {
    for (const bug of [new TypeError('x is undefined'), 'text', undefined]) {
      const { texts, output } = written();
      assert.equal(output.failure(bug), 70);
      assert.match(texts.stderr, /^INTERNAL_SERVER_ERROR {2}Weft met a bug of its own: /);
      assert.match(texts.stderr, /this id: [0-9a-f]{8}-[0-9a-f]{4}-7/);
      if (bug instanceof Error) assert.match(texts.stderr, /output\.test\.ts/);
    }
  });
});
