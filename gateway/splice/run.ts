/** Runs a program for one request: each group is called as soon as those it depends on have answered. */
import { ChurnMap } from '../../mesh/core/churn.ts';
import type { JsonObject } from '../../mesh/core/json.ts';
import { limits } from '../../mesh/core/limits.ts';
import { numberOf } from '../../mesh/core/subject.ts';
import type { Subgraph } from '../../mesh/core/subgraph.ts';
import type { ExecutionContext } from '../execute/run.ts';
import { type CallWaiter, type OpenCalls, SharedCall } from './call.ts';
import type { Gathered } from './emit.ts';
import { numberRows } from './lookup.ts';
import type { Lookup, Program, ProgramGroup } from './program.ts';
import { type Replay, createReplay } from './replay.ts';
import type { Scan } from './scan.ts';

/** A program with the calls that its requests share. */
export interface RunningProgram {
  readonly program: Program;
  /** By group. */
  readonly open: readonly OpenCalls[];
  /** Requests in a row that could not be answered. */
  misses: number;
}

/** An answer, or what is needed to find it the general way. */
export type Outcome = Spliced | Replay;

export interface Spliced {
  /** One character a byte: it goes out as it is. */
  readonly body: string;
}

export function startProgram(program: Program): RunningProgram {
  return { program, open: program.groups.map(() => new ChurnMap()), misses: 0 };
}

/** Whether it is worth a try: every subgraph gives bytes, and has lately written them as expected. */
export function mayRun({ program, misses }: RunningProgram, { subgraphs }: ExecutionContext): boolean {
  if (misses > limits.spliceMissesMax) return false;
  return program.groups.every(({ group }) => subgraphs.get(group.subgraph)?.givesBytes === true);
}

/** Answers a request. What fails at subgraphs is left to the general way; it rejects only for a fault of ours. */
export function runProgram(running: RunningProgram, context: ExecutionContext): Promise<Outcome> {
  return new Promise((resolve, reject) => new Run(running, context, { resolve, reject }).start());
}

interface Asker {
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

const noRows: number[] = [];

class Run implements CallWaiter, Gathered {
  readonly texts: string[];
  readonly rows: number[][];
  readonly joined: number[][];
  readonly #running: RunningProgram;
  readonly #context: ExecutionContext;
  readonly #asker: Asker;
  /** By group: how many it waits for. */
  readonly #waiting: number[];
  readonly #calls: SharedCall[] = [];
  /** By part. */
  readonly #scans: Scan[] = [];
  readonly #partition: string;
  readonly #onAbort = (): void => this.#abort();
  #left: number;
  #isOver = false;

  constructor(running: RunningProgram, context: ExecutionContext, asker: Asker) {
    const { groups, partCount, tableCount, joinCount } = running.program;
    this.#running = running;
    this.#context = context;
    this.#asker = asker;
    this.texts = Array.from<string>({ length: partCount }).fill('');
    this.rows = Array.from({ length: tableCount }, () => noRows);
    this.joined = Array.from({ length: joinCount }, () => noRows);
    this.#waiting = groups.map(({ group }) => group.dependencyCount);
    this.#left = groups.length;
    this.#partition = partitionOf(context);
  }

  start(): void {
    if (this.#context.signal.aborted) return this.#abort();
    this.#context.signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#running.program.groups.forEach(({ group }, index) => {
      if (group.dependencyCount === 0) this.#ask(index);
    });
  }

  answered(call: SharedCall, scans: readonly Scan[] | null): void {
    if (this.#isOver) return;
    if (scans === null) return this.#giveUp();
    try {
      this.#take(call, scans);
      this.#done(call.group);
    } catch (error) {
      this.#end();
      this.#asker.reject(error);
    }
  }

  #take(call: SharedCall, scans: readonly Scan[]): void {
    call.group.parts.forEach((part, index) => {
      const scan = scans[index];
      if (scan === undefined) return;
      this.texts[part.number] = scan.text;
      scan.tables.rows.forEach((rows, table) => (this.rows[part.tables + table] = rows));
      this.#scans[part.number] = scan;
    });
  }

