/** Things that are worked out when they are first asked for. */

/** Made at the first call, and given again at every other. */
export function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null;
  return () => (made ??= { value: make() }).value;
}

/** Names by name, found once for each. */
export function rememberNames(find: (name: string) => readonly string[]): (name: string) => ReadonlySet<string> {
  const known = new Map<string, ReadonlySet<string>>();
  return (name) => {
    const types = known.get(name) ?? new Set(find(name));
    known.set(name, types);
    return types;
  };
}
