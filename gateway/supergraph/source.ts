/** Where a supergraph comes from, as a port: a file that is watched, a URL that is polled, or a text. */
import { createFileSource } from './file.ts';
import type { SupergraphSource } from './reading.ts';
import { type UrlSourceOptions, createUrlSource } from './url.ts';

/** The source that a word of the command line names: a URL of `http:` or `https:`, else a file. Nothing is read yet. */
export function createSource(location: string, options: UrlSourceOptions): SupergraphSource {
  return /^https?:\/\//i.test(location) ? createUrlSource(location, options) : createFileSource(location);
}

/** A supergraph that never changes. */
export function createTextSource(sdl: string): SupergraphSource {
  return {
    location: 'text',
    async *read() {
      yield { kind: 'text', sdl };
    },
  };
}
