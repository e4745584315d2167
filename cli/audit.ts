/** `weft audit verify`: whether the records of what policy decided are as they were written. */
import { readEnvironment } from '../mesh/core/config.ts';
import { WeftError } from '../mesh/core/error.ts';
import { type Verification, findingText } from '../mesh/events/verify.ts';
import { verifyLog } from './audit-trail.ts';
import { commonFlags, defineCommand } from './command.ts';
import { readConfig } from './config.ts';

const { config, data } = commonFlags;

export const command = defineCommand({
  description:
    'Looks through the log of a mesh, running or not: every record of what policy decided must be there, unchanged and ' +
    'in its place. Exit status: 0 it is so · 1 it is not, and each finding names the record.',
  operands: ['verify'],
  flags: { config, data },
  async run({ flags, operands, output }) {
    const [verb] = operands;
    if (verb !== 'verify') {
      throw new WeftError('USAGE_INVALID', {
        action: `Cannot run "weft audit ${verb ?? ''}"`,
        found: 'an unknown word',
        wanted: '"weft audit verify"',
      });
    }
    const settings = readConfig({ file: flags.config, flags: { data: flags.data }, readEnvironment });
    const verification = await verifyLog(settings);
    output.result({
      text: textOf(verification),
      json: { ...verification, findings: verification.findings.map(asJson) },
    });
    return verification.found === 0 ? 0 : 1;
  },
});

function textOf({ records, earlier, chains, firstAt, lastAt, findings, found }: Verification): string {
  const span = firstAt === null ? '' : `, from ${firstAt} to ${lastAt ?? ''}`;
  const lines = [
    `${records} records in ${chains} ${chains === 1 ? 'chain' : 'chains'}${span}`,
    ...(earlier === 0 ? [] : [`${earlier} records from before there was a chain are not sealed`]),
    ...findings.map(findingText),
    ...(found > findings.length ? [`and ${found - findings.length} more`] : []),
    found === 0 ? 'The audit is whole.' : `The audit is not whole: ${found} ${found === 1 ? 'finding' : 'findings'}.`,
  ];
  return lines.join('\n');
}

function asJson({ kind, chain, positions, offset, text }: Verification['findings'][number]) {
  return { kind, chain, positions, offset, text };
}
