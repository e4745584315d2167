/** Command lines: what they mean, and what is said about wrong ones. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { helpOf, parseRequest, parseWords, takeFormat } from '../../cli/arguments.ts';
import { commonFlags, defineCommand } from '../../cli/command.ts';

const verbs = ['start', 'gateway'];

const command = defineCommand({
  description: 'Serves one thing.',
  operands: ['THING'],
  flags: {
    ...commonFlags,
    supergraph: { kind: 'text', value: 'FILE', required: true, description: 'what to serve' },
    once: { kind: 'switch', description: 'stop after one request' },
  },
  run: async ({ flags }) => (flags.once ? (flags.port ?? 0) : flags.supergraph.length),
});

const read = (...words: string[]) => parseWords('serve', command, words);
const refused = (...words: string[]) => {
  try {
    read(...words);
  } catch (error) {
    assert.ok(error instanceof Error && 'code' in error);
    assert.equal(error.code, 'USAGE_INVALID');
    return error.message;
  }
  throw new assert.AssertionError({ message: `Accepted: ${words.join(' ')}` });
};

describe('parseRequest()', () => {
  test('splits a command line into the verb and its words', () => {
    assert.deepEqual(parseRequest(['start', '--port', '1'], verbs), { verb: 'start', words: ['--port', '1'] });
    assert.deepEqual(parseRequest(['--version'], verbs), { verb: 'version', words: [] });
  });

  test('understands every way to ask for help', () => {
    for (const words of [[], ['help'], ['--help'], ['-h']]) {
      assert.deepEqual(parseRequest(words, verbs), { verb: 'help', words: [] });
    }
    for (const words of [
      ['help', 'start'],
      ['start', '--help'],
      ['--help', 'start'],
      ['start', '-h'],
    ]) {
      assert.deepEqual(parseRequest(words, verbs), { verb: 'help', words: ['start'] });
    }
  });

  test('takes verbs of two words', () => {
    const known = [...verbs, 'policy test', 'policy diff'];
    assert.deepEqual(parseRequest(['policy', 'test', 'a'], known), { verb: 'policy test', words: ['a'] });
    assert.deepEqual(parseRequest(['help', 'policy', 'test'], known), { verb: 'help', words: ['policy test'] });
    assert.deepEqual(parseRequest(['policy', 'diff', '-h'], known), { verb: 'help', words: ['policy diff'] });
    assert.throws(() => parseRequest(['policy', 'tests'], known), /Did you mean "policy test"\?/);
    assert.throws(() => parseRequest(['policy'], known), { code: 'USAGE_INVALID' });
  });

  test('refuses an unknown verb and names the closest', () => {
    assert.throws(() => parseRequest(['gatway'], verbs), {
      code: 'USAGE_INVALID',
      message:
        'Cannot run "weft gatway": found an unknown verb, wanted one of start, gateway, help, version. Did you mean "gateway"?',
    });
    assert.throws(() => parseRequest(['--port'], verbs), /found a flag in place of a verb/);
    assert.throws(() => parseRequest(['help', 'strat'], verbs), /Did you mean "start"\?/);
  });
});

test('parseWords() takes any number of operands where the command does', () => {
  const many = { ...command, operands: ['THING', 'FILE…'], flags: {} };
  assert.deepEqual(parseWords('serve', many, ['a']).operands, ['a']);
  assert.deepEqual(parseWords('serve', many, ['a', 'b', 'c']).operands, ['a', 'b', 'c']);
  assert.throws(() => parseWords('serve', many, []), /found no THING/);
  assert.match(helpOf('serve', many), /^weft serve THING \[FILE…\] \[flags\]$/m);
});

describe('takeFormat()', () => {
  test('takes the format out wherever it stands; the last one counts', () => {
    assert.deepEqual(takeFormat(['start', '--format', 'json', '--port', '1']), {
      format: 'json',
      rest: ['start', '--port', '1'],
    });
    assert.deepEqual(takeFormat(['--format=json', 'a', '--format=text']), { format: 'text', rest: ['a'] });
    assert.deepEqual(takeFormat([]), { format: 'text', rest: [] });
  });

  test('refuses another format', () => {
    const message = (found: string) => `Cannot read "--format": found ${found}, wanted "text" or "json".`;
    assert.throws(() => takeFormat(['--format', 'xml']), { code: 'USAGE_INVALID', message: message('"xml"') });
    assert.throws(() => takeFormat(['--format']), { message: message('nothing') });
  });
});

describe('parseWords()', () => {
  test('reads flags by their kinds', () => {
    assert.deepEqual(read('lake', '--supergraph', 'a.graphql', '--port=0', '--once'), {
      flags: { once: true, port: 0, supergraph: 'a.graphql' },
      operands: ['lake'],
    });
  });

  test('leaves a flag that is not given undefined, a switch false', () => {
    assert.deepEqual(read('--supergraph', 'a', 'lake').flags, { once: false, supergraph: 'a' });
  });

  test('lets the last of two values count', () => {
    assert.equal(read('lake', '--supergraph=a', '--port', '1', '--port', '2').flags['port'], 2);
  });

  test('takes what follows -- as words', () => {
    assert.deepEqual(read('--supergraph', 'a', '--', '--lake').operands, ['--lake']);
  });

  test('refuses an unknown flag and names the closest', () => {
    assert.equal(refused('--prot', '1'), 'Cannot read "--prot": found an unknown flag. Did you mean "--port"?');
    assert.equal(refused('-p', '1'), 'Cannot read "-p": found an unknown flag. See: weft help serve');
    assert.match(refused('--constructor'), /found an unknown flag/);
  });

  test('refuses a flag without its value', () => {
    const message = 'Cannot read "--config": found nothing, wanted a value: --config FILE. See: weft help serve';
    assert.equal(refused('--config'), message);
    assert.equal(refused('--config='), message);
    assert.match(refused('--config', '--once'), /^Cannot read "--config": found "--once"/);
  });

  test('refuses a port that is none', () => {
    for (const port of ['http', '65536', '1.5', '0x1']) {
      assert.equal(refused('--port', port), `Cannot read "--port": found "${port}", wanted a port from 0 to 65535.`);
    }
  });

  test('refuses a switch with a value', () => {
    assert.match(refused('--once=yes'), /^Cannot read "--once": found "yes", wanted no value\./);
  });

  test('refuses a missing operand, a surplus one and a missing flag', () => {
    assert.match(refused('--supergraph', 'a'), /found no THING, wanted THING\. See: weft help serve$/);
    assert.match(refused('lake', 'pond', '--supergraph', 'a'), /found "pond", wanted THING\./);
    assert.match(refused('lake'), /^Cannot run "weft serve": found no "--supergraph FILE"\./);
  });
});

test('helpOf() shows how the verb is called and every flag', () => {
  assert.equal(
    helpOf('serve', command),
    `weft serve THING --supergraph FILE [flags]

Serves one thing.

  --config FILE       configuration; by default weft.yaml if there is one
  --host ADDRESS      address to listen on; by default 127.0.0.1
  --port PORT         port to listen on, 0 for a free one; by default 4000
  --data FOLDER       folder of the embedded stores; by default .weft
  --supergraph FILE   what to serve
  --once              stop after one request
  --format text|json  how results and errors are written; by default text`,
  );
});
