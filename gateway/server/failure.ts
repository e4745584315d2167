/** What a client sees of an error that ends its request: GraphQL's error JSON. What it must not see goes to the operator. */
import { createId } from '../../mesh/core/id.ts';
import { isWeftError, WeftError } from '../../mesh/core/error.ts';

export interface Failure {
  /** HTTP status of the error's code. */
  readonly status: number;
  /** One formatted error: `message` and `extensions` with `code` and the error's details. */
  readonly error: FormattedError;
}

export interface FormattedError {
  readonly message: string;
  readonly extensions: Readonly<Record<string, unknown>>;
}

/** Tells the operator of an error that a client saw only as `id`, or of one that is the server's own trouble. */
export interface Report {
  (error: unknown, id: string): void;
}

/**
 * Anything but a public `WeftError` becomes `INTERNAL_SERVER_ERROR` with an id that `report` is given too. Public
 * errors with a status of 500 and above are reported as well, their id shown.
 */
export function describeFailure(error: unknown, report: Report): Failure {
  const isPublic = isWeftError(error) && error.kind.public;
  if (isPublic && error.kind.status < 500) return format(error);
  const id = createId();
  report(error, id);
  return format(isPublic ? error : internal(), { id });
}

/** The response body of a request that ended before execution began (GraphQL specification, section 7.1). */
export function failureBody({ error }: Failure): string {
  return JSON.stringify({ errors: [error] });
}

function format(error: WeftError, extra?: { readonly id: string }): Failure {
  const { message, code, details, kind } = error;
  return { status: kind.status, error: { message, extensions: { code, ...details, ...extra } } };
}

function internal(): WeftError {
  return new WeftError('INTERNAL_SERVER_ERROR', {
    action: 'Cannot answer the request',
    found: 'an error inside the gateway',
    fix: 'Give the id to whoever runs it.',
  });
}
