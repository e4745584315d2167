/** Tells requests of one operation apart by the inputs they use, where a subject may not use them. */
import type { FieldNode, OperationDefinitionNode } from 'graphql';
import type { JsonObject } from '../../mesh/core/json.ts';
import { createRefusals } from './bound-input.ts';
import { any } from './input-use.ts';
import { Pruning } from './pruning.ts';
import { type StandingOptions, createStandings } from './standing.ts';

/** One text for all variables with which the operation comes out alike. */
export type InputWatch = (inputs: JsonObject) => string;

/** A watch over a normalised operation. Where no values of its variables make a difference, it does not look at them. */
export function watchInputs(operation: OperationDefinitionNode, options: StandingOptions): InputWatch {
  const standings = createStandings(options);
  const refuse = createRefusals({ ...options, operation, standings });
  const watched: { readonly field: FieldNode; readonly type: string }[] = [];
  const note = (field: FieldNode, type: string): null => {
    if (refuse(field, type, any) !== null) watched.push({ field, type });
    return null;
  };
  new Pruning({ schema: options.schema, standings, refuse: note }).prune(operation);
  if (watched.length === 0) return () => '';
  return (inputs) =>
    watched
      .map(({ field, type }) => {
        const refusal = refuse(field, type, inputs);
        return refusal === null ? '' : ` ${refusal.coordinate} ${refusal.rule.coordinate}`;
      })
      .join();
}
