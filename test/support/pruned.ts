/** Pruning alone: a schema with rules, an operation, and what is left of it. */
import assert from 'node:assert/strict';
import { type FieldNode, type OperationDefinitionNode, buildSchema, parse, print, visit } from 'graphql';
import { type PruneOptions, pruneOperation, rulesOf } from '../../gateway/policy/prune.ts';
import { cutView } from '../../gateway/policy/signature.ts';
import { anonymous } from '../../mesh/core/subject.ts';
import { noGovernance } from '../../mesh/policy/governance.ts';
import { readPolicy } from '../../mesh/policy/read-rules.ts';
import { createViews } from '../../mesh/policy/views.ts';

const link = 'extend schema @link(url: "https://weft.dev/weft/v1.0", import: ["@mask", "@rows", "@derivedFrom"])';

/** Prunes a query for somebody of whom nothing is known. The schema may use `@mask`, `@rows`, `@derivedFrom` and `@authenticated`. */
export function prune(sdl: string, query: string, options: Partial<PruneOptions> = {}) {
  const operation = parse(query).definitions[0] as OperationDefinitionNode;
  const schema = buildSchema(sdl, { assumeValidSDL: true });
  const policy = readPolicy(parse(`${link}\n${sdl}`));
  const { rules } = policy;
  const viewOf = createViews({ rules, governance: noGovernance, covers: () => false, clock: { now: () => 0 } });
  const { verdicts } = cutView(viewOf(anonymous), rulesOf(operation, { schema, policy }), 0);
  const pruned = pruneOperation(operation, { schema, policy, verdicts, ...options });
  const fields = new Map<string, FieldNode>();
  visit(operation, { Field: (field) => void fields.set(field.name.value, field) });
  const fieldOf = (name: string): FieldNode => fields.get(name) ?? assert.fail(`The query selects no ${name}.`);
  return { ...pruned, fieldOf, text: print(pruned.operation).replaceAll(/\s+/g, ' ') };
}
