/**
 * Loaded before other code (`node --import`): whoever imports our planner gets a stand-in, but for the stand-ins themselves.
 * `BENCH_PLANNER` names it: `hive` plans with Hive's, `recorder` with ours and writes down what it was asked.
 */
import { registerHooks } from 'node:module';

const ours = new URL('../../gateway/plan/planner.ts', import.meta.url).href;
const here = new URL('.', import.meta.url).href;
const standIn = new URL(`stand-in/${process.env['BENCH_PLANNER'] ?? 'hive'}.ts`, import.meta.url).href;

registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context);
    const isStranger = context.parentURL?.startsWith(here) !== true;
    return resolved.url === ours && isStranger ? { ...resolved, url: standIn } : resolved;
  },
});
