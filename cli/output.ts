/** What `weft` writes: results on stdout, everything else on stderr, each as text for a person or as JSON for a program. */
import { type SourceLocation, WeftError, isWeftError, messageOf } from '../mesh/core/error.ts';
import { createId } from '../mesh/core/id.ts';
import type { Json } from '../mesh/core/json.ts';

export type Format = 'text' | 'json';

/** Whether a word names a format. */
export function isFormat(word: unknown): word is Format {
  return word === 'text' || word === 'json';
}

/** A result in both forms. */
export interface Result {
  readonly text: string;
  readonly json: Json;
}

export interface Output {
  /** Writes a result, in the format that was asked for. */
  result(result: Result): void;
  /** Writes a line for whoever looks on. */
  note(text: string): void;
  /** Writes what has started: a line for each part, names and values below each other, and last `Ready in N ms`. */
  ready(parts: readonly (readonly [name: string, value: string])[], readyMs: number): void;
  /** Reports what was thrown and answers with the exit status that it stands for; 70 for anything but a `WeftError`. */
  failure(error: unknown): number;
}

/** A place to write to: stdout, stderr. */
export interface Sink {
  write(text: string): unknown;
}

export interface OutputOptions {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly format: Format;
  /** Whether stderr is read by a person at a terminal who has not asked for `NO_COLOR`. */
  readonly color: boolean;
}

/** Colours are used in failures and in what has started, never in results. Text shows control characters as what they are. */
export function createOutput({ stdout, stderr, format, color }: OutputOptions): Output {
  return {
    result({ text, json }) {
      stdout.write(`${format === 'json' ? JSON.stringify(json) : visible(text.trimEnd())}\n`);
    },
    note(text) {
      // A line of what somebody else chose must not pass for one of ours.
      stderr.write(`${visible(text).replaceAll('\n', '\n  ')}\n`);
    },
    ready(parts, readyMs) {
      const width = Math.max(0, ...parts.map(([name]) => name.length));
      const lines = parts.map(([name, value]) => `  ${paint('dim', name.padEnd(width), color)}  ${visible(value)}\n`);
      stderr.write(`${lines.join('')}Ready in ${Math.round(readyMs)} ms\n`);
    },
    failure(error) {
      const failures = failuresOf(error);
      if (format === 'json') stderr.write(`${JSON.stringify({ errors: failures.map(asJson) })}\n`);
      else stderr.write(`${failures.map((failure) => asText(failure, color)).join('\n\n')}\n`);
      return Math.max(...failures.map(({ exit }) => exit));
    },
  };
}

interface Failure {
  readonly code: string;
  readonly exit: number;
  readonly message: string;
  readonly at: SourceLocation | undefined;
  readonly cause: string | undefined;
  /** For a bug of ours: what to report it by. */
  readonly id?: string;
  readonly stack?: string;
}

/** One failure for each mistake: an error whose cause is an `AggregateError` of ours stands for those. */
function failuresOf(error: unknown): readonly Failure[] {
  if (!isWeftError(error) || error.code === 'INTERNAL_SERVER_ERROR') return [bugOf(error)];
  const { cause } = error;
  if (cause instanceof AggregateError && cause.errors.length > 0) return cause.errors.flatMap(failuresOf);
  return [{ code: error.code, exit: error.kind.exit, message: error.message, at: error.at, cause: causeOf(error) }];
}

/** The words of what lies beneath, unless the message carries them. */
function causeOf({ message, cause }: WeftError): string | undefined {
  const text = cause === undefined ? '' : messageOf(cause);
  return text === '' || message.includes(text.replace(/\.$/, '')) ? undefined : text;
}

function bugOf(error: unknown): Failure {
  return {
    code: 'INTERNAL_SERVER_ERROR',
    exit: 70,
    message: `Weft met a bug of its own: ${messageOf(error)}`,
    at: undefined,
    cause: undefined,
    id: createId(),
    ...(error instanceof Error && error.stack !== undefined && { stack: error.stack }),
  };
}

function asText({ code, message, at, cause, id, stack }: Failure, color: boolean): string {
  const lines = [`${paint('red', code, color)}  ${visible(message)}`];
  if (at !== undefined) lines.push(paint('dim', `  at ${visible(placeOf(at))}`, color));
  if (at?.frame !== undefined) lines.push(visible(at.frame).replaceAll(/^/gm, '  '));
  if (cause !== undefined) lines.push(`  because: ${visible(cause)}`);
  if (stack !== undefined) lines.push(visible(stack));
  if (id !== undefined) lines.push(`Please report it with the lines above and this id: ${id}`);
  return lines.join('\n');
}

function asJson({ code, message, at, cause, id, stack }: Failure): Json {
  const place = at && { file: at.file, line: at.line, column: at.column };
  return { code, message, at: place, cause, id, stack };
}

function placeOf({ file, line, column }: SourceLocation): string {
  return [file, line, column].filter((part) => part !== undefined).join(':');
}

/**
 * The text with everything shown that would steer a terminal, or turn the order of what is read: escape sequences,
 * carriage returns, and Unicode's own. Lines and tabs stay.
 */
function visible(text: string): string {
  return text.replaceAll(steering, (character) => {
    if (character === '\n' || character === '\t') return character;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

const steering = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

const paints = { red: '31;1', dim: '2' } as const;

function paint(name: keyof typeof paints, text: string, color: boolean): string {
  return color ? `\u001B[${paints[name]}m${text}\u001B[0m` : text;
}
