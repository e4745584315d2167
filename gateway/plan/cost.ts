/**
 * Estimates what an operation costs before it is run (IBM's GraphQL cost specification, as Federation's demand control
 * reads it): an object is 1, a leaf is free, `@cost` says otherwise; a list counts its items as often as it is long. A
 * mutation starts at 10. Linear in the document, once its fragments stand where they are spread.
 */
import {
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  Kind,
  OperationTypeNode,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
} from 'graphql';
import { WeftError } from '../../mesh/core/error.ts';
import type { ParsedDocument } from './document.ts';
import { type InputWeight, createInputWeights, readValue, sizeAt } from './input-cost.ts';
import type { ListSize, Weights } from './weights.ts';

export interface CostOptions {
  readonly schema: GraphQLSchema;
  readonly weights: Weights;
  /** Items that a list is taken to have where nothing says how many. */
  readonly listSize: number;
}

export interface EstimateCost {
  /**
   * The cost of a valid document's operation; `variables` are coerced. Throws `GRAPHQL_VALIDATION_FAILED` where a list
   * wants exactly one argument that says how long it is and gets none or several.
   */
  (document: ParsedDocument, operation: OperationDefinitionNode, variables: Readonly<Record<string, unknown>>): number;
}

const mutationCost = 10;

/** What no variable bears on is estimated once for each operation. */
export function createCostEstimator(options: CostOptions): EstimateCost {
  const fields = createFieldCosts(options);
  const known = new WeakMap<OperationDefinitionNode, number>();
  return (document, operation, variables) => {
    const constant = known.get(operation);
    if (constant !== undefined) return constant;
    const estimating = new Estimating({ options, fields, document, variables });
    const root = options.schema.getRootType(operation.operation);
    const start = operation.operation === OperationTypeNode.MUTATION ? mutationCost : 0;
    const cost = start + (root ? estimating.costOfSet(operation.selectionSet, root, null) : 0);
    if (!estimating.hasReadVariables) known.set(operation, cost);
    return cost;
  };
}

interface FieldCost {
  readonly coordinate: string;
  readonly weight: number;
  readonly isList: boolean;
  readonly listSize: ListSize | null;
  /** What is selected on; `null` for a leaf. */
  readonly type: GraphQLCompositeType | null;
  readonly arguments: ReadonlyMap<string, InputWeight>;
  readonly defaults: Readonly<Record<string, unknown>>;
}

type FieldCosts = (parent: GraphQLCompositeType, name: string) => FieldCost | null;

/** What is known of a field, gathered when it is first met. */
function createFieldCosts({ weights }: CostOptions): FieldCosts {
  const known = new Map<string, FieldCost | null>();
  const inputs = createInputWeights(weights);
  const gather = (coordinate: string, field: GraphQLField<unknown, unknown>): FieldCost => {
    const named = getNamedType(field.type);
    const type = isCompositeType(named) ? named : null;
    return {
      coordinate,
      weight: weights.costs.get(coordinate) ?? weights.costs.get(named.name) ?? (type === null ? 0 : 1),
      isList: isListType(getNullableType(field.type)),
      listSize: weights.listSizes.get(coordinate) ?? null,
      type,
      arguments: new Map(field.args.map((one) => [one.name, inputs(one.type, `${coordinate}(${one.name}:)`)])),
      defaults: Object.fromEntries(field.args.map((one) => [one.name, one.defaultValue])),
    };
  };
  return (parent, name) => {
    const coordinate = `${parent.name}.${name}`;
    let cost = known.get(coordinate);
    if (cost === undefined) {
      // Introspection is answered by the gateway itself.
      const field = 'getFields' in parent ? parent.getFields()[name] : undefined;
      cost = field === undefined ? null : gather(coordinate, field);
      known.set(coordinate, cost);
    }
    return cost;
  };
}

/** How long the lists among an object's fields are, as the field above says. */
interface Sized {
  readonly fields: ReadonlySet<string>;
  readonly size: number;
}

interface EstimatingOptions {
  readonly options: CostOptions;
  readonly fields: FieldCosts;
  readonly document: ParsedDocument;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** One estimate under way. */
class Estimating {
  hasReadVariables = false;
  readonly #given: EstimatingOptions;
  readonly #fragments = new Map<string, SelectionSetNode>();
  readonly #types = new Map<string, string>();
  /** Costs of fragments so far; one that stands below a field that says sizes is not among them. */
  readonly #known = new Map<string, number>();