  #done({ group }: ProgramGroup): void {
    this.#left--;
    for (const position of group.dependents) {
      const waiting = (this.#waiting[position] ?? 0) - 1;
      this.#waiting[position] = waiting;
      if (waiting === 0) this.#ask(position);
    }
    if (this.#left === 0 && !this.#isOver) this.#finish();
  }

  #ask(index: number): void {
    const { program, open } = this.#running;
    const [group, calls] = [program.groups[index], open[index]];
    const subgraph = this.#context.subgraphs.get(group?.group.subgraph ?? '');
    if (group === undefined || calls === undefined || subgraph === undefined) return this.#giveUp();
    const variables = membersOf(group, this.#context.variables);
    const partition = variables + this.#partition + this.#viewOf(subgraph);
    const isLookup = group.parts[0]?.variablePrefix !== null;
    if (isLookup && this.#entityCount(group) === 0) return this.#done(group);

    const known = calls.get(partition);
    const call =
      known ?? new SharedCall({ group, subgraph, context: this.#context, partition, variables, open: calls });
    this.#calls.push(call);
    if (isLookup) this.#want(call, group);
    call.join(this);
    if (known !== undefined) return;
    // Requests that come to the same point in this turn of the event loop share the call.
    if (isLookup) setImmediate(() => call.send());
    else call.send();
  }

  /** What the subgraph sees beside variables and headers. */
  #viewOf({ name, seesSubject }: Subgraph): string {
    if (seesSubject === false) return '';
    const { subject, views } = this.#context;
    const view = views?.get(name);
    return `\n${numberOf(subject)}${view === undefined ? '' : ` ${numberOf(view)}`}`;
  }

  #entityCount({ parts }: ProgramGroup): number {
    let count = 0;
    for (const { lookups } of parts) for (const lookup of lookups) count += this.#firstsOf(lookup).length;
    return count;
  }

  /** Puts what the rows stand for into a call, and notes where in its answer each will be. */
  #want(call: SharedCall, { parts }: ProgramGroup): void {
    parts.forEach(({ lookups, stride }, part) => {
      for (const lookup of lookups) {
        // No `map`, as in `createTables`.
        const joined: number[] = [];
        for (const row of this.#firstsOf(lookup)) joined.push(call.want(part, lookup.represent(this, row)) * stride);
        this.joined[lookup.join] = joined;
      }
    });
  }

  #firstsOf({ key }: Lookup): readonly number[] {
    const scan = this.#scans[key.table.part];
    return scan === undefined ? [] : numberRows(scan, key);
  }

  #finish(): void {
    const { emit, end } = this.#running.program;
    const data = emit(this, this.#context.verdicts);
    // Where a row that is gone may not be null, more than it goes.
    if (data === null) return this.#giveUp();
    this.#end();
    this.#running.misses = 0;
    this.#asker.resolve({ body: `{"data":${data}${end}` });
  }

  #giveUp(): void {
    this.#end();
    this.#running.misses++;
    this.#asker.resolve(createReplay(this.#calls, this.#context));
  }

  #abort(): void {
    this.#end();
    for (const call of this.#calls) call.leave(this);
    this.#asker.resolve(createReplay(this.#calls, this.#context));
  }

  #end(): void {
    this.#isOver = true;
    this.#context.signal.removeEventListener('abort', this.#onAbort);
  }
}

/**
 * All of a request, beside its variables and its subject, that a call lets the subgraph see, and what it has to see of it.
 * Requests whose partitions differ never share a call.
 */
function partitionOf({ headers, writes = 0 }: ExecutionContext): string {
  return `\n${writes}\n${JSON.stringify(headers)}`;
}

/** The client's variables that a group uses, as members of a JSON object. */
function membersOf({ group }: ProgramGroup, variables: ExecutionContext['variables']): string {
  let members = '';
  for (const name of group.variables) {
    const value = variables[name] as JsonObject[string] | undefined;
    if (value !== undefined) members += `${members === '' ? '' : ','}${JSON.stringify(name)}:${JSON.stringify(value)}`;
  }
  return members;
}
