/** From the words of a command line to a call of a verb; wrong words become `USAGE_INVALID` with a way out. */
import { parseArgs } from 'node:util';

import { type ErrorParts, WeftError } from '../mesh/core/error.ts';
import type { Command, Flag, Flags, FlagValue, Invocation } from './command.ts';
import { type Format, isFormat } from './output.ts';
import { suggest } from './suggest.ts';

/** Takes `--format` out of a command line, wherever it stands. Throws `USAGE_INVALID` for one that is unknown. */
export function takeFormat(argv: readonly string[]): { readonly format: Format; readonly rest: readonly string[] } {
  const rest = [...argv];
  let format: Format = 'text';
  for (let index = rest.findIndex(isFormatFlag); index >= 0; index = rest.findIndex(isFormatFlag)) {
    const [flag = '', value] = rest.splice(index, rest[index]?.includes('=') ? 1 : 2);
    const named = flag.includes('=') ? flag.slice(flag.indexOf('=') + 1) : value;
    if (!isFormat(named)) {
      throw usage({ action: 'Cannot read "--format"', found: quote(named), wanted: '"text" or "json"' });
    }
    format = named;
  }
  return { format, rest };
}

/** What is asked for: a verb and its words, or `help` with the verb that it is about if one was named, or `version`. */
export interface Request {
  readonly verb: string;
  readonly words: readonly string[];
}

/**
 * Splits a command line into the verb, of one word or two, and its words. `--help` anywhere makes it `help`, `--version` makes it
 * `version`. Throws `USAGE_INVALID` for a verb that is none of the given.
 */
export function parseRequest(argv: readonly string[], verbs: readonly string[]): Request {
  const [first] = argv;
  const asksHelp = first === undefined || first === 'help' || argv.includes('--help') || argv.includes('-h');
  if (asksHelp) {
    const about = argv.filter((word) => !word.startsWith('-') && word !== 'help');
    return { verb: 'help', words: about.length === 0 ? [] : [takeVerb(about, verbs).verb] };
  }
  if (argv.includes('--version')) return { verb: 'version', words: [] };
  return takeVerb(argv, verbs);
}

function takeVerb([first = '', second, ...rest]: readonly string[], verbs: readonly string[]): Request {
  const isGroup = verbs.some((verb) => verb.startsWith(`${first} `));
  if (!isGroup) return { verb: knownVerb(first, verbs), words: second === undefined ? rest : [second, ...rest] };
  return { verb: knownVerb(second === undefined ? first : `${first} ${second}`, verbs), words: rest };
}

/** Reads a verb's own words. Throws `USAGE_INVALID`. */
export function parseWords(
  verb: string,
  command: Command,
  words: readonly string[],
): Pick<Invocation, 'flags' | 'operands'> {
  const see = `See: weft help ${verb}`;
  const options = Object.fromEntries(
    Object.entries(command.flags).map(([name, { kind }]) => [name, { type: typeOf(kind) }] as const),
  );
  // Not strict: what is wrong with a word is said below, in our words.
  const { tokens } = parseArgs({ args: [...words], options, strict: false, allowPositionals: true, tokens: true });

  const values: Record<string, FlagValue> = {};
  for (const [name, { kind }] of Object.entries(command.flags)) if (kind === 'switch') values[name] = false;
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind === 'option') values[token.name] = flagValue(command.flags, token, see);
  }
  assertOperands(command.operands ?? [], operands, see);
  for (const [name, { required, value = 'VALUE' }] of Object.entries(command.flags)) {
    if (!required || values[name] !== undefined) continue;
    throw usage({ action: `Cannot run "weft ${verb}"`, found: `no "--${name} ${value}"`, fix: see });
  }
  return { flags: values, operands };
}

/** What `weft help` prints; `weft help VERB` when a command is given. */
export function helpOf(verb: string, command: Command): string {
  const own = Object.entries(command.flags).map(([name, flag]) => [flagUsage(name, flag), flag.description] as const);
  const words = [
    ...(command.operands ?? []).map((operand) => (operand.endsWith('…') ? `[${operand}]` : operand)),
    ...Object.entries(command.flags)
      .filter(([, flag]) => flag.required)
      .map(([name, flag]) => flagUsage(name, flag)),
  ];
  return [
    `weft ${[verb, ...words, '[flags]'].join(' ')}`,
    '',
    command.description,
    '',
    ...alignRows([...own, ['--format text|json', 'how results and errors are written; by default text']], '  '),
  ].join('\n');
}

/** Rows of two cells as lines, the second cells below each other. */
export function alignRows(rows: readonly (readonly [string, string])[], indent = ''): readonly string[] {
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${indent}${left.padEnd(width)}  ${right}`);
}

function isFormatFlag(word: string): boolean {
  return word === '--format' || word.startsWith('--format=');
}

function knownVerb(verb: string, verbs: readonly string[]): string {
  const known = [...verbs, 'help', 'version'];
  if (known.includes(verb)) return verb;
  throw usage({
    action: `Cannot run "weft ${verb}"`,
    found: verb.startsWith('-') ? 'a flag in place of a verb' : 'an unknown verb',
    wanted: `one of ${known.join(', ')}`,
    fix: suggest(verb, known) ?? 'See: weft help',
  });
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function flagValue(flags: Flags, token: OptionToken, see: string): FlagValue {
  const { name, rawName, value, inlineValue } = token;
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
  const action = `Cannot read "${rawName}"`;
  if (flag === undefined || !rawName.startsWith('--')) {
    throw usage({ action, found: 'an unknown flag', fix: suggestFlag(name, flags) ?? see });
  }
  if (flag.kind === 'switch') {
    if (value === undefined) return true;
    throw usage({ action, found: quote(value), wanted: 'no value', fix: see });
  }
  if (value === undefined || value === '' || (!inlineValue && value.startsWith('-'))) {
    throw usage({ action, found: quote(value), wanted: `a value: ${flagUsage(name, flag)}`, fix: see });
  }
  if (flag.kind === 'text') return value;
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65535) return Number(value);
  throw usage({ action, found: quote(value), wanted: 'a port from 0 to 65535' });
}

function suggestFlag(name: string, flags: Flags): string | undefined {
  return suggest(
    `--${name}`,
    [...Object.keys(flags), 'format', 'help', 'version'].map((known) => `--${known}`),
  );
}

function assertOperands(wanted: readonly string[], operands: readonly string[], see: string): void {
  if (operands.length === wanted.length) return;
  // As many as there are, or none: `FILE…`.
  if (wanted.at(-1)?.endsWith('…') === true && operands.length >= wanted.length - 1) return;
  const surplus = operands[wanted.length];
  throw usage({
    action: 'Cannot read the command line',
    found: surplus === undefined ? `no ${wanted[operands.length]}` : `"${surplus}"`,
    wanted: wanted.length === 0 ? 'flags only' : wanted.join(' '),
    fix: see,
  });
}

function flagUsage(name: string, { kind, value }: Flag): string {
  return kind === 'switch' ? `--${name}` : `--${name} ${value ?? (kind === 'port' ? 'PORT' : 'VALUE')}`;
}

function typeOf(kind: Flag['kind']): 'boolean' | 'string' {
  return kind === 'switch' ? 'boolean' : 'string';
}

function quote(value: string | undefined): string {
  return value === undefined || value === '' ? 'nothing' : `"${value}"`;
}

function usage(parts: ErrorParts): WeftError {
  return new WeftError('USAGE_INVALID', parts);
}
