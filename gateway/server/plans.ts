/** What is remembered of one supergraph's operations: documents by text, compiled operations by everything that decides one. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type OperationDefinitionNode, OperationTypeNode } from 'graphql';
import { type Clock, systemClock } from '../../mesh/core/clock.ts';
import { type RequestLimits, defaultConfig } from '../../mesh/core/config.ts';
import { type WeftError, isWeftError } from '../../mesh/core/error.ts';
import type { JsonObject } from '../../mesh/core/json.ts';
import { limits } from '../../mesh/core/limits.ts';
import type { SchemaSightOf } from '../../mesh/core/schema-sight.ts';
import type { Subject } from '../../mesh/core/subject.ts';
import type { Governance } from '../../mesh/policy/governance.ts';
import { createMasker } from '../../mesh/policy/masker.ts';
import type { Rule } from '../../mesh/policy/rules.ts';
import type { Verdicts, View, Views } from '../../mesh/policy/view.ts';
import { createViews } from '../../mesh/policy/views.ts';
import { isIntrospecting } from '../execute/introspect.ts';
import { type CompileOptions, type CompiledOperation, compileOperation } from '../execute/operation.ts';
import { type Cache, createCache } from '../plan/cache.ts';
import { withoutDefers } from '../plan/defer.ts';
import { selectOperation } from '../plan/document.ts';
import { drawLabels, labelsOf } from '../plan/label.ts';
import { normaliseOperation } from '../plan/normalise.ts';
import { createCovers } from '../policy/products.ts';
import { createSchemaSight } from '../policy/schema-sight.ts';
import { createVisibleSchemas } from '../policy/visible.ts';
import { rulesOf } from '../policy/prune.ts';
import { addEdgeNodes } from '../policy/rows.ts';
import { type Decision, allAllowed, cutView, showsParts } from '../policy/signature.ts';
import { type InputWatch, watchInputs } from '../policy/watch.ts';
import { compileProgram } from '../splice/program.ts';
import { type RunningProgram, startProgram } from '../splice/run.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { type Disclosed, type Disclosure, type DisclosureConfig, createDisclosure, isAllTold } from './disclosure.ts';
import { type NumberedDocument, createReader } from './reader.ts';

export interface PlansOptions {
  readonly supergraph: Supergraph;
  readonly governance: Governance;
  readonly limits: RequestLimits;
  /** Whether what tells of many rows tells of those alone that a subject sees. Default: nothing does. */
  readonly isSafeAggregate?: (coordinate: string) => boolean;
  /** How much of the schema is told to whom. Default: what each may see, and that there is more to whoever names it. */
  readonly disclosure?: DisclosureConfig;
  /** Labels of progressive overrides that are on beside those by percentage. Default none. */
  readonly labels?: readonly string[];
  /** Draws for labels by percentage, and says when policies are asked. Default the system's. */
  readonly clock?: Pick<Clock, 'randomBytes' | 'now'>;
}

export interface Plans {
  /** Parsed and validated. Throws as `parseDocument` does, in words that name nothing which the subject is not told of. */
  document(text: string, disclosed: Disclosed): NumberedDocument;
  operation(document: NumberedDocument, asked: Asked): PlannedOperation;
  /** What the rules say of a subject. */
  readonly viewOf: Views;
  /** What a subject is told of the schema by those who tell of the mesh. */
  readonly sightOf: SchemaSightOf;
  /** What a subject is told of the schema. */
  readonly disclosedTo: Disclosure;
  /** The operations used last, the last one first, with what it takes to plan them elsewhere. */
  recent(count: number): readonly RecentOperation[];
}

/** An operation compiled for all who see of it what the subject sees, and what the rules say of this subject. */
export interface PlannedOperation extends Planned {
  /** Of the rules that do not allow all: with the filters of this very subject, where others' differ. */
  readonly verdicts: Verdicts;
  /** Labels of progressive overrides that are on. */
  readonly labels: ReadonlySet<string>;
}

/** What subjects share of an operation who see the same of it. */
interface Planned {
  readonly operation: CompiledOperation;
  /** `null` when the operation can only be executed the general way. */
  readonly program: RunningProgram | null;
}

