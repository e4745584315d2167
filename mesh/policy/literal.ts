/** Expressions in CEL, made: the literals of values, and what they are put together with. */
import { type Expr, type Value, isList, isMap, isUint, timeCallOf } from './cel.ts';

type Constant = Extract<Expr['exprKind'], { readonly case: 'constExpr' }>['value']['constantKind'];

/** An expression of a kind. */
export function expressionOf(exprKind: Expr['exprKind']): Expr {
  return { $typeName: 'cel.expr.Expr', id: 0n, exprKind };
}

/** A call of an operator (`_&&_`) or a function, or of a method of a target. */
export function callOf(name: string, args: readonly Expr[], target?: Expr): Expr {
  const called = target === undefined ? {} : { target };
  return expressionOf({
    case: 'callExpr',
    value: { $typeName: 'cel.expr.Expr.Call', function: name, args: [...args], ...called },
  });
}

/** A list of expressions. */
export function listOf(elements: readonly Expr[]): Expr {
  return expressionOf({
    case: 'listExpr',
    value: { $typeName: 'cel.expr.Expr.CreateList', elements: [...elements], optionalIndices: [] },
  });
}

/** A map of expressions to expressions. */
export function mapOf(entries: readonly (readonly [key: Expr, value: Expr])[]): Expr {
  return expressionOf({
    case: 'structExpr',
    value: {
      $typeName: 'cel.expr.Expr.CreateStruct',
      messageName: '',
      entries: entries.map(([key, value]) => ({
        $typeName: 'cel.expr.Expr.CreateStruct.Entry',
        id: 0n,
        keyKind: { case: 'mapKey', value: key },
        value,
        optionalEntry: false,
      })),
    },
  });
}

/** What always fails, and reads nothing. */
export const failing: Expr = callOf('_/_', [
  constantOf({ case: 'int64Value', value: 1n }),
  constantOf({ case: 'int64Value', value: 0n }),
]);

/** The expression that comes to a value; `null` where there is none that prints as text. */
export function literalOf(value: Value): Expr | null {
  switch (typeof value) {
    case 'boolean':
      return constantOf({ case: 'boolValue', value });
    case 'bigint':
      return constantOf({ case: 'int64Value', value });
    case 'number':
      return Number.isFinite(value) ? constantOf({ case: 'doubleValue', value }) : null;
    case 'string':
      return value.isWellFormed() ? constantOf({ case: 'stringValue', value }) : null;
    default:
  }
  if (value === null) return constantOf({ case: 'nullValue', value: 0 });
  if (value instanceof Uint8Array) return constantOf({ case: 'bytesValue', value: new Uint8Array(value) });
  if (isUint(value)) return constantOf({ case: 'uint64Value', value: value.value });
  if (isList(value)) return literalOfList([...value]);
  if (isMap(value)) {
    const [keys, items] = [[...value.keys()], [...value.values()]].map((part) => part.map(literalOf));
    if (!keys?.every((key) => key !== null) || !items?.every((item) => item !== null)) return null;
    return mapOf(keys.flatMap((key, index) => (items[index] ? [[key, items[index]] as const] : [])));
  }
  const time = timeCallOf(value);
  return time && callOf(time.name, [constantOf({ case: 'stringValue', value: time.text })]);
}

function constantOf(constantKind: Constant): Expr {
  return expressionOf({ case: 'constExpr', value: { $typeName: 'cel.expr.Constant', constantKind } });
}

function literalOfList(values: readonly Value[]): Expr | null {
  const literals = values.map(literalOf);
  return literals.every((literal) => literal !== null) ? listOf(literals) : null;
}
