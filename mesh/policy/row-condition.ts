/**
 * Row conditions in CEL: which objects of a type exist for a subject. What a request decides alone is folded away first;
 * what remains asks the object.
 */
import { limits } from '../core/limits.ts';
import { Recent } from '../core/recent.ts';
import type { Subject } from '../core/subject.ts';
import { parseCondition, planExpression, valueOfObject } from './cel.ts';
import { bindVariables, variablesOf } from './condition.ts';
import { type Folded, foldCondition } from './fold.ts';
import { type FieldTree, type Reads, mentionsOf } from './reads.ts';
import { templateOf } from './template.ts';

export interface RowCondition {
  /** As it is written. */
  readonly text: string;
  /** What it may read of an object. */
  readonly fields: FieldTree;
  readonly reads: Reads;
  /** What is left to ask of an object once it is known who asks, and when (milliseconds since the epoch). */
  filterFor(subject: Subject, now: number): RowFilter;
}

/** A row condition for one subject. */
export interface RowFilter {
  /** CEL over `object` alone; `true` and `false` where there is nothing to ask. */
  readonly text: string;
  /** What that still reads. */
  readonly fields: FieldTree;
  /** Told where no object exists since the condition cannot be worked out: what it reads of the subject is missing, or of another type. */
  readonly code?: 'CONDITION_FAILED';
  /** Whether the object exists. Whatever goes wrong while that is worked out: it does not. */
  holds(object: Readonly<Record<string, unknown>>): boolean;
}

/** Every object exists. */
export const allRows: RowFilter = { text: 'true', fields: new Map(), holds: () => true };
/** No object exists. */
export const noRows: RowFilter = { text: 'false', fields: new Map(), holds: () => false };
const failedRows: RowFilter = { ...noRows, code: 'CONDITION_FAILED' };

/** Compiles a row condition. Throws `POLICY_INVALID` with the place in the text that cannot be read. */
export function compileRowCondition(text: string): RowCondition {
  const parsed = parseCondition(text);
  const { fields, reads, ...mentions } = mentionsOf(parsed.expr);
  const template = templateOf(parsed);
  const names = variablesOf(mentions.names).filter((name) => name !== 'object');
  const residuals = reads.now ? passing : lasting;
  return {
    text,
    fields,
    reads,
    filterFor(subject, now) {
      const fold = (): Folded =>
        foldSafely(() => foldCondition(template, bindVariables(names, { subject, purpose: subject.purpose, now })));
      const folded = fold();
      if (typeof folded !== 'object') return residualOf(folded, residuals);
      // Most filters are never asked: what is left is worked out again where somebody does, and not kept until then.
      return Object.isFrozen(subject)
        ? laterFilter(() => residualOf(fold(), residuals))
        : residualOf(folded, residuals);
    },
  };
}

/** What cannot be folded, as claims that are nested too deeply, lets nothing through. */
function foldSafely(fold: () => Folded): Folded {
  try {
    return fold();
  } catch {
    return 'failed';
  }
}

function laterFilter(make: () => RowFilter): RowFilter {
  let made: RowFilter | null = null;
  const filter = (): RowFilter => (made ??= make());
  return {
    get text() {
      return filter().text;
    },
    get fields() {
      return filter().fields;
    },
    holds: (object) => filter().holds(object),
  };
}

const lasting = new Recent<RowFilter>(limits.rowConditionsMax);
const passing = new Recent<RowFilter>(limits.rowConditionsPassingMax);

/** What a subgraph may be told is what is evaluated here: the text, read again. */
function residualOf(folded: Folded, residuals: Recent<RowFilter>): RowFilter {
  if (typeof folded === 'boolean') return folded ? allRows : noRows;
  if (folded === 'failed') return failedRows;
  try {
    const text = folded.text();
    return residuals.get(text, () => compileResidual(text));
  } catch {
    return failedRows;
  }
}

function compileResidual(text: string): RowFilter {
  const { expr } = parseCondition(text);
  const { fields, ...mentions } = mentionsOf(expr);
  const names = variablesOf(mentions.names);
  const evaluate = planExpression(expr);
  return {
    text,
    fields,
    holds: (object) => evaluate(bindVariables(names, { object: valueOfObject(object) })) === true,
  };
}