export interface Asked {
  readonly operation: OperationDefinitionNode;
  /** Coerced. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** As the client gave them. */
  readonly inputs: JsonObject;
  readonly subject: Subject;
  /** Whether parts may be answered later. Default false: then all is answered at once. */
  readonly mayDefer?: boolean;
  /** Labels of progressive overrides that are on. Default: they are drawn. */
  readonly labels?: ReadonlySet<string>;
}

export interface RecentOperation {
  readonly text: string;
  readonly name: string | null;
  /** Values of the variables that conditions read. */
  readonly conditions: Readonly<Record<string, unknown>>;
  /** Somebody who sees of it what those saw for whom it was planned. */
  readonly subject: Subject;
  readonly mayDefer: boolean;
}

/** An operation in normal form with the rules that can bear on it. */
interface Form {
  readonly operation: OperationDefinitionNode;
  readonly rules: readonly Rule[];
  /** Labels of progressive overrides that can bear on it. */
  readonly labels: readonly string[];
  readonly isIntrospecting: boolean;
  /** What the rules came to. */
  readonly decisions: WeakMap<View, Decision>;
}

interface Remembered extends Planned {
  readonly recent: RecentOperation;
}

/** That an operation cannot be planned: it took long to find out, and is not tried again for a while. */
interface Refused {
  readonly refusal: WeftError;
}

export function createPlans({ supergraph, governance, limits: bounds, ...options }: PlansOptions): Plans {
  const drawing = { on: new Set(options.labels), clock: options.clock ?? systemClock };
  const { clock } = drawing;
  const masker = createMasker(governance.maskSecret);
  const schema = supergraph.planner.apiSchema;
  const { isSafeAggregate = () => false, disclosure = defaultConfig.policy } = options;
  const policed = { schema, policy: supergraph, isEntity: supergraph.planner.entities.isEntity, isSafeAggregate };
  const viewOf = createViews({ rules: supergraph.rules, governance, covers: createCovers(schema), clock });
  const visibleTo = createVisibleSchemas({ ...policed, viewOf, clock });
  const disclosedTo = createDisclosure(schema, disclosure, supergraph.rules.size === 0 ? null : visibleTo);
  const namesAll = isAllTold(disclosure);
  const bytesMax = limits.documentCacheBytesMax;
  const sizeOf = () => bytesPerOperation;
  const forms: Cache<Form> = createCache({ bytesMax, sizeOf });
  const compiled: Cache<Remembered> = createCache({ bytesMax, sizeOf });
  const watches: Cache<InputWatch> = createCache({ bytesMax, sizeOf });
  const watchOf = (place: string, form: Form, verdicts: Verdicts): InputWatch =>
    watches.get(place, () => watchInputs(form.operation, { ...policed, verdicts }));
  const refused: Cache<Refused> = createCache({ bytesMax, sizeOf: () => 1_024 });
  const read = createReader({ schema, limits: bounds });
  const plans: Plans = {
    document: read,
    operation(document, { operation, variables, inputs, subject, mayDefer = false, ...asked }) {
      // A subscription has one answer an event.
      const defer = mayDefer && document.isDeferring && operation.operation !== OperationTypeNode.SUBSCRIPTION;
      const conditions = document.conditions.map((name) => conditionKeys.get(variables[name]) ?? '-').join('');
      const key = `${document.number} ${operation.name?.value ?? ''} ${conditions}${defer ? ' later' : ''}`;
      const form = forms.get(key, () => {
        const whole = normaliseOperation(operation, document.ast, variables);
        return formOf(defer || !document.isDeferring ? whole : withoutDefers(whole), supergraph, policed);
      });
      const { verdicts, signature } = form.rules.length === 0 ? allAllowed : decide(form, viewOf(subject), clock);
      // What is answered in parts is written before all of it is there: masks and filters look at the whole.
      if (defer && showsParts(verdicts)) return plans.operation(document, { operation, variables, inputs, subject });
      const isOpen = verdicts.size === 0 || !form.operation.variableDefinitions?.length;
      const used = isOpen ? '' : watchOf(`${key} ${signature}`, form, verdicts)(inputs);
      const labels = asked.labels ?? (form.labels.length === 0 ? noLabels : drawLabels(form.labels, drawing));
      const drawn = form.labels.map((label) => (labels.has(label) ? '1' : '0')).join('');
      const told = form.isIntrospecting ? disclosedTo(subject) : null;
      const place = `${key} ${signature} ${drawn}${used}${told === null ? '' : ` told ${told.sign()}`}`;
      const { program, operation: whole } = compiled.get(place, () => ({
        ...orRefused(refused, place, () =>
          planOperation(form.operation, supergraph, {
            verdicts,
            labels,
            inputs,
            isSafeAggregate,
            masker,
            namesAll,
            ...(told === null ? {} : { visible: told.schema() }),
          }),
        ),
        recent: {
          text: document.text,
          name: operation.name?.value ?? null,
          conditions: Object.fromEntries(document.conditions.map((name) => [name, variables[name]])),
          subject,
          mayDefer,
        },
      }));
      return { operation: whole, program, verdicts, labels };
    },
    viewOf,
    sightOf: (subject) => createSchemaSight(visibleTo(subject), policed),
    disclosedTo,
    recent: (most) => compiled.recent(most).map(({ recent }) => recent),
  };
  return plans;
}

