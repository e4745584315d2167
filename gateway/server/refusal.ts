/** The result of a request that is refused before execution begins, or during which something of ours broke. */
import { isWeftError } from '../../mesh/core/error.ts';
import { type Report, describeFailure, failureBody } from './failure.ts';
import type { OperationResult } from './operation.ts';

/** What the client is told of a thrown value: the errors of its document where there are several, else the one. */
export function refusal(error: unknown, report: Report): OperationResult {
  const known = isWeftError(error) ? error.details['errors'] : undefined;
  if (isWeftError(error) && Array.isArray(known)) {
    const errors = known.map((one: object) => ({ ...one, extensions: { code: error.code } }));
    return { body: JSON.stringify({ errors }), executed: false, status: error.kind.status };
  }
  const failure = describeFailure(error, report);
  return { body: failureBody(failure), executed: false, status: failure.status };
}
