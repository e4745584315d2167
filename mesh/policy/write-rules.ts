/** Rules as directives: what `read-rules.ts` reads, written under the directives' own names. */
import { bothOf } from './implies.ts';
import { maskText } from './mask.ts';
import type { Rule } from './rules.ts';

/** A rule, whoever worded it. */
type Worded<Of extends Rule = Rule> = Of extends Rule ? Omit<Of, 'text'> : never;

/** The directive that says the rule, by its own name or by another that it bears where it is written. */
export function textOfRule(rule: Worded, nameOf: (directive: string) => string = (name) => name): string {
  switch (rule.kind) {
    case 'authenticated':
      return `@${nameOf('authenticated')}`;
    case 'scopes':
      return `@${nameOf('requiresScopes')}(scopes: ${listsText(rule.anyOf)})`;
    case 'policies':
      return `@${nameOf('policy')}(policies: ${listsText(rule.anyOf)})`;
    case 'purpose':
      return `@${nameOf('purpose')}(allow: ${listText(rule.allow)})`;
    case 'mask': {
      const text = maskText(rule.mask);
      const mask = rule.mask.step === null ? text : JSON.stringify(text);
      const unless = rule.unless.length === 0 ? '' : `, unless: ${listsText(rule.unless)}`;
      return `@${nameOf('mask')}(with: ${mask}${unless})`;
    }
    case 'rows':
      return `@${nameOf('rows')}(where: ${JSON.stringify(rule.condition.text)})`;
    default:
      return rule satisfies never;
  }
}

/** A list of texts as GraphQL writes it. */
export function listText(list: readonly string[]): string {
  return `[${list.map((text) => JSON.stringify(text)).join(', ')}]`;
}

function listsText(lists: readonly (readonly string[])[]): string {
  return `[${lists.map(listText).join(', ')}]`;
}

/**
 * All rules of one coordinate in as few directives as can say them: the standard ones stand once each, for they may not be
 * repeated. `null` when the alternatives of scopes or policies are too many to be written.
 */
export function joinRules(rules: readonly Rule[]): readonly Rule[] | null {
  const joined: Rule[] = [];
  for (const rule of rules) {
    if (joined.some((known) => known.kind === rule.kind && textOfRule(known) === textOfRule(rule))) continue;
    const index = joined.findIndex((known) => known.kind === rule.kind);
    const known = joined[index];
    if (rule.kind === 'authenticated' && known !== undefined) continue;
    if (
      (rule.kind === 'scopes' && known?.kind === 'scopes') ||
      (rule.kind === 'policies' && known?.kind === 'policies')
    ) {
      const anyOf = bothOf([known.anyOf, rule.anyOf]);
      if (anyOf === null) return null;
      const both = { ...known, anyOf };
      joined[index] = { ...both, text: textOfRule(both) };
      continue;
    }
    joined.push(rule);
  }
  return joined.map((rule) => ({ ...rule, text: textOfRule(rule) }));
}