function formOf(
  operation: OperationDefinitionNode,
  { planner }: Supergraph,
  policed: Parameters<typeof rulesOf>[1],
): Form {
  const { apiSchema: schema, labels } = planner;
  return {
    operation,
    rules: rulesOf(addEdgeNodes(operation, schema), policed),
    labels: labelsOf(operation, schema, labels),
    isIntrospecting: isIntrospecting(operation),
    decisions: new WeakMap(),
  };
}

/** Where a machine is busy, planning may take too long for once; so it is tried again later. */
function orRefused(refused: Cache<Refused>, place: string, plan: () => Planned): Planned {
  const key = (): string => `${Math.floor(systemClock.monotonic() / limits.planRefusedMs)} ${place}`;
  const known = refused.find(key());
  if (known !== undefined) throw known.refusal;
  try {
    return plan();
  } catch (error) {
    if (isWeftError(error, 'OPERATION_NOT_PLANNED')) refused.get(key(), () => ({ refusal: error }));
    throw error;
  }
}

function planOperation(form: OperationDefinitionNode, supergraph: Supergraph, options: CompileOptions): Planned {
  const operation = compileOperation(form, supergraph, options);
  const program = operation.deferral === null ? compileProgram(operation) : null;
  return { operation, program: program && startProgram(program) };
}

/**
 * Plans operations before they are asked for, one each turn of the event loop, within `limits.supergraphWarmMs` and
 * until the signal aborts. What does not fit the supergraph is passed over: whoever asks for it is told then.
 */
export async function warmPlans(
  plans: Plans,
  operations: readonly RecentOperation[],
  signal?: AbortSignal,
): Promise<void> {
  const deadline = systemClock.monotonic() + limits.supergraphWarmMs;
  for (const { text, name, conditions, subject, mayDefer } of operations) {
    if (signal?.aborted || systemClock.monotonic() > deadline) return;
    try {
      const document = plans.document(text, plans.disclosedTo(subject));
      const operation = selectOperation(document, name);
      plans.operation(document, { operation, variables: conditions, inputs: {}, subject, mayDefer });
    } catch {
      // It is no longer valid here.
    }
    await nextTurn();
  }
}

/** A condition whose variable is not given is neither: `@defer` holds then, `@include` does not. */
const conditionKeys = new Map<unknown, string>([
  [true, '1'],
  [false, '0'],
]);
const noLabels: ReadonlySet<string> = new Set();

/** What a compiled operation holds on to, as heap snapshots of the example mesh show it; an estimate. */
const bytesPerOperation = 64 * 1024;

/** Remembered for all who have this view, as long as time does not change it. */
function decide({ rules, decisions }: Form, view: View, clock: Pick<Clock, 'now'>): Decision {
  const known = decisions.get(view);
  if (known?.until === Infinity) return known;
  const now = clock.now();
  if (known !== undefined && now < known.until) return known;
  const decision = cutView(view, rules, now);
  decisions.set(view, decision);
  return decision;
}
