/** What a verb of `weft` is: what it takes, and what it does. One file of `cli/` exports one as `command`. */
import type { Output } from './output.ts';

/** A flag of a verb. A verb has `--format`, `--help` and `--version` by itself. */
export interface Flag {
  /** `switch` takes no value, `port` a number from 0 to 65535, `text` anything. */
  readonly kind: 'switch' | 'port' | 'text';
  /** Stands for the value in help, in capitals: `FILE`. Default: by the kind. */
  readonly value?: string;
  /** The verb does not run without it. */
  readonly required?: boolean;
  /** One line in help; what is so when the flag is not given belongs to it. */
  readonly description: string;
}

/** What a flag's value is once it was read. One that was not given is `undefined`, a switch `false`. */
export type FlagValue<Of extends Flag = Flag> =
  | ValueOf<Of['kind']>
  | (Of['kind'] extends 'switch' ? never : Of['required'] extends true ? never : undefined);

type ValueOf<Kind extends Flag['kind']> = Kind extends 'switch' ? boolean : Kind extends 'port' ? number : string;

export type Flags = Readonly<Record<string, Flag>>;

/** One call of a verb, its words read and checked. */
export interface Invocation<Of extends Flags = Flags> {
  readonly flags: { readonly [Name in keyof Of]: FlagValue<Of[Name]> };
  /** As many as the command asks for. */
  readonly operands: readonly string[];
  readonly output: Output;
}

export interface Command<Of extends Flags = Flags> {
  /** A sentence or a few on what the verb does, for `weft help VERB`. */
  readonly description: string;
  /** Names of the words that follow the verb, in capitals: `['DOMAIN']`. Default none; all are required, but for a last one as `FILE…`, of which there may be any number. */
  readonly operands?: readonly string[];
  /** By name, without dashes. */
  readonly flags: Of;
  /** Does it, and answers with the exit status when it is over. What it throws is reported and ends with its code's status. */
  run(invocation: Invocation<Of>): Promise<number>;
}

/** Declares a verb; the flags' values in `run` have the types that the declaration gives them. */
export function defineCommand<const Of extends Flags>(command: Command<Of>): Command {
  return command;
}

/** Flags that several verbs share. */
export const commonFlags = {
  config: { kind: 'text', value: 'FILE', description: 'configuration; by default weft.yaml if there is one' },
  host: { kind: 'text', value: 'ADDRESS', description: 'address to listen on; by default 127.0.0.1' },
  port: { kind: 'port', description: 'port to listen on, 0 for a free one; by default 4000' },
  data: { kind: 'text', value: 'FOLDER', description: 'folder of the embedded stores; by default .weft' },
} as const satisfies Flags;
