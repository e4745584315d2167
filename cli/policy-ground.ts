/** What verbs that try a policy out stand on: a supergraph, composed here or from a file, and the files of policy. */
import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { type ExplainedRule, explainPolicy, originText } from '../gateway/compose/explain.ts';
import { findSafeAggregates } from '../gateway/policy/safe-aggregate.ts';
import type { SimulationGround } from '../gateway/simulate/simulate.ts';
import type { Composition } from '../gateway/supergraph/compose.ts';
import { readSupergraph } from '../gateway/supergraph/supergraph.ts';
import { systemClock } from '../mesh/core/clock.ts';
import type { Config } from '../mesh/core/config.ts';
import { WeftError, messageOf } from '../mesh/core/error.ts';
import { createGovernance } from '../mesh/policy/revision.ts';
import type { Rule } from '../mesh/policy/rules.ts';
import { composeMesh } from './composition.ts';
import { type GovernanceFiles, readGovernance } from './governance.ts';
import { readMeshSchemas } from './mesh-schemas.ts';

export interface PolicyGround extends SimulationGround {
  readonly files: GovernanceFiles;
  /** Where a rule is written; nothing but its coordinate is known of one from a file. */
  placesOf(rule: Rule): readonly string[];
}

export interface PolicyGroundOptions {
  readonly config: Config;
  /** File of the supergraph. Default: it is composed. */
  readonly supergraph?: string | undefined;
  /** In place of those that the configuration names. */
  readonly policies?: string | undefined;
  readonly agreements?: string | undefined;
  readonly note: (line: string) => void;
}

/** Throws `SUPERGRAPH_UNAVAILABLE`, `COMPOSITION_FAILED`, `POLICY_INVALID` or `CONFIG_INVALID`. */
export async function openPolicyGround(options: PolicyGroundOptions): Promise<PolicyGround> {
  const { config, supergraph: file } = options;
  const named = {
    ...config.policy,
    file: options.policies ?? config.policy.file,
    agreements: options.agreements ?? config.policy.agreements,
  };
  const appliesFilters = (name: string): boolean => config.subgraphs[name]?.appliesFilters ?? false;
  if (file !== undefined) {
    const files = readGovernance(named);
    return groundOf({
      sdl: await readText(file),
      files,
      config,
      appliesFilters,
      placesOf: () => [relative('', file) || file],
    });
  }
  const { subgraphs, policy, isOwn } = await readMeshSchemas({ ...config, policy: named });
  const files = readGovernance(policy);
  const composition = composeMesh(subgraphs, { classes: files.classes, note: options.note });
  const applies = isOwn ? () => true : appliesFilters;
  return groundOf({ sdl: composition.sdl, files, config, appliesFilters: applies, placesOf: originsIn(composition) });
}

interface Parts {
  readonly sdl: string;
  readonly files: GovernanceFiles;
  readonly config: Config;
  readonly appliesFilters: (subgraph: string) => boolean;
  readonly placesOf: PolicyGround['placesOf'];
}

function groundOf({ sdl, files, config, appliesFilters, placesOf }: Parts): PolicyGround {
  const supergraph = readSupergraph(sdl);
  const { apiSchema: schema, entities, subgraphs } = supergraph.planner;
  const asked = subgraphs.map(({ name }) => ({ name, appliesFilters: appliesFilters(name) }));
  return {
    supergraph,
    files,
    governance: createGovernance(files, supergraph),
    texts: files.texts,
    limits: config.limits,
    isSafeAggregate: findSafeAggregates({ schema, entities, subgraphs: asked }),
    now: systemClock.now(),
    placesOf,
  };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new WeftError('SUPERGRAPH_UNAVAILABLE', {
      action: `Cannot read the supergraph from "${file}"`,
      found: messageOf(cause),
      wanted: 'a supergraph SDL',
      cause,
    });
  }
}

function originsIn({ policy }: Composition): PolicyGround['placesOf'] {
  const explained = new Map(explainPolicy(policy).map(({ coordinate, rules }) => [coordinate, rules]));
  const originsOf = ({ from }: ExplainedRule) => from.map(originText);
  return ({ coordinate, text }) => {
    const there = explained.get(coordinate) ?? [];
    const same = there.filter((rule) => rule.text === text);
    return (same.length > 0 ? same : there).flatMap(originsOf);
  };
}
