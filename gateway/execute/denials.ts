/** What a client is told of what policy took out of its operation. */
import { type OperationDefinitionNode, visit } from 'graphql';
import type { Rule } from '../../mesh/policy/rules.ts';
import type { Verdicts } from '../../mesh/policy/view.ts';
import { codeOf } from '../policy/decided.ts';
import type { Denied } from '../policy/pruning.ts';
import type { AnswerError } from './complete.ts';

/**
 * One error a position: whoever is told why does not need all reasons. They name nothing that is denied but what the operation
 * names; with `null` in its place, all of it.
 */
export function denialErrors(
  denied: readonly Denied[],
  verdicts: Verdicts,
  operation: OperationDefinitionNode | null,
): readonly AnswerError[] {
  if (denied.length === 0) return [];
  const isNamed = operation === null ? null : namedTypes(operation);
  const byPath = new Map<string, AnswerError>();
  for (const one of denied) {
    const key = one.path.join('.');
    if (!byPath.has(key)) byPath.set(key, denialError(one, verdicts, isNamed));
  }
  return [...byPath.values()];
}

function namedTypes(operation: OperationDefinitionNode): ReadonlySet<string> {
  const names = new Set<string>();
  visit(operation, { NamedType: ({ name }) => void names.add(name.value) });
  return names;
}

function denialError(
  { path, coordinate: denied, at, rule, reason, isInput = false }: Denied,
  verdicts: Verdicts,
  named: ReadonlySet<string> | null,
): AnswerError {
  const reasonCode = codeOf(rule, verdicts);
  // A type that objects may turn out to be: where it is not named, it is what gives them that is.
  const isKnown = at === undefined || named === null || named.has(denied);
  const coordinate = isKnown ? denied : at;
  const told = named === null ? { rule: rule.text, reason } : wordsOf(rule, reason, coordinate);
  const extensions = { code: 'UNAUTHORIZED_FIELD_OR_TYPE', coordinate, ...told, reasonCode };
  const what = `${isInput ? 'use' : 'read'} ${isKnown ? '' : 'some objects of '}${coordinate}`;
  return { message: `Not allowed to ${what}: ${told.reason}.`, path, extensions };
}

/** A rule may stand elsewhere, and a condition names other fields. */
function wordsOf(rule: Rule, reason: string, coordinate: string): { readonly rule: string; readonly reason: string } {
  const text = rule.kind === 'rows' ? rule.text.replace(/\(.*$/s, '') : rule.text;
  return { rule: text, reason: reason.replaceAll(rule.coordinate, coordinate) };
}
