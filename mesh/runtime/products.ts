/** A domain's data products as its SDL declares them, and the catalogue of all domains' products by coordinate. */
import { type SourceLocation, WeftError } from '../core/error.ts';
import type { DataFlow, ProductDeployed } from '../core/event.ts';
import type { Declaration, Declarations } from './declarations.ts';
import type { Manifest } from './message.ts';

/** A product before its sources are found in the other domains. */
export interface DeclaredProduct extends Omit<ProductDeployed, 'derivedFrom'> {
  readonly domain: string;
  readonly sources: readonly { readonly coordinate: string; readonly at: SourceLocation }[];
}

/** Reads a domain's products. */
export function readProducts(manifest: Manifest, declarations: Declarations): readonly DeclaredProduct[] {
  return declarations.all.flatMap((declaration) => {
    const { product, field, type, gives, coordinate } = declaration;
    if (product === null) return [];
    const text = (name: string): string | null => (typeof product[name] === 'string' ? product[name] : null);
    return {
      domain: manifest.name,
      name: text('name') ?? field ?? type,
      coordinate,
      owner: text('owner') ?? manifest.owner,
      description: text('description') ?? declaration.description,
      status: text('status') ?? 'ACTIVE',
      freshness: text('freshness'),
      availability: text('availability'),
      process: declaration.process?.name ?? null,
      labels: declaration.event === null ? [] : [declaration.event.label],
      sources: declaration.derivedFrom,
      fields: declarations.fields.get(gives ?? type) ?? [],
    };
  });
}

/** All products of the mesh by coordinate. */
export class Catalogue {
  readonly #products: readonly DeclaredProduct[];
  readonly #byCoordinate: ReadonlyMap<string, readonly DeclaredProduct[]>;

  constructor(products: readonly DeclaredProduct[]) {
    this.#products = products;
    this.#byCoordinate = Map.groupBy(products, ({ coordinate }) => coordinate);
  }

  /** The products that a coordinate belongs to: that of exactly it, else that of its type. */
  at(coordinate: string): readonly DataFlow[] {
    return this.#find(coordinate).map(flowOf);
  }

  /** The domain's own products that a declaration's process answers: its own, its type's, else that of the type it gives. */
  answeredBy(domain: string, { coordinate, type, gives }: Declaration): readonly DataFlow[] {
    for (const place of [coordinate, type, gives ?? '']) {
      const own = (this.#byCoordinate.get(place) ?? []).filter((product) => product.domain === domain);
      if (own.length > 0) return own.map(flowOf);
    }
    return [];
  }

  /**
   * Every product with its sources found. Throws `DOMAIN_INVALID`, with its place, for a source that no product owns; where
   * only a part of the mesh is known (`partial`), such a source may stand elsewhere and is left out.
   */
  resolved(partial: boolean): readonly { readonly domain: string; readonly product: ProductDeployed }[] {
    return this.#products.map(({ domain, sources, ...product }) => {
      const known = partial ? sources.filter(({ coordinate }) => this.#find(coordinate).length > 0) : sources;
      const derivedFrom = new Set(known.flatMap((source) => this.#sourcesAt(source, product.coordinate)));
      return { domain, product: { ...product, derivedFrom: [...derivedFrom] } };
    });
  }

  #sourcesAt({ coordinate, at }: DeclaredProduct['sources'][number], derived: string): readonly string[] {
    const found = this.#find(coordinate);
    if (found.length > 0) return found.map(({ domain, name }) => `${domain}/${name}`);
    throw new WeftError('DOMAIN_INVALID', {
      action: `Cannot derive "${derived}" from "${coordinate}"`,
      found: 'no product at that coordinate',
      wanted: `one of ${[...this.#byCoordinate.keys()].toSorted().join(', ')}`,
      at,
    });
  }

  #find(coordinate: string): readonly DeclaredProduct[] {
    const [type = ''] = coordinate.split('.', 1);
    return this.#byCoordinate.get(coordinate) ?? this.#byCoordinate.get(type) ?? [];
  }
}

function flowOf({ domain, name }: DeclaredProduct): DataFlow {
  return { kind: 'product', domain, name };
}
