/** `weft policy replay`: recorded operations on the policy as it is and on another; who gains and who loses sight of what. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { type RecordedSubject, type Recording, parseRecording } from '../gateway/simulate/recording.ts';
import { type ReplayChange, type Replayed, replay } from '../gateway/simulate/replay.ts';
import { readEnvironment } from '../mesh/core/config.ts';
import { WeftError, messageOf } from '../mesh/core/error.ts';
import type { Json } from '../mesh/core/json.ts';
import { subjectReads } from '../mesh/policy/subject-reads.ts';
import { commonFlags, defineCommand } from './command.ts';
import { readConfig } from './config.ts';
import { type PolicyGround, openPolicyGround } from './policy-ground.ts';
import { verdictText } from './simulation-text.ts';

export const command = defineCommand({
  description:
    'Runs operations that a gateway recorded (policy.record) on the policy as it is and on another, and lists for each kind of ' +
    'subject and operation what is gained and lost. No subgraph is asked. Exit status: 0 nobody gains · 1 somebody does.',
  flags: {
    operations: {
      kind: 'text',
      value: 'FILE',
      description: 'recorded operations; by default the file that policy.record names',
    },
    against: {
      kind: 'text',
      value: 'FILE',
      description: 'the other supergraph; by default as the one it is set against',
    },
    'against-policies': {
      kind: 'text',
      value: 'FILE',
      description: 'the other policies; their classes count where the supergraph is composed',
    },
    'against-agreements': { kind: 'text', value: 'FILE', description: 'the other agreements' },
    supergraph: { kind: 'text', value: 'FILE', description: 'the supergraph as it is; by default it is composed' },
    config: commonFlags.config,
    'allow-gains': { kind: 'switch', description: 'exits with 0 when somebody gains, too' },
  },
  async run({ flags, output }) {
    const config = readConfig({ file: flags.config, readEnvironment });
    const others = [flags.against, flags['against-policies'], flags['against-agreements']];
    if (others.every((other) => other === undefined)) throw nothingElse();
    const recordings = readRecordings(flags.operations ?? config.policy.record);
    const base = { config, note: output.note };
    const before = await openPolicyGround({ ...base, supergraph: flags.supergraph });
    const after = await openPolicyGround({
      ...base,
      supergraph: flags.against ?? flags.supergraph,
      policies: flags['against-policies'],
      agreements: flags['against-agreements'],
    });
    noteUnrecorded(before, after, output.note);
    const replayed = recordings.map((recording) => replay(recording, before, { ...after, now: before.now }));
    const groups = groupsOf(replayed);
    output.result({
      text: textOf(recordings.length, groups, replayed),
      json: jsonOf(recordings.length, groups, replayed),
    });
    const isGained = groups.some(({ changes }) => changes.some(({ kind }) => kind === 'gains'));
    return isGained && !flags['allow-gains'] ? 1 : 0;
  },
});

function nothingElse(): WeftError {
  return new WeftError('USAGE_INVALID', {
    action: 'Cannot replay operations',
    found: 'no other policy to set the one in place against',
    wanted: '--against, --against-policies or --against-agreements',
  });
}

function readRecordings(file: string | null): readonly Recording[] {
  const action = `Cannot read recorded operations${file === null ? '' : ` from "${relative('', file) || file}"`}`;
  if (file === null) {
    const fix = 'Name it with --operations, or have operations recorded with policy.record.';
    throw new WeftError('USAGE_INVALID', { action, found: 'no file of them', fix });
  }
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new WeftError('USAGE_INVALID', { action, found: messageOf(cause), cause });
  }
  const lines = text.split('\n').map((line, index) => ({ line, at: { file, line: index + 1 } }));
  return lines.flatMap(({ line, at }) => {
    if (line.trim() === '') return [];
    const recording = parseRecording(line);
    if (recording !== null) return [recording];
    throw new WeftError('USAGE_INVALID', {
      action,
      found: line.slice(0, 60),
      wanted: 'a line that a gateway wrote: document, operationName, variables, subject',
      at,
    });
  });
}

/** What only the other policy reads of subjects was not recorded: its conditions do not hold then. */
function noteUnrecorded(before: PolicyGround, after: PolicyGround, note: (line: string) => void): void {
  const [known, read] = [before, after].map(({ supergraph, governance }) =>
    subjectReads(supergraph.rules, governance).map((path) => ['subject', ...path].join('.')),
  );
  const unknown = (read ?? []).filter(
    (path) => !(known ?? []).some((one) => path === one || path.startsWith(`${one}.`)),
  );
  if (unknown.length === 0) return;
  note(
    `warning: nothing was recorded of ${unknown.join(', ')}, which the other policy alone reads: what hangs on it may be told wrongly`,
  );
}

