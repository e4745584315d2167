/** The mesh whose page is looked at: where it is, and what its examples answer. */
import type { TestContext } from 'node:test';
import { createPageRoute } from '../../gateway/server/page.ts';
import { startTiny } from '../gateway/server/tiny.ts';

export interface PageSubject {
  readonly url: string;
  /** Tabs in order: the operation's name, and a text that its answer holds. */
  readonly tabs: readonly { readonly name: string; readonly answer: string }[];
}

const examples = [
  '# An airport\nquery Airport {\n  airport(iata: "JFK") {\n    name\n    city\n  }\n}\n',
  '# Live\nsubscription Live {\n  wait\n}\n',
  '# Lineage\nquery Lineage {\n  lineage(of: "product:safety/riskByAirport")\n}\n',
];

export async function startPageSubject(context: TestContext): Promise<PageSubject> {
  const { url } = await startTiny(context, { routes: [createPageRoute({ examples })] });
  return {
    url,
    tabs: [
      { name: 'Airport', answer: 'John F Kennedy Intl' },
      { name: 'Live', answer: '"wait": 1' },
      { name: 'Lineage', answer: 'upstream of product:safety/riskByAirport' },
    ],
  };
}
