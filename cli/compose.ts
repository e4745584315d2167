/** `weft compose`: prints the supergraph that the subgraphs compose to, or what binds in it and why. */
import { explainPolicy, explainText } from '../gateway/compose/explain.ts';
import { readEnvironment } from '../mesh/core/config.ts';
import { WeftError } from '../mesh/core/error.ts';
import type { Json } from '../mesh/core/json.ts';
import { type PolicyChange, changeText, diffRegimes } from '../mesh/policy/diff.ts';
import { commonFlags, defineCommand } from './command.ts';
import { composeMesh } from './composition.ts';
import { readConfig } from './config.ts';
import { readGovernance } from './governance.ts';
import { readMeshSchemas } from './mesh-schemas.ts';
import type { Output } from './output.ts';
import { readRegime, regimeOf } from './regime.ts';

export const command = defineCommand({
  description:
    'Prints the supergraph SDL of the subgraphs that the configuration names or, where it names none, of the domains of this mesh. It carries all rules.',
  flags: {
    config: commonFlags.config,
    explain: {
      kind: 'switch',
      description:
        'prints instead what binds at each coordinate, and which line of which subgraph or which class says so',
    },
    previous: {
      kind: 'text',
      value: 'FILE',
      description: 'the supergraph before; tells what policy is tightened or weakened, and fails when any is weakened',
    },
    'acknowledge-weakening': { kind: 'switch', description: 'does not fail then' },
  },
  async run({ flags, output }) {
    const config = readConfig({ file: flags.config, readEnvironment });
    const { subgraphs, policy } = await readMeshSchemas(config);
    const composition = composeMesh(subgraphs, {
      classes: readGovernance(policy).classes,
      note: output.note,
    });
    const { sdl } = composition;
    const changes =
      flags.previous === undefined
        ? []
        : diffRegimes(await readRegime(flags.previous, { which: 'the supergraph before' }), regimeOf(sdl));
    tellChanges(changes, { output, isAcknowledged: flags['acknowledge-weakening'] });
    if (flags.explain) {
      const explained = explainPolicy(composition.policy);
      output.result({ text: explainText(explained), json: { coordinates: explained as unknown as Json } });
    } else output.result({ text: sdl, json: { supergraph: sdl } });
    return 0;
  },
});

/** Throws `POLICY_WEAKENED` with each weakening, unless they are acknowledged. */
function tellChanges(
  changes: readonly PolicyChange[],
  { output, isAcknowledged }: { readonly output: Output; readonly isAcknowledged: boolean },
): void {
  const weakened = changes.filter(({ kind }) => kind === 'weakened');
  const isRefused = weakened.length > 0 && !isAcknowledged;
  for (const change of changes) {
    if (!isRefused || change.kind === 'tightened') output.note(`${change.kind}  ${changeText(change)}`);
  }
  if (!isRefused) return;
  throw new WeftError('POLICY_WEAKENED', {
    action: 'The policy is weaker than before',
    cause: new AggregateError(weakened.map(weakening)),
  });
}

function weakening(change: PolicyChange): WeftError {
  return new WeftError('POLICY_WEAKENED', {
    action: `weakened  ${changeText(change)}`,
    fix: 'Put it back, or give --acknowledge-weakening.',
  });
}
