/**
 * What a subject would get of an operation, and why: every coordinate's verdict, the rules that decide it, what they read, and
 * the nearest change that would let more be seen. No subgraph is asked.
 */
import { type OperationDefinitionNode, getVariableValues, print } from 'graphql';
import type { RequestLimits } from '../../mesh/core/config.ts';
import { WeftError } from '../../mesh/core/error.ts';
import type { JsonObject } from '../../mesh/core/json.ts';
import { limits } from '../../mesh/core/limits.ts';
import type { Subject } from '../../mesh/core/subject.ts';
import type { Governance } from '../../mesh/policy/governance.ts';
import type { Rule } from '../../mesh/policy/rules.ts';
import { type ValueRead, valuesRead } from '../../mesh/policy/values-read.ts';
import { type Covers, type Verdict, decideRule } from '../../mesh/policy/view.ts';
import { splitIntrospection } from '../execute/introspect.ts';
import { parseDocument, selectOperation } from '../plan/document.ts';
import { assertInputs } from '../plan/inputs.ts';
import { normaliseOperation } from '../plan/normalise.ts';
import type { Inputs } from '../policy/input-use.ts';
import { createCovers } from '../policy/products.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { type Change, type ChangeGround, applyChange, changeFor } from './change.ts';
import { type Survey, type SurveyedPlace, surveyOperation } from './survey.ts';

