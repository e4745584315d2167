import { readFileSync } from 'node:fs';
import { parse } from 'graphql';
import { readSupergraph } from '../../gateway/supergraph/supergraph.ts';
const sg = readSupergraph(readFileSync('schema/supergraph.graphql', 'utf8'));
for (const q of process.argv.slice(2)) console.log(q, JSON.stringify(sg.planner.plan(parse(q), null), null, 1));
