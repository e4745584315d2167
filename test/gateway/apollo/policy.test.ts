/** Masks and row filters once more, through Apollo Server's front door. */
import { join } from 'node:path';
import { useDoor } from '../../support/gateway.ts';

useDoor('apollo');
for (const name of ['masks', 'rows', 'row-failures', 'rows-elsewhere'])
  await import(join(import.meta.dirname, `../policy/${name}.test.ts`));
