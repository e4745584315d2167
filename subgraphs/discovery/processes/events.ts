/** The log, and the identities that its events tell of. */
import { aggregator, defineProcess, logic } from '../../../mesh/sdk/index.ts';
import type { FieldInput, JsonObject, QueryInput } from '../../../mesh/sdk/index.ts';
import { auditTypes, mayAudit } from '../model/audit.ts';
import { given, pageOf } from '../model/page.ts';
import type { Page } from '../model/page.ts';

type Conditions = { readonly [name in 'label' | 'domain' | 'source' | 'target' | 'since' | 'until']?: string | null };
type Search = QueryInput<Conditions & Page>;
type Identities = FieldInput<{ id: string }, Page>;

export const events = defineProcess({
  name: 'events',
  logics: [
    logic<Search, { events: readonly JsonObject[] }>('read', async ({ platform, input, session, subject }) => {
      const { label, domain, source, target, since, until } = input.args;
      const filter = {
        ...(label && { labels: [label] }),
        ...(domain && { domains: [domain] }),
        ...(source && { sources: [source] }),
        ...(target && { targets: [target] }),
        ...given({ since, until }),
        ...(mayAudit(subject) ? {} : { exceptTypes: auditTypes }),
      };
      const found = await platform.events({ filter, ...pageOf(input.args), descending: true });
      session.set(
        'events',
        found.map((event) => ({ ...event, cursor: String(event.offset) })),
      );
    }),
  ],
  aggregator: aggregator<Search, { events: readonly JsonObject[] }>('show', ({ session, result }) => {
    result.finalize(session.get('events'));
  }),
});

/** Any text may be an identity: what is known of it is its events. */
export const identity = defineProcess({
  name: 'identity',
  inline: true,
  logics: [],
  aggregator: aggregator<QueryInput<{ id: string }>>('name', ({ input, result }) => {
    result.finalize({ id: input.args.id });
  }),
});

export const identityEvents = defineProcess({
  name: 'identityEvents',
  logics: [
    logic<Identities, { lists: readonly (readonly JsonObject[])[] }>('read', async ({ platform, input, session }) => {
      const page = pageOf(input.args);
      const lists = input.parents.map((identity) => platform.eventsOf({ identity: identity.id, ...page }));
      session.set('lists', await Promise.all(lists));
    }),
  ],
  aggregator: aggregator<Identities, { lists: readonly (readonly JsonObject[])[] }>('show', ({ session, result }) => {
    const lists = session.get('lists');
    result.finalize(lists.map((list) => list.map((event) => ({ ...event, cursor: String(event.offset) }))));
  }),
});