  constructor(given: EstimatingOptions) {
    this.#given = given;
    for (const definition of given.document.ast.definitions) {
      if (definition.kind !== Kind.FRAGMENT_DEFINITION) continue;
      this.#fragments.set(definition.name.value, definition.selectionSet);
      this.#types.set(definition.name.value, definition.typeCondition.name.value);
    }
  }

  costOfSet(set: SelectionSetNode, parent: GraphQLCompositeType, sized: Sized | null): number {
    let cost = 0;
    for (const selection of set.selections) {
      if (!this.#isIncluded(selection)) continue;
      if (selection.kind === Kind.FIELD) cost += this.#costOfField(selection, parent, sized);
      else if (selection.kind === Kind.FRAGMENT_SPREAD) cost += this.#costOfFragment(selection.name.value, sized);
      else {
        const type = this.#typeOf(selection.typeCondition?.name.value) ?? parent;
        cost += this.costOfSet(selection.selectionSet, type, sized);
      }
    }
    return cost;
  }

  #costOfFragment(name: string, sized: Sized | null): number {
    const known = sized === null ? this.#known.get(name) : undefined;
    if (known !== undefined) return known;
    const [set, type] = [this.#fragments.get(name), this.#typeOf(this.#types.get(name))];
    const cost = set && type ? this.costOfSet(set, type, sized) : 0;
    if (sized === null) this.#known.set(name, cost);
    return cost;
  }

  #costOfField(node: FieldNode, parent: GraphQLCompositeType, sized: Sized | null): number {
    const field = this.#given.fields(parent, node.name.value);
    if (field === null) return 0;
    const given = this.#argumentsOf(node);
    const size = field.listSize === null ? null : this.#expectedSize(field, field.listSize, given);
    const sizedByAbove = sized?.fields.has(node.name.value) === true ? sized.size : null;
    const count = field.isList ? (sizedByAbove ?? size ?? this.#given.options.listSize) : 1;
    let each = field.weight;
    if (field.type !== null && node.selectionSet) {
      const fields = field.listSize?.sizedFields;
      const below = fields?.size && size !== null ? { fields, size } : null;
      each += this.costOfSet(node.selectionSet, field.type, below);
    }
    let cost = count * each;
    for (const [name, value] of given) cost += field.arguments.get(name)?.costOf(value) ?? 0;
    return cost;
  }

  #expectedSize(field: FieldCost, listSize: ListSize, given: ReadonlyMap<string, unknown>): number | null {
    const sizes: number[] = [];
    for (const [name = '', ...way] of listSize.slicingArguments) {
      const size = sizeAt(given.has(name) ? given.get(name) : field.defaults[name], way);
      if (size !== null) sizes.push(size);
    }
    if (listSize.requireOneSlicingArgument && listSize.slicingArguments.length > 0 && sizes.length !== 1) {
      const names = listSize.slicingArguments.map((way) => `"${way.join('.')}"`).join(', ');
      throw new WeftError('GRAPHQL_VALIDATION_FAILED', {
        action: `Cannot tell how long the list of ${field.coordinate} is`,
        found: `${sizes.length} of the arguments ${names}`,
        wanted: 'exactly one',
      });
    }
    return sizes.length > 0 ? Math.max(0, ...sizes) : listSize.assumedSize;
  }

  #argumentsOf(node: FieldNode): ReadonlyMap<string, unknown> {
    const values = new Map<string, unknown>();
    for (const { name, value } of node.arguments ?? []) {
      values.set(
        name.value,
        readValue(value, (variable) => this.#variable(variable)),
      );
    }
    return values;
  }

  #isIncluded(selection: SelectionNode): boolean {
    for (const { name, arguments: given } of selection.directives ?? []) {
      if (name.value !== 'skip' && name.value !== 'include') continue;
      const value = given?.[0] && readValue(given[0].value, (variable) => this.#variable(variable));
      if (value !== (name.value === 'include')) return false;
    }
    return true;
  }

  #variable(name: string): unknown {
    this.hasReadVariables = true;
    return this.#given.variables[name];
  }

  #typeOf(name: string | undefined): GraphQLCompositeType | undefined {
    const type = name === undefined ? undefined : this.#given.options.schema.getType(name);
    return isCompositeType(type) ? type : undefined;
  }
}
