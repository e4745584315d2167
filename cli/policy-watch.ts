/** Watches the files of policy while a gateway serves: what they come to say takes effect, what cannot be read changes nothing. */
import { createFileSource } from '../gateway/supergraph/file.ts';
import type { Config } from '../mesh/core/config.ts';
import { isWeftError, messageOf } from '../mesh/core/error.ts';
import { type GovernanceFiles, readGovernance } from './governance.ts';

export interface PolicyWatchOptions {
  readonly policy: Config['policy'];
  /** What was read of the files before. */
  readonly first: GovernanceFiles;
  /** Puts what they say now into service; what it throws keeps that from being so. */
  readonly take: (files: GovernanceFiles) => Promise<void>;
  readonly note: (line: string) => void;
}

export interface PolicyWatch {
  /** Why older policies are in service than the files say; `null` when that is not so. */
  trouble(): string | null;
  close(): Promise<void>;
}

/** Begins to watch. */
export function watchPolicy({ policy, first, take, note }: PolicyWatchOptions): PolicyWatch {
  const stop = new AbortController();
  const paths = [policy.file, policy.agreements, policy.subjects].filter((path) => path !== null);
  let tried = signOf(first);
  let trouble: string | null = null;
  let last: Promise<void> = Promise.resolve();

  const look = async (): Promise<void> => {
    try {
      const files = readGovernance(policy);
      const sign = signOf(files);
      if (sign === tried) return;
      tried = sign;
      await take(files);
      trouble = null;
      note('the policies that changed are in service');
    } catch (error) {
      const message = `${isWeftError(error) ? error.code : ''} ${messageOf(error)}`.trim().replaceAll(/\s+/g, ' ');
      if (trouble === message) return;
      trouble = message;
      // What could not be read is tried again however it looks then.
      if (isWeftError(error, 'POLICY_INVALID') || isWeftError(error, 'CONFIG_INVALID')) tried = '';
      note(`the policies that changed are not taken; the last good ones are in service: ${message.slice(0, 1_000)}`);
    }
  };
  const follow = async (path: string): Promise<void> => {
    for await (const _ of createFileSource(path).read(stop.signal)) {
      last = last.then(look);
      await last;
    }
  };
  const following = paths.map(follow);

  return {
    trouble: () => trouble && `the last good policies are in service: ${trouble.split(' ', 1)[0] ?? ''}`,
    async close() {
      stop.abort();
      await Promise.all(following);
    },
  };
}

/** The same for files that say the same. */
function signOf({ texts, classes, agreements, roster }: GovernanceFiles): string {
  const meant = [...classes.values()].map((one) => [one.name, one.mask, one.scopes, one.purposes, one.rows?.text]);
  return JSON.stringify([[...texts], meant, agreements, [...roster]]);
}
