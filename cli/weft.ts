/** `weft VERB`: finds the verb, reads its words, runs it, and turns what it throws into an exit status. */
import manifest from '../package.json' with { type: 'json' };
import { readEnvironment } from '../mesh/core/config.ts';
import { alignRows, helpOf, parseRequest, parseWords, takeFormat } from './arguments.ts';
import { type Format, type Output, createOutput } from './output.ts';
import { type Verb, verbs } from './verbs.ts';

let output = outputIn('text');
process.once('uncaughtException', (error) => process.exit(output.failure(error)));
// Whoever reads the results may stop early, as `head` does.
process.stdout.on('error', () => process.exit(0));

const exit = await main(process.argv.slice(2)).catch((error: unknown) => output.failure(error));
process.stdout.write('', () => process.exit(exit));

async function main(argv: readonly string[]): Promise<number> {
  const { format, rest } = takeFormat(argv);
  output = outputIn(format);
  const request = parseRequest(rest, Object.keys(verbs));

  const named = request.verb === 'help' ? request.words[0] : request.verb;
  const verb = named === undefined ? undefined : verbs[named];
  if (request.verb === 'version') return print('version', manifest.version);
  if (named === undefined || verb === undefined) return print('help', help());
  const { command } = await verb.load();
  if (request.verb === 'help') return print('help', helpOf(named, command));
  return command.run({ ...parseWords(named, command, request.words), output });
}

function print(name: string, text: string): number {
  output.result({ text, json: { [name]: text } });
  return 0;
}

function help(): string {
  const rows = Object.entries(verbs).map(([name, { summary }]: [string, Verb]) => [name, summary] as const);
  return [
    'weft VERB [flags]',
    '',
    ...alignRows([...rows, ['help [VERB]', 'says what a verb does and takes']], '  '),
    '',
    'Results go to stdout, the rest to stderr. Exit status: 0 done · 1 a check failed · 2 usage or configuration ·',
    '3 this machine or a server it needs · 70 a bug of ours.',
  ].join('\n');
}

function outputIn(format: Format): Output {
  const color = process.stderr.isTTY && readEnvironment('NO_COLOR') === undefined;
  return createOutput({ stdout: process.stdout, stderr: process.stderr, format, color });
}
