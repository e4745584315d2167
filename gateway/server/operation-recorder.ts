/**
 * Records operations to a file, to be tried on another policy (`weft policy replay`): each different one once, without the values
 * that were given. For whoever switches it on; it does its work beside the requests.
 */
import { createHash } from 'node:crypto';
import { appendFile, chmod, open, readFile } from 'node:fs/promises';
import type { RequestLimits } from '../../mesh/core/config.ts';
import { WeftError, messageOf } from '../../mesh/core/error.ts';
import { limits } from '../../mesh/core/limits.ts';
import { Recent } from '../../mesh/core/recent.ts';
import type { Governance } from '../../mesh/policy/governance.ts';
import { createEnrol } from '../../mesh/policy/roster.ts';
import type { Path } from '../../mesh/policy/reads.ts';
import { subjectReads } from '../../mesh/policy/subject-reads.ts';
import { type ParsedDocument, parseDocument, selectOperation } from '../plan/document.ts';
import { recordDocument, recordSubject, recordVariables } from '../simulate/recording.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { type OperationRequest, isStream } from './operation.ts';
import type { Pipeline } from './pipeline.ts';

export interface OperationRecorderOptions {
  readonly file: string;
  readonly supergraph: Supergraph;
  readonly governance: Governance;
  readonly limits: RequestLimits;
  /** Told, in a line, where nothing more is recorded. */
  readonly note: (line: string) => void;
}

export interface OperationRecorder {
  /** The pipeline, what it takes being recorded. */
  watch(pipeline: Pipeline): Pipeline;
  /** Writes what is left and stops. */
  close(): Promise<void>;
}

/** Goes on with a file that is there. Nobody but its owner may read it. Throws `STORE_UNAVAILABLE`. */
export async function openOperationRecorder(options: OperationRecorderOptions): Promise<OperationRecorder> {
  const { file, note } = options;
  const { seen, bytes } = await openFile(file);
  let [size, isFull] = [bytes, false];
  let { governance } = options;
  let writer = createLineWriter(options);
  let waiting: OperationRequest[] = [];
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> = Promise.resolve();

  const stop = (why: string): void => {
    if (!isFull) note(`operations are not recorded any more: ${why}`);
    isFull = true;
  };
  /** The lines that are not in the file yet. */
  const take = (): readonly string[] => {
    const requests = waiting;
    [waiting, timer] = [[], null];
    return requests.flatMap((request) => {
      const line = writer(request);
      const key = line && hashOf(line);
      if (line === null || key === null || seen.has(key) || isFull) return [];
      if (seen.size >= limits.recordingsMax) stop(`"${file}" holds ${limits.recordingsMax}`);
      else if (size + line.length > limits.recordingsBytesMax) stop(`"${file}" holds ${size} bytes`);
      if (isFull) return [];
      seen.add(key);
      size += Buffer.byteLength(line);
      return [line];
    });
  };
  const flush = (): Promise<void> => {
    const lines = take();
    if (lines.length === 0) return writing;
    return (writing = writing.then(() => appendFile(file, lines.join('')).catch((error) => stop(messageOf(error)))));
  };
  const record = (request: OperationRequest): void => {
    if (isFull || waiting.length >= limits.recordingsQueuedMax) return;
    waiting.push(request);
    timer ??= setTimeout(() => void flush(), limits.recordingsFlushMs).unref();
  };

  return {
    watch: (pipeline) =>
      watchPipeline(pipeline, record, ({ supergraph, ...parts }) => {
        // What waits was asked of the one before.
        void flush();
        governance = parts.governance ?? governance;
        writer = createLineWriter({ ...options, supergraph, governance });
      }),
    async close() {
      if (timer !== null) clearTimeout(timer);
      await flush();
    },
  };
}

function watchPipeline(
  pipeline: Pipeline,
  record: (request: OperationRequest) => void,
  onSwap: (parts: Parameters<Pipeline['swap']>[0]) => void,
): Pipeline {
  const answer: Pipeline['answer'] = async (request, signal) => {
    const answered = await pipeline.answer(request, signal);
    if (answered.executed) record(request);
    return answered;
  };
  return {
    ...pipeline,
    answer,
    execute: answer,
    async subscribe(request, signal) {
      const outcome = await pipeline.subscribe(request, signal);
      if (isStream(outcome) || outcome.executed) record(request);
      return outcome;
    },
    async swap(parts, signal) {
      await pipeline.swap(parts, signal);
      onSwap(parts);
    },
  };
}

/** Known lines by their hash, whoever wrote them. */
async function openFile(file: string): Promise<{ readonly seen: Set<string>; readonly bytes: number }> {
  try {
    const handle = await open(file, 'a', 0o600);
    const { size } = await handle.stat().finally(() => handle.close());
    await chmod(file, 0o600);
    if (size > limits.recordingsBytesMax) return { seen: new Set(), bytes: size };
    const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
    return { seen: new Set(lines.map((line) => hashOf(`${line}\n`))), bytes: size };
  } catch (cause) {
    throw new WeftError('STORE_UNAVAILABLE', {
      action: `Cannot record operations to "${file}"`,
      found: messageOf(cause),
      fix: 'Name a file that can be written to in policy.record, or remove it.',
      at: { file },
      cause,
    });
  }
}

function hashOf(line: string): string {
  return createHash('sha256').update(line).digest('base64');
}

/** A line for a request; `null` where it is too large, or no operation of the supergraph. */
function createLineWriter({
  supergraph,
  governance,
  limits: bounds,
}: Pick<OperationRecorderOptions, 'supergraph' | 'governance' | 'limits'>): (
  request: OperationRequest,
) => string | null {
  const paths: readonly Path[] = subjectReads(supergraph.rules, governance);
  const enrol = createEnrol(governance.roster);
  const schema = supergraph.planner.apiSchema;
  const documents = new Recent<{ readonly document: ParsedDocument; readonly texts: Map<string, string> }>(
    limits.recordedDocumentsMax,
  );
  return ({ query, operationName, variables, subject }) => {
    try {
      const { document, texts } = documents.get(query, () => ({
        document: parseDocument(query, { schema, limits: bounds }),
        texts: new Map<string, string>(),
      }));
      const operation = selectOperation(document, operationName);
      const name = operation.name?.value ?? '';
      const text = texts.get(name) ?? recordDocument(document.ast, operation, schema);
      texts.set(name, text);
      const line = `${JSON.stringify({
        document: text,
        operationName: operation.name?.value ?? null,
        variables: recordVariables(variables, operation, { schema, conditions: document.conditions }),
        subject: recordSubject(enrol(subject), paths),
      })}\n`;
      return Buffer.byteLength(line) > limits.recordingBytesMax ? null : line;
    } catch {
      // The supergraph has changed since, the subject was withdrawn, or claims cannot be written down: it is not recorded.
      return null;
    }
  };
}
