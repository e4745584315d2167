/** Row conditions have to be answerable: what they read of an object is there, can be asked for, and is known to whoever asks. */
import {
  type GraphQLCompositeType,
  type GraphQLNamedType,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import type { ErrorParts, WeftError } from '../../mesh/core/error.ts';
import { conditionVariables } from '../../mesh/policy/condition.ts';
import type { FieldTree } from '../../mesh/policy/reads.ts';
import type { RowCondition } from '../../mesh/policy/row-condition.ts';
import { elementAt } from './coordinates.ts';
import { type Ground, mistakeAt } from './ground.ts';

/** Row conditions that would hide every row, for what they read is never there. */
export function checkRows(ground: Ground): readonly WeftError[] {
  return [...ground.policy.rules].flatMap(([coordinate, bound]) =>
    bound.flatMap(({ rule, from }) => {
      if (rule.kind !== 'rows') return [];
      const action = `Cannot decide which rows of "${coordinate}" exist by "${rule.condition.text}"`;
      const element = elementAt(ground.schema, coordinate);
      const type = element?.kind === 'type' ? element.type : undefined;
      const wrong =
        isObjectType(type) || isInterfaceType(type)
          ? wrongCondition(rule.condition, type)
          : { found: 'no object type', fix: 'Classify the type whose rows they are, not a field.' };
      return wrong === null ? [] : [mistakeAt(from[0]?.at, { ...wrong, action })];
    }),
  );
}

type Wrong = Omit<ErrorParts, 'action'>;

function wrongCondition({ text, fields, reads }: RowCondition, type: GraphQLCompositeType): Wrong | null {
  const unknown = conditionVariables(text).find((name) => !variables.has(name));
  if (unknown !== undefined) {
    return { found: `an unknown variable "${unknown}"`, wanted: `one of ${[...variables].join(', ')}` };
  }
  const path = reads.subject.find(([part]) => part !== undefined && !subjectParts.has(part));
  if (path !== undefined) {
    const wanted = [...subjectParts].map((part) => `subject.${part}`).join(', ');
    return {
      found: `"subject.${path.join('.')}"`,
      wanted,
      fix: 'What a token says beside that is under `subject.claims`.',
    };
  }
  return wrongFields(fields, type, 'object');
}

const variables: ReadonlySet<string> = new Set(['object', 'subject', 'purpose', 'now']);
const subjectParts: ReadonlySet<string> = new Set([
  'id',
  'roles',
  'scopes',
  'purpose',
  'claims',
  'domain',
  'expiresAt',
]);

function wrongFields(tree: FieldTree, type: GraphQLNamedType, path: string): Wrong | null {
  for (const [name, below] of tree) {
    const place = `${path}.${name}`;
    if (name === '__typename') continue;
    const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
    if (field === undefined) {
      const known = isObjectType(type) || isInterfaceType(type) ? Object.keys(type.getFields()) : [];
      const wanted = known.length === 0 ? 'nothing below it' : `one of ${known.join(', ')}`;
      return { found: `"${place}", which ${type.name} does not have`, wanted };
    }
    const needed = field.args.find(isRequiredArgument);
    if (needed !== undefined) {
      return { found: `"${place}", which needs an argument "${needed.name}"`, wanted: 'a field without arguments' };
    }
    const named = getNamedType(field.type);
    if (isHidden(field.astNode) || isHidden(named.astNode)) {
      return { found: `"${place}", which is @inaccessible`, wanted: 'a field that can be asked for' };
    }
    const wrong = isCompositeType(named) ? wrongFields(below, named, place) : wrongLeaf(below, named, place);
    if (wrong !== null) return wrong;
    if (isAbstractType(named) && !isInterfaceType(named) && below.size > 0) return { found: `"${place}", a union` };
  }
  return null;
}

/** Texts and numbers have nothing below them; what a custom scalar holds is not known. */
function wrongLeaf(below: FieldTree, type: GraphQLNamedType, place: string): Wrong | null {
  const [name] = below.keys();
  if (name === undefined || !builtIn.has(type.name)) return null;
  return { found: `"${place}.${name}", though ${place} is of type ${type.name}`, wanted: 'nothing below it' };
}

const builtIn: ReadonlySet<string> = new Set(['String', 'Int', 'Float', 'Boolean', 'ID']);

function isHidden(
  node: { readonly directives?: readonly { readonly name: { readonly value: string } }[] } | null | undefined,
): boolean {
  return node?.directives?.some(({ name }) => name.value === 'inaccessible') ?? false;
}
