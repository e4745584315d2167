/** Errors as a subgraph behind HTTP reports them: taken over as far as they are well-formed, cut to a bounded size. */
import { isJsonObject, type JsonObject } from '../../mesh/core/json.ts';
import { limits } from '../../mesh/core/limits.ts';
import type { SubgraphError } from '../../mesh/core/subgraph.ts';

/** Reads the list under `errors` of a response. What is no error in it still says that there was one. */
export function readErrors(errors: readonly unknown[]): readonly SubgraphError[] {
  return errors.slice(0, limits.subgraphErrorsMax).map(readError);
}

function readError(error: unknown): SubgraphError {
  if (!isJsonObject(error)) return { message: unworded };
  const { message, path, extensions } = error;
  return {
    message: typeof message === 'string' ? cut(message) : unworded,
    ...(isPath(path) ? { path } : {}),
    ...(isJsonObject(extensions) ? { extensions: readExtensions(extensions) } : {}),
  };
}

const unworded = 'The subgraph reported an error.';

/** Only what is a text or a number goes on: nobody further in looks for more. */
function readExtensions(extensions: JsonObject): JsonObject {
  const known = Object.entries(extensions).slice(0, limits.subgraphErrorPathMax);
  return Object.fromEntries(
    known.flatMap(([name, value]): [string, string | number][] => {
      if (typeof value === 'string') return [[name, cut(value)]];
      return typeof value === 'number' ? [[name, value]] : [];
    }),
  );
}

function isPath(path: unknown): path is readonly (string | number)[] {
  return (
    Array.isArray(path) &&
    path.length <= limits.subgraphErrorPathMax &&
    path.every((key) => (typeof key === 'string' ? key.length <= limits.subgraphErrorLengthMax : Number.isInteger(key)))
  );
}

function cut(text: string): string {
  return text.length > limits.subgraphErrorLengthMax ? `${text.slice(0, limits.subgraphErrorLengthMax)}…` : text;
}