/** What verdicts depend on beside the subject. */
export interface SimulationGround {
  readonly supergraph: Supergraph;
  readonly governance: Governance;
  /** The named policies' conditions as they are written. */
  readonly texts: ReadonlyMap<string, string>;
  readonly limits: RequestLimits;
  readonly isSafeAggregate: (coordinate: string) => boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface SimulatedRequest {
  readonly document: string;
  /** Needed when the document has several operations. */
  readonly operationName: string | null;
  readonly variables: JsonObject;
  readonly subject: Subject;
  /** Purposes that the subject may state. */
  readonly purposes: readonly string[];
}

export interface SimulatedPlace extends SurveyedPlace {
  readonly reads: readonly ValueRead[];
  /** `null` for what is allowed, and where it was not found. */
  readonly change: SimulatedChange | null;
}

export interface SimulatedChange extends Change {
  /** What is made of the coordinate once it has come about: as far as it is known, with its conditions met. */
  readonly outcome: SurveyedPlace['verdict'];
}

export interface Simulation {
  readonly operation: string | null;
  readonly places: readonly SimulatedPlace[];
  /** What is left to ask subgraphs for; `null`: nothing. */
  readonly sent: string | null;
  /** What conditions on rows read beside. */
  readonly read: readonly string[];
}

/** Throws as the gateway does for a document or variables that it would not take. */
export function simulate(request: SimulatedRequest, ground: SimulationGround): Simulation {
  const { operation, inputs } = prepareOperation(request, ground);
  const study = createStudy(operation, inputs, { request, ground });
  const survey = study.survey();
  const { selections } = survey.pruned.operation.selectionSet;
  return {
    operation: operation.name?.value ?? null,
    places: survey.places.map((place) => ({
      ...place,
      reads: uniqueReads(place.rules.flatMap((rule) => valuesRead(rule, request.subject, ground.governance))),
      change: place.verdict === 'allow' ? null : study.change(place),
    })),
    sent: selections.length === 0 ? null : print(survey.pruned.operation),
    read: readFields(survey),
  };
}

/** What a subject sees of an operation, without what would change it. `inputs`: what of variables to take for used. */
export function surveyRequest(
  { inputs, ...request }: Omit<SimulatedRequest, 'purposes'> & { readonly inputs: Inputs },
  ground: SimulationGround,
): Survey {
  const { apiSchema } = ground.supergraph.planner;
  const { document, operation } = readOperation(request, ground);
  const conditions = operation.variableDefinitions?.filter(({ variable }) =>
    document.conditions.includes(variable.name.value),
  );
  const { coerced = {} } = getVariableValues(apiSchema, conditions ?? [], request.variables);
  const { rest } = splitIntrospection(normaliseOperation(operation, document.ast, coerced), apiSchema);
  const { subject } = request;
  return surveyWith(rest, inputs, {
    subject,
    ground,
    covers: coversOf(ground),
    agreements: ground.governance.agreements,
  });
}

function readOperation(
  { document: text, operationName }: Pick<SimulatedRequest, 'document' | 'operationName'>,
  { supergraph, limits: bounds }: SimulationGround,
) {
  const document = parseDocument(text, { schema: supergraph.planner.apiSchema, limits: bounds });
  return { document, operation: selectOperation(document, operationName) };
}

function prepareOperation(request: SimulatedRequest, ground: SimulationGround) {
  const { apiSchema } = ground.supergraph.planner;
  const { document, operation } = readOperation(request, ground);
  assertInputs(request.variables, ground.limits);
  const { coerced, errors } = getVariableValues(apiSchema, operation.variableDefinitions ?? [], request.variables);
  if (errors !== undefined)
    throw new WeftError('BAD_REQUEST', { action: errors[0]?.message ?? 'Cannot read the variables' });
  const normal = normaliseOperation(operation, document.ast, coerced);
  return { operation: splitIntrospection(normal, apiSchema).rest, inputs: request.variables };
}

interface Study {
  /** What comes out as things are. */
  survey(): Survey;
  change(place: SurveyedPlace): SimulatedChange | null;
}

function createStudy(
  operation: OperationDefinitionNode,
  inputs: JsonObject,
  { request: { subject, purposes }, ground }: { readonly request: SimulatedRequest; readonly ground: SimulationGround },
): Study {
  const covers = coversOf(ground);
  const { governance, texts, now } = ground;
  const changeGround: ChangeGround = { subject, purposes, governance, texts, covers, now };
  const surveys = new Map<string, Survey>();
  const numbers = new Map<Rule, number>();
  const numberOf = (rule: Rule): number => {
    if (!numbers.has(rule)) numbers.set(rule, numbers.size);
    return numbers.get(rule) ?? 0;
  };

  const survey = (waived: ReadonlySet<Rule>, changed: Changed = { subject, agreements: governance.agreements }) => {
    const isChanged = changed.subject !== subject;
    const key = isChanged ? JSON.stringify([changed, ...sorted(waived)]) : sorted(waived).join(' ');
    const known = surveys.get(key);
    if (known !== undefined) return known;
    const made = surveyWith(operation, inputs, { ...changed, ground, covers, waived });
    surveys.set(key, made);
    return made;
  };
  const sorted = (rules: ReadonlySet<Rule>) => [...rules].map(numberOf).toSorted((one, other) => one - other);

  const outcomeOf = (change: Change, { blockers, place }: Blocked): Outcome => {
    const met = new Set([...blockers].filter(({ kind }) => kind === 'rows' || kind === 'policies'));
    const changed = survey(met, applyChange(change, changeGround));
    return { at: worstAt(changed, place), survey: changed };
  };
  return {
    survey: () => survey(new Set()),
    change(place) {
      const blocked = { place, blockers: new Set<Rule>() };
      const { blockers } = blocked;
      let outcome: Outcome = { at: place, survey: survey(blockers) };
      let change = changeFor([], changeGround);
      // Each rule in the way is found once those before it are out of it.
      while (outcome.at?.verdict === place.verdict) {
        const size = blockers.size;
        for (const rule of decidingOf(outcome.at, outcome.survey)) blockers.add(rule);
        if (blockers.size === size || surveys.size > limits.simulatedSurveysMax) break;
        change = changeFor([...blockers], changeGround);
        outcome = outcomeOf(change, blocked);
      }
      const then = outcome.at?.verdict ?? 'allow';
      if (then === place.verdict) return change.impossible.length === 0 ? null : { ...change, outcome: then };
      // Where one of several things would do, as one type behind a union, others may have been taken for needed.
      const nearest = change.scopes.reduce<Change>((known, scope) => {
        const less = { ...known, scopes: known.scopes.filter((one) => one !== scope) };
        return outcomeOf(less, blocked).at?.verdict === place.verdict ? known : less;
      }, change);
      return { ...nearest, outcome: outcomeOf(nearest, blocked).at?.verdict ?? 'allow' };
    },
  };
}

interface Blocked {
  readonly place: SurveyedPlace;
  readonly blockers: ReadonlySet<Rule>;
}

/** What is made of a place; nothing where it is not told of any more. */
interface Outcome {
  readonly at: SurveyedPlace | undefined;
  readonly survey: Survey;
}

/** The rules that decide a place: of what is not come to, those of what it stands below. */
function decidingOf({ below, rules, paths }: SurveyedPlace, { places }: Survey): readonly Rule[] {
  if (below === null) return rules;
  const above = places.filter(
    (one) => one.coordinate === below && one.below === null && one.paths.some((path) => isAbove(path, paths)),
  );
  return above.flatMap((one) => one.rules);
}

function isAbove(path: string, paths: readonly string[]): boolean {
  return paths.some((other) => other.startsWith(`${path}.`));
}

interface Changed {
  readonly subject: Subject;
  readonly agreements: Governance['agreements'];
}

interface Surveying extends Changed {
  readonly ground: SimulationGround;
  readonly covers: Covers;
  /** Rules that are taken to allow. Default none. */
  readonly waived?: ReadonlySet<Rule>;
}

function surveyWith(
  operation: OperationDefinitionNode,
  inputs: Inputs,
  {
    subject,
    agreements,
    covers,
    waived = new Set(),
    ground: { supergraph, governance, now, isSafeAggregate },
  }: Surveying,
): Survey {
  const { apiSchema: schema, entities } = supergraph.planner;
  const deciding = { governance: { policies: governance.policies, agreements }, covers, now };
  const verdicts: Map<Rule, Verdict> = new Map();
  for (const rule of new Set([...supergraph.rules.values()].flat())) {
    const { verdict } = decideRule(rule, subject, deciding);
    if (verdict.kind !== 'allow' && !waived.has(rule)) verdicts.set(rule, verdict);
  }
  const { isEntity } = entities;
  return surveyOperation(operation, { schema, policy: supergraph, verdicts, inputs, isEntity, isSafeAggregate });
}

function coversOf({ supergraph }: SimulationGround): Covers {
  return createCovers(supergraph.planner.apiSchema);
}

/**
 * The least that is shown of a place in another survey, where what came out alike for all types of objects may be told apart, or
 * the other way round. `undefined` where nothing is told of it.
 */
function worstAt({ places }: Survey, { kind, coordinate, paths }: SurveyedPlace): SurveyedPlace | undefined {
  const there = places.filter((one) => one.kind === kind && one.paths.some((path) => paths.includes(path)));
  const same = there.filter((one) => one.coordinate === coordinate);
  const member = coordinate.slice(coordinate.indexOf('.'));
  const alike = same.length > 0 ? same : there.filter((one) => kind === 'field' && one.coordinate.endsWith(member));
  return alike.toSorted((one, other) => ranks.indexOf(one.verdict) - ranks.indexOf(other.verdict))[0];
}

const ranks: readonly SurveyedPlace['verdict'][] = ['deny', 'mask', 'filter', 'allow'];

function readFields({ places }: Survey): readonly string[] {
  const rows = places.flatMap(({ rules }) => rules.filter((rule) => rule.kind === 'rows'));
  const fields = rows.flatMap(({ coordinate, condition }) =>
    [...condition.fields.keys()].map((name) => `${coordinate}.${name}`),
  );
  return [...new Set(fields)].toSorted();
}

function uniqueReads(values: readonly ValueRead[]): readonly ValueRead[] {
  return [...new Map(values.map((value) => [value.name, value])).values()];
}
