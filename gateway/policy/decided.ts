/** What policy decided on an operation beside allowing it, at each coordinate: what its records say. */
import type { AccessDecision } from '../../mesh/core/event.ts';
import { limits } from '../../mesh/core/limits.ts';
import { type ReasonCode, reasonOf } from '../../mesh/policy/reason.ts';
import type { Rule } from '../../mesh/policy/rules.ts';
import type { Verdicts } from '../../mesh/policy/view.ts';
import type { Denied, Limited } from './pruning.ts';

export interface DecidedPlace extends Limited {
  /** Of a denial; else `null`. */
  readonly code: ReasonCode | null;
  readonly reason: string | null;
}

/** Denials first. */
export function decidedPlaces(
  { denied, limited }: { readonly denied: readonly Denied[]; readonly limited: readonly Limited[] },
  verdicts: Verdicts,
): readonly DecidedPlace[] {
  const denials = denied.map(({ coordinate, rule, reason }): DecidedPlace => {
    return { verdict: 'deny', coordinate, rule, code: codeOf(rule, verdicts), reason };
  });
  const others = limited.map((one): DecidedPlace => {
    const code = one.verdict === 'deny' ? codeOf(one.rule, verdicts) : null;
    return { ...one, code, reason: code && reasonOf(one.rule, code) };
  });
  return [...denials, ...others];
}

/** Why a rule denies: by its own verdict, or since what it shows in part cannot be shown so. */
export function codeOf(rule: Rule, verdicts: Verdicts): ReasonCode {
  const verdict = verdicts.get(rule);
  return verdict?.kind === 'deny' ? verdict.code : 'PART_ONLY';
}

/** What of an operation is recorded. The same object stands for the same operation. */
export interface RecordedOperation {
  readonly name: string | null;
  /** What is read. */
  readonly coordinates: readonly string[];
  /** All of which policy decided anything but to allow it. */
  readonly decided: readonly DecidedPlace[];
}

/** The decisions of an operation, in as many parts as it takes records to hold them. There is always one. */
export function decisionParts({ coordinates, decided }: RecordedOperation): readonly (readonly AccessDecision[])[] {
  const byKey = Map.groupBy(decided, ({ verdict, rule, code, reason }) =>
    JSON.stringify([verdict, rule.text, rule.coordinate, code, reason]),
  );
  const limitedTo = new Set(decided.map(({ coordinate }) => coordinate));
  const allowed = coordinates.filter((coordinate) => !limitedTo.has(coordinate));
  const nothing = { rule: null, ruleAt: null, code: null, reason: null };
  const decisions: AccessDecision[] = [...byKey.values()].flatMap((places) => {
    const [first] = places;
    if (first === undefined) return [];
    const { verdict, rule, code, reason } = first;
    const at = [...new Set(places.map(({ coordinate }) => coordinate))].toSorted();
    const words = { rule: bounded(rule.text), ruleAt: bounded(rule.coordinate), reason: reason && bounded(reason) };
    return [{ verdict, code, ...words, coordinates: at }];
  });
  if (allowed.length > 0) decisions.push({ verdict: 'allow', ...nothing, coordinates: allowed });
  return inParts(decisions);
}

/** Cut to what an event may hold, to whole characters. What a stranger chose must not make the log refuse a record. */
export function bounded(text: string): string {
  return text.slice(0, limits.eventTextLengthMax - 'subject:'.length).toWellFormed();
}

function inParts(decisions: readonly AccessDecision[]): readonly (readonly AccessDecision[])[] {
  const parts: AccessDecision[][] = [[]];
  let size = 0;
  for (const decision of decisions) {
    for (const coordinates of inPieces(decision.coordinates)) {
      const piece = { ...decision, coordinates };
      const bytes = Buffer.byteLength(JSON.stringify(piece));
      if (size > 0 && size + bytes > limits.accessCoordinatesBytesMax * 2) {
        parts.push([]);
        size = 0;
      }
      parts.at(-1)?.push(piece);
      size += bytes;
    }
  }
  return parts;
}

function inPieces(coordinates: readonly string[]): readonly (readonly string[])[] {
  const pieces: string[][] = [[]];
  let size = 0;
  for (const coordinate of coordinates) {
    size += coordinate.length + 3;
    if (size > limits.accessCoordinatesBytesMax) {
      pieces.push([]);
      size = coordinate.length + 3;
    }
    pieces.at(-1)?.push(coordinate);
  }
  return pieces;
}
