/** Which coordinates the nodes of the lineage stand for, as the domains of this host declare them. */
import { nodeIdOf } from '../lineage/fold.ts';
import type { LoadedFolder } from './folder.ts';
import { readProducts } from './products.ts';

/** By the ids of products, processes and labels; what a process does without being asked is at no coordinate. A label that feeds no field stands for what the processes answer that it starts. */
export function placesByNode(
  folders: readonly Pick<LoadedFolder, 'manifest' | 'declarations'>[],
): ReadonlyMap<string, readonly string[]> {
  const places = new Map<string, string[]>();
  const add = (node: string, coordinate: string): void => {
    const known = places.get(node);
    if (known === undefined) places.set(node, [coordinate]);
    else known.push(coordinate);
  };
  for (const { manifest, declarations } of folders) {
    const { name } = manifest;
    for (const process of manifest.processes) places.set(nodeIdOf('process', name, process.name), []);
    for (const product of readProducts(manifest, declarations))
      add(nodeIdOf('product', name, product.name), product.coordinate);
    for (const { coordinate, process, event } of declarations.all) {
      if (process !== null) add(nodeIdOf('process', name, process.name), coordinate);
      if (event !== null) add(nodeIdOf('label', name, event.label), coordinate);
    }
    const started = manifest.processes.flatMap(({ name: process, triggers }) =>
      triggers.flatMap((trigger) => (trigger.kind === 'event' ? { process, label: trigger.label } : [])),
    );
    const bare = started.filter(({ label }) => !places.has(nodeIdOf('label', name, label)));
    for (const { process, label } of bare) {
      const answered = places.get(nodeIdOf('process', name, process)) ?? [];
      for (const coordinate of answered) add(nodeIdOf('label', name, label), coordinate);
    }
  }
  return places;
}
