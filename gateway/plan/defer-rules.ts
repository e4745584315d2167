/**
 * What makes `@defer` valid (GraphQL specification, draft "Incremental Delivery": sections "Defer And Stream Directives
 * Are Used On Valid Root Field", "… On Valid Operations", "… Directive Labels Are Unique"). graphql-js 16 has none of it.
 */
import {
  type ASTVisitor,
  type DirectiveNode,
  type ValidationContext,
  type ValidationRule,
  GraphQLError,
  Kind,
  OperationTypeNode,
  visit,
} from 'graphql';

/** At the root of a mutation things happen in order, a subscription has one event at a time: neither can be put off. */
function DeferOnRootFieldRule(context: ValidationContext): ASTVisitor {
  return {
    Directive(directive) {
      if (directive.name.value !== 'defer') return;
      const parent = context.getParentType();
      const schema = context.getSchema();
      if (!parent || (parent !== schema.getMutationType() && parent !== schema.getSubscriptionType())) return;
      const kind = parent === schema.getMutationType() ? 'mutation' : 'subscription';
      const message = `Defer directive cannot be used on root ${kind} type "${parent.name}".`;
      context.reportError(new GraphQLError(message, { nodes: directive }));
    },
  };
}

function DeferOnSubscriptionRule(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(operation) {
      if (operation.operation !== OperationTypeNode.SUBSCRIPTION) return false;
      for (const node of [operation, ...context.getRecursivelyReferencedFragments(operation)]) {
        visit(node, { Directive: (directive) => void (isAlwaysOn(directive) && report(directive)) });
      }
      return false;
    },
  };

  function report(directive: DirectiveNode): void {
    const message = 'Defer directive not supported on subscription operations.';
    const hint = 'Disable `@defer` by setting the `if` argument to `false`.';
    context.reportError(new GraphQLError(`${message} ${hint}`, { nodes: directive }));
  }
}

/** Whether it is a `@defer` that no variable and no `false` turns off. */
function isAlwaysOn(directive: DirectiveNode): boolean {
  if (directive.name.value !== 'defer') return false;
  const value = directive.arguments?.find(({ name }) => name.value === 'if')?.value;
  return value === undefined || (value.kind === Kind.BOOLEAN && value.value);
}

function DeferLabelRule(context: ValidationContext): ASTVisitor {
  const known = new Map<string, DirectiveNode>();
  return {
    Directive(directive) {
      if (directive.name.value !== 'defer') return;
      const value = directive.arguments?.find(({ name }) => name.value === 'label')?.value;
      if (value === undefined || value.kind === Kind.NULL) return;
      if (value.kind !== Kind.STRING) {
        const message = 'Defer directive label argument must be a static string.';
        context.reportError(new GraphQLError(message, { nodes: directive }));
        return;
      }
      const other = known.get(value.value);
      known.set(value.value, directive);
      if (other === undefined) return;
      const message = 'Defer directive label argument must be unique.';
      context.reportError(new GraphQLError(message, { nodes: [other, directive] }));
    },
  };
}

/** To be run beside GraphQL's own rules. */
export const deferRules: readonly ValidationRule[] = [DeferOnRootFieldRule, DeferOnSubscriptionRule, DeferLabelRule];
