/** Policies as they are compared: of a supergraph's file, with the conditions of named policies where a file of these is known. */
import { readFile } from 'node:fs/promises';
import { parse } from 'graphql';
import { WeftError, messageOf } from '../mesh/core/error.ts';
import { coordinatesIn } from '../mesh/policy/coordinates.ts';
import type { Regime } from '../mesh/policy/diff.ts';
import { readPolicy } from '../mesh/policy/read-rules.ts';
import { readPolicies } from './policies.ts';

/** `which`: how messages call the supergraph. Throws `SUPERGRAPH_UNAVAILABLE`, or `POLICY_INVALID` for the policies. */
export async function readRegime(
  file: string,
  { which, policies }: { readonly which: string; readonly policies?: string | undefined },
): Promise<Regime> {
  try {
    const regime = regimeOf(await readFile(file, 'utf8'));
    return policies === undefined ? regime : { ...regime, texts: readPolicies(policies).texts };
  } catch (cause) {
    if (cause instanceof WeftError) throw cause;
    throw new WeftError('SUPERGRAPH_UNAVAILABLE', {
      action: `Cannot read ${which} from "${file}"`,
      found: messageOf(cause),
      wanted: 'a supergraph SDL',
      cause,
    });
  }
}

/** Named policies and agreements are no part of a supergraph. */
export function regimeOf(sdl: string): Regime {
  const document = parse(sdl);
  return { policy: readPolicy(document), coordinates: coordinatesIn(document), texts: null, agreements: null };
}
