/**
 * What the verdicts of rules come to at the types and fields of a schema, for one subject: rules of a field, of the interfaces'
 * fields that it implements, of the type that it gives and of what it is derived from all bind it.
 */
import {
  type GraphQLNamedType,
  type GraphQLSchema,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import type { Mask } from '../../mesh/policy/mask.ts';
import type { RowsRule, Rule } from '../../mesh/policy/rules.ts';
import { aggregatedRows } from './aggregate.ts';
import { type Source, revealedAt, sourcesOf } from './derived.ts';
import { fieldCoordinates, givenTypes, ownersOf, possibleTypes, typeCoordinates } from './owner.ts';
import { type Denial, type Said, type SayOptions, join, partsOnly, say } from './said.ts';
import { isAsStrict } from './strictest.ts';

export interface TypeStanding {
  /** Why no object of the type is shown. */
  readonly denial: Denial | null;
  /** The rules by which some objects of the type do not exist for the subject. */
  readonly filters: readonly RowsRule[];
}

export interface FieldStanding {
  readonly denial: Denial | null;
  /** How the value is shown, and a rule that says so; `NULL` is not shown at all. */
  readonly masked: Said['masked'];
}

export interface Standings {
  /** What binds objects of a type. Of an abstract one: what may bind an object of which no more is known. */
  ofType(type: string): TypeStanding;
  /** What binds a field of a type. Of an abstract one: what binds it for any object that may stand there. */
  ofField(type: string, field: string): FieldStanding;
  /** The rule by which the subject does not see a value of an enum; `null` when it does. */
  denyingValue(type: string, value: string): Rule | null;
  /** Why the use of something that tells of these sources would reveal what the subject does not see whole. */
  ofSources(sources: readonly Source[]): Denial | null;
}

export interface StandingOptions extends SayOptions {
  readonly schema: GraphQLSchema;
  /** Whether objects of a type have a key. Default: none have. */
  readonly isEntity?: (type: string) => boolean;
  /** Whether a field that tells of many rows is worked out over those alone that the subject sees. Default false. */
  readonly isSafeAggregate?: (coordinate: string) => boolean;
}

export function createStandings(options: StandingOptions): Standings {
  const standing = new Standing(options);
  return {
    ofType: (type) => standing.ofType(type),
    ofField: (type, field) => standing.ofField(type, field),
    denyingValue(type, value) {
      const { denial, masked, filters } = say([`${type}.${value}`], options);
      return denial?.rule ?? masked?.rule ?? filters[0] ?? null;
    },
    ofSources: (sources) =>
      sources.map((source) => standing.revealed(source, null)).find((one) => one !== null) ?? null,
  };
}

/** What is known so far. */
class Standing {
  readonly #options: StandingOptions;
  readonly #types = new Map<string, TypeStanding>();
  readonly #fields = new Map<string, FieldStanding>();
  readonly #ownFields = new Map<string, Said>();

  constructor(options: StandingOptions) {
    this.#options = options;
  }

  ofType(name: string): TypeStanding {
    return remember(this.#types, name, () => {
      const { schema, policy } = this.#options;
      const said = say(typeCoordinates(name, schema), this.#options);
      const possible = this.#possible(name).flatMap((one) => (one === name ? [] : this.ofType(one)));
      const sources = sourcesOf(typeCoordinates(name, schema), policy, schema);
      const revealed = sources.map((source) =>
        this.revealed(source, { type: name, coordinate: name, mask: null, gives: [] }),
      );
      return {
        // An object cannot be masked: a mask at its type hides it.
        denial: said.denial ?? hidden(said.masked) ?? revealed.find((one) => one !== null) ?? null,
        filters: [...new Set([...said.filters, ...possible.flatMap((one) => one.filters)])],
      };
    });
  }

  ofField(type: string, field: string): FieldStanding {
    return remember(this.#fields, `${type}.${field}`, () => {
      const possible = this.#possible(type);
      const [only = type] = possible;
      if (possible.length <= 1 && only === type) return this.#fieldOf(type, field);
      const all = possible.map((one) => this.ofField(one, field));
      const denial = all.find((one) => one.denial !== null)?.denial ?? null;
      return { denial, masked: this.#ownField(type, field).masked };
    });
  }

  /** Why what tells of a source shows too much. It may stand in an object of a type, and be masked itself. */
  revealed({ type, field }: Source, at: Revealing | null): Denial | null {
    const { schema } = this.#options;
    const { denial, masked } = field === null ? nothingSaid : this.#ownField(type, field);
    const isOpen = masked !== null && !isAsStrict(at?.mask ?? null, masked.mask);
    const ofValue = denial ?? (isOpen ? { rule: masked.rule, reason: seenMasked } : null);
    // What is made of the fields of one object goes with that object.
    const isSameObject = field !== null && at !== null && ownersOf(at.type, schema).some(({ name }) => name === type);
    if (ofValue !== null || isSameObject) return ofValue;
    const rows = this.#rowsOf(type);
    // What says that it gives the rows themselves loses those that do not exist.
    const isOfRows = field === null && at !== null && at.gives.includes(type);
    const isSafe = isOfRows || (at !== null && this.#isSafeTotal(at.coordinate, type));
    const [filter] = isSafe ? [] : rows.filters;
    return rows.denial ?? (filter === undefined ? null : { rule: filter, reason: seenInPart });
  }

  /** A subgraph applies filters to the types that it says it makes a total of; of what these are made from it knows nothing. */
  #isSafeTotal(coordinate: string, type: string): boolean {
    const { policy, isSafeAggregate } = this.#options;
    const sources = (policy.derivations.get(coordinate) ?? []).flatMap(({ coordinates }) => coordinates);
    const isSaid = sources.some((source) => source.split('.')[0] === type);
    return isSaid && isSafeAggregate?.(coordinate) === true;
  }

  /** What binds objects of a type, each that it may turn out to be. */
  #rowsOf(type: string): TypeStanding {
    const said = join([...new Set([type, ...this.#possible(type)])].map((one) => this.#ownType(one)));
    return { denial: said.denial ?? hidden(said.masked), filters: said.filters };
  }

  #ownType(name: string): Said {
    return say(typeCoordinates(name, this.#options.schema), this.#options);
  }

  /** By rules of the field, and of the types it gives. */
  #ownField(type: string, field: string): Said {
    return remember(this.#ownFields, `${type}.${field}`, () => {
      const { schema } = this.#options;
      const possible = this.#possible(type).filter((one) => one !== type);
      const said = say(fieldCoordinates(type, field, schema), this.#options);
      const given = givenTypes(type, field, schema).map((one) => {
        const ofType = this.#ownType(one.name);
        // Rows are of objects; elsewhere nobody has said what a condition would mean.
        return isObjectType(one) || isInterfaceType(one) ? { ...ofType, filters: [] } : ofType;
      });
      return join([withoutRows(join([said, ...given])), ...possible.map((one) => this.#ownField(one, field))]);
    });
  }

  #fieldOf(type: string, field: string): FieldStanding {
    const { schema, policy } = this.#options;
    const own = this.#ownField(type, field);
    const mask = own.masked?.mask ?? null;
    const given = givenTypes(type, field, schema);
    const coordinate = `${type}.${field}`;
    const coordinates = fieldCoordinates(type, field, schema);
    const says = coordinates.flatMap((one) => revealedAt(one, policy, schema));
    const gives = given.flatMap((one) => [one.name, ...this.#possible(one.name)]).filter((one) => says.includes(one));
    const derived = sourcesOf(coordinates, policy, schema).map((source) =>
      this.revealed(source, { type, coordinate, mask, gives }),
    );
    // Everything is asked for before anything is decided, so that one pass finds all rules that can bear.
    const denials = [
      own.denial,
      ...given.map((one) => this.ofType(one.name).denial),
      ...given.map((one) => this.#deniedWholly(one)),
      ...derived,
      this.#ofAggregate(type, field),
      own.masked !== null && !canMask(own.masked.mask, { type, field, schema })
        ? { rule: own.masked.rule, reason: cannotMask }
        : null,
    ];
    return { denial: denials.find((denial) => denial !== null) ?? null, masked: own.masked };
  }

  /** A type gives nothing when all objects that it may turn out to be are denied. */
  #deniedWholly(type: GraphQLNamedType): Denial | null {
    if (!isAbstractType(type)) return null;
    const denials = this.#possible(type.name).flatMap((one) => (one === type.name ? [] : [this.ofType(one).denial]));
    return denials.every((denial) => denial !== null) ? (denials[0] ?? null) : null;
  }

  #ofAggregate(type: string, field: string): Denial | null {
    const { schema, isEntity = () => false, isSafeAggregate } = this.#options;
    const rows = aggregatedRows(type, field, { schema, isEntity }).map((row) => this.#rowsOf(row));
    const [filter] = isSafeAggregate?.(`${type}.${field}`) === true ? [] : rows.flatMap(({ filters }) => filters);
    return filter === undefined ? null : { rule: filter, reason: seenInPart };
  }

  #possible(type: string): readonly string[] {
    return possibleTypes(type, this.#options.schema);
  }
}

/** What tells of a source. */
interface Revealing {
  readonly type: string;
  readonly coordinate: string;
  readonly mask: Mask | null;
  /** The types whose objects it declares to give: not those that it is made from by way of others. */
  readonly gives: readonly string[];
}

const nothingSaid: Said = { denial: null, masked: null, filters: [] };
const seenMasked = 'it is made from what the subject sees masked';
const seenInPart = 'it tells of rows that the subject does not see';
const cannotMask = 'its mask leaves nothing that may stand there';

function remember<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  let value = known.get(key);
  if (value === undefined) known.set(key, (value = make()));
  return value;
}

function hidden(masked: Said['masked']): Denial | null {
  return masked && { rule: masked.rule, reason: partsOnly };
}

function withoutRows(said: Said): Said {
  const [row] = said.filters;
  return row === undefined ? said : { ...said, denial: said.denial ?? { rule: row, reason: partsOnly }, filters: [] };
}

/** `NULL` needs a place that may be null; the other masks make a value of a leaf's type. */
function canMask(
  mask: Mask,
  at: { readonly type: string; readonly field: string; readonly schema: GraphQLSchema },
): boolean {
  const type = ownersOf(at.type, at.schema)[0]?.getFields()[at.field]?.type;
  if (type === undefined) return false;
  return mask.name === 'NULL' ? !isNonNullType(type) : !givenTypes(at.type, at.field, at.schema).some(isCompositeType);
}
