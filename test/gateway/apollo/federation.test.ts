/** Every case of federation once more, through Apollo Server's front door; but the fuzz, which is about what is behind it. */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { useDoor } from '../../support/gateway.ts';

useDoor('apollo');
const folder = join(import.meta.dirname, '../federation');
const files = globSync('*.test.ts', { cwd: folder }).filter((file) => file !== 'fuzz.test.ts');
for (const file of files.toSorted()) await import(join(folder, file));
