/** Discovery: what the mesh knows of itself. A domain like any other, but for the platform agent that it alone is granted. */
import { defineDomain } from '../../mesh/sdk/index.ts';
import { explain } from './processes/explain.ts';
import { events, identity, identityEvents } from './processes/events.ts';
import { execution, executions } from './processes/executions.ts';
import { lineage, productLineage } from './processes/lineage.ts';
import { product, products, productsById } from './processes/products.ts';

export default defineDomain({
  name: 'discovery',
  owner: 'Platform',
  description: 'The catalogue of data products, their lineage, the log and the executions.',
  processes: [
    products,
    product,
    productsById,
    lineage,
    productLineage,
    executions,
    execution,
    events,
    identity,
    identityEvents,
    explain,
  ],
});