interface Group {
  readonly operation: string;
  readonly subject: string;
  readonly changes: readonly ReplayChange[];
}

function groupsOf(replayed: readonly Replayed[]): readonly Group[] {
  const groups = new Map<string, Group & { readonly changes: ReplayChange[] }>();
  for (const { recording, changes } of replayed) {
    if (changes.length === 0) continue;
    const [operation, subject] = [operationText(recording), subjectText(recording.subject)];
    const key = JSON.stringify([operation, subject]);
    const known = groups.get(key) ?? { operation, subject, changes: [] };
    groups.set(key, known);
    for (const change of changes)
      if (!known.changes.some((one) => lineOf(one) === lineOf(change))) known.changes.push(change);
  }
  return [...groups.values()];
}

function textOf(count: number, groups: readonly Group[], replayed: readonly Replayed[]): string {
  const refused = refusalsOf(replayed).map(
    ({ operation, subject, by, message }) =>
      `${operation}, for ${subject}: not taken by the policy ${by === 'before' ? 'in place' : 'set against it'}: ${message}`,
  );
  const all = groups.flatMap(({ changes }) => changes);
  const [gains, loses] = (['gains', 'loses'] as const).map(
    (kind) => all.filter((change) => change.kind === kind).length,
  );
  return [
    ...groups.map(({ operation, subject, changes }) =>
      [`${operation}, for ${subject}`, ...changes.map((change) => `  ${lineOf(change)}`)].join('\n'),
    ),
    ...refused,
    `${count} recorded operations: ${gains} gained, ${loses} lost${refused.length === 0 ? '' : `, ${refused.length} not compared`}`,
  ].join('\n');
}

function jsonOf(count: number, groups: readonly Group[], replayed: readonly Replayed[]): Json {
  return {
    recordings: count,
    groups: groups.map(({ changes, ...group }) => ({
      ...group,
      changes: changes.map(({ kind, coordinate, before, after }) => {
        return { kind, coordinate, before: verdictText(before), after: verdictText(after) };
      }),
    })),
    refused: refusalsOf(replayed),
  };
}

function refusalsOf(replayed: readonly Replayed[]) {
  return replayed.flatMap(({ recording, refusal }) =>
    refusal === null
      ? []
      : [{ operation: operationText(recording), subject: subjectText(recording.subject), ...refusal }],
  );
}

function lineOf({ kind, coordinate, before, after }: ReplayChange): string {
  return `${kind}  ${coordinate}: ${verdictText(before)} → ${verdictText(after)}`;
}

function operationText({ operationName, document }: Recording): string {
  return operationName ?? document.replaceAll(/\s+/g, ' ').trim().slice(0, 60);
}

function subjectText({ signedIn, id, roles, scopes, purpose, domain, claims }: RecordedSubject): string {
  if (!signedIn) return purpose === null ? 'anonymous' : `anonymous, purpose ${purpose}`;
  const said = Object.entries(claims).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  const parts = [
    id === undefined ? [] : [id],
    roles.length === 0 ? [] : [`roles ${roles.join(' ')}`],
    scopes.length === 0 ? [] : [`scopes ${scopes.join(' ')}`],
    purpose === null ? [] : [`purpose ${purpose}`],
    domain === null ? [] : [`domain ${domain}`],
    said,
  ].flat();
  return parts.length === 0 ? 'somebody without roles and scopes' : parts.join(', ');
}
