/** The mesh whose page is looked at: the whole one, as `npm start` runs it, and what its examples answer. */
import type { TestContext } from 'node:test';
import { startMesh } from '../support/mesh.ts';

export interface PageSubject {
  readonly url: string;
  /** Tabs in order: the operation's name, and a text that its answer holds. */
  readonly tabs: readonly { readonly name: string; readonly answer: string }[];
}

export async function startPageSubject(context: TestContext): Promise<PageSubject> {
  const { url } = await startMesh(context);
  return {
    url,
    tabs: [
      { name: 'AcrossDomains', answer: 'John F Kennedy Intl' },
      { name: 'LiveEvents', answer: '"delay":' },
      { name: 'Lineage', answer: 'process:safety/riskByAirport' },
    ],
  };
}
