/** The coordinates that a schema document has: types, fields, arguments, input fields, enum values. */
import { type DocumentNode, Kind } from 'graphql';

/** All of them, root types under the names that they have there. */
export function coordinatesIn(document: DocumentNode): ReadonlySet<string> {
  const found = new Set<string>();
  for (const definition of document.definitions) {
    if (!/Type(Definition|Extension)$/.test(definition.kind) || !('name' in definition)) continue;
    const type = definition.name?.value ?? '';
    found.add(type);
    const members = [
      ...('fields' in definition ? (definition.fields ?? []) : []),
      ...('values' in definition ? (definition.values ?? []) : []),
    ];
    for (const member of members) {
      const coordinate = `${type}.${member.name.value}`;
      found.add(coordinate);
      if (member.kind !== Kind.FIELD_DEFINITION) continue;
      for (const argument of member.arguments ?? []) found.add(`${coordinate}(${argument.name.value}:)`);
    }
  }
  return found;
}
