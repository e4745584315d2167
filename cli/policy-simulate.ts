/** `weft policy simulate`: what somebody would see of an operation, by which rules, and what would change that. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { simulate } from '../gateway/simulate/simulate.ts';
import { readEnvironment } from '../mesh/core/config.ts';
import { WeftError, messageOf } from '../mesh/core/error.ts';
import { type JsonObject, isJsonObject } from '../mesh/core/json.ts';
import { createEnrol } from '../mesh/policy/roster.ts';
import { commonFlags, defineCommand } from './command.ts';
import { readConfig } from './config.ts';
import { openPolicyGround } from './policy-ground.ts';
import { readPolicyUser, stating } from './policy-user.ts';
import { readPolicyFile } from './policy-values.ts';
import { simulationJson, simulationText } from './simulation-text.ts';

export const command = defineCommand({
  description:
    'Says of each coordinate of an operation whether somebody sees it, by which rules, what these read of whoever asks, and the ' +
    'nearest change that would let more be seen. It asks no subgraph for data, and stands on the supergraph of a file or, ' +
    'without one, on the subgraphs that `weft compose` composes.',
  flags: {
    as: {
      kind: 'text',
      value: 'FILE',
      required: true,
      description: 'who asks, as JSON or YAML: id, roles, scopes, purposes, domain, claims; `{}` is anonymous',
    },
    operation: { kind: 'text', value: 'FILE', required: true, description: 'the document' },
    name: { kind: 'text', value: 'NAME', description: 'which operation of the document, where it has several' },
    variables: { kind: 'text', value: 'FILE', description: 'their values as JSON; by default none are given' },
    purpose: { kind: 'text', value: 'PURPOSE', description: 'the purpose that the request states; by default none' },
    supergraph: { kind: 'text', value: 'FILE', description: 'supergraph SDL; by default it is composed' },
    config: commonFlags.config,
  },
  async run({ flags, output }) {
    const config = readConfig({ file: flags.config, readEnvironment });
    const file = readPolicyFile(flags.as);
    const user = readPolicyUser(file);
    const document = readText(flags.operation, 'the operation');
    const variables = flags.variables === undefined ? {} : parseVariables(flags.variables);
    const ground = await openPolicyGround({ config, supergraph: flags.supergraph, note: output.note });
    const enrol = createEnrol(ground.governance.roster);
    const subject = enrol(stating(user, flags.purpose ?? null, file));
    const request = { document, operationName: flags.name ?? null, variables, subject, purposes: user.purposes };
    const simulation = simulate(request, ground);
    output.result({
      text: simulationText(simulation, ground.placesOf),
      json: simulationJson(simulation, ground.placesOf),
    });
    return 0;
  },
});

function readText(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw unreadable(file, what, cause);
  }
}

function parseVariables(file: string): JsonObject {
  const what = 'the variables';
  const text = readText(file, what);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable(file, what, cause);
  }
  if (isJsonObject(value)) return value;
  throw unreadable(file, what, 'no JSON object');
}

function unreadable(file: string, what: string, cause: unknown): WeftError {
  return new WeftError('USAGE_INVALID', {
    action: `Cannot read ${what} from "${relative('', file) || file}"`,
    found: messageOf(cause),
    at: { file },
    cause,
  });
}
