/** Every case of federation once more, through Apollo Server's front door. */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { useDoor } from '../../support/gateway.ts';

useDoor('apollo');
const folder = join(import.meta.dirname, '../federation');
for (const file of globSync('*.test.ts', { cwd: folder }).toSorted()) await import(join(folder, file));
