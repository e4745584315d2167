/** `weft policy diff`: what one supergraph lets be seen that another does not, and the other way round. */
import { changeText, diffRegimes } from '../mesh/policy/diff.ts';
import { defineCommand } from './command.ts';
import { readRegime } from './regime.ts';

export const command = defineCommand({
  description:
    'Compares the policies of two supergraphs, coordinate by coordinate: tightened, or weakened where somebody may see more than ' +
    'before; what cannot be compared counts as weakened. Exit status: 0 nothing is weakened · 1 something is.',
  operands: ['OLD', 'NEW'],
  flags: {
    'policies-before': {
      kind: 'text',
      value: 'FILE',
      description: 'named policies under OLD; by default their conditions are not compared',
    },
    'policies-after': { kind: 'text', value: 'FILE', description: 'named policies under NEW' },
    'acknowledge-weakening': { kind: 'switch', description: 'exits with 0 then, too' },
  },
  async run({ flags, operands: [old = '', next = ''], output }) {
    const changes = diffRegimes(
      await readRegime(old, { which: 'the supergraph before', policies: flags['policies-before'] }),
      await readRegime(next, { which: 'the supergraph after', policies: flags['policies-after'] }),
    );
    const lines = changes.map((change) => `${change.kind.padEnd('tightened'.length)}  ${changeText(change)}`);
    output.result({
      text: lines.length === 0 ? 'nothing is tightened or weakened' : lines.join('\n'),
      json: { changes: changes.map((change) => ({ ...change })) },
    });
    return changes.some(({ kind }) => kind === 'weakened') && !flags['acknowledge-weakening'] ? 1 : 0;
  },
});
