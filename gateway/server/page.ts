/**
 * The page at `/`: GraphiQL, its scripts, styles and workers served from here as files of their own, so that nothing
 * comes from elsewhere and no script stands inline. The bundle (9 MB) is loaded when it is first asked for.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Reply, Route } from './reply.ts';

export interface PageOptions {
  /** GraphQL documents, one for each tab that a first visit opens; the tab is named after the operation. */
  readonly examples: readonly string[];
}

interface Asset {
  readonly type: string;
  readonly body: Buffer;
  /** Compressed once, when first asked for. */
  zipped?: Promise<Buffer>;
}

/** Where the assets lie. The version in their path is a hash over all of them: they may be kept for good. */
interface Bundle {
  readonly folder: string;
  readonly assets: ReadonlyMap<string, Asset>;
}

const script = 'text/javascript; charset=utf-8';
const compress = promisify(gzip);

/** Monaco, the editor, writes styles inline and its icons and fonts as data; all else must come from the gateway itself. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const mark =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="28" height="28" fill="none" stroke-width="4" stroke-linecap="round">' +
  '<path stroke="#7c6cf2" d="M8 4v24M16 4v24M24 4v24"/><path stroke="#17b3a3" d="M4 10h8M20 10h8M12 22h8"/></svg>';

export function createPageRoute(options: PageOptions): Route {
  let loading: Promise<Bundle> | undefined;
  return async (path, request) => {
    if (path !== '/' && !path.startsWith('/page/')) return null;
    const bundle = await (loading ??= loadBundle(options));
    if (path === '/') return htmlReply(bundle.folder);
    const asset = path.startsWith(bundle.folder) ? bundle.assets.get(path.slice(bundle.folder.length)) : undefined;
    return asset === undefined ? null : assetReply(asset, request);
  };
}

async function loadBundle(options: PageOptions): Promise<Bundle> {
  const graphiql = await import('@graphql-yoga/render-graphiql/graphiql');
  const assets = new Map<string, Asset>(
    Object.entries({
      'graphiql.js': { type: script, body: Buffer.from(graphiql.js) },
      'graphiql.css': { type: 'text/css; charset=utf-8', body: Buffer.from(graphiql.css) },
      'editor.js': { type: script, body: Buffer.from(graphiql.editorWorkerService) },
      'json.js': { type: script, body: Buffer.from(graphiql.jsonWorker) },
      'graphql.js': { type: script, body: Buffer.from(graphiql.graphqlWorker) },
      'workers.js': { type: script, body: Buffer.from(workersScript) },
      'start.js': { type: script, body: Buffer.from(startScript(options)) },
    }),
  );
  const hash = createHash('sha256');
  for (const { body } of assets.values()) hash.update(body);
  return { folder: `/page/${hash.digest('hex').slice(0, 16)}/`, assets };
}

/** Tells Monaco, before it loads, where its workers are: beside this script. */
const workersScript = `
const folder = document.currentScript.src.replace(/[^/]+$/, '');
const files = { editorWorkerService: 'editor.js', json: 'json.js', graphql: 'graphql.js' };
self.MonacoEnvironment = { globalAPI: false, getWorkerUrl: (_module, label) => folder + files[label] };
`;

/** Headers that a reader types into the page go along with queries by themselves; a socket gets them as its payload. */
function startScript({ examples }: PageOptions): string {
  const options = {
    title: 'Weft',
    logo: mark,
    endpoint: '/graphql',
    subscriptionsProtocol: 'WS',
    defaultTabs: examples.map((query) => ({ query })),
  };
  return `
const connectionParams = () => JSON.parse(localStorage.getItem('graphiql:headers') || '{}');
YogaGraphiQL.renderYogaGraphiQL(document.querySelector('#root'), { ...${JSON.stringify(options)}, connectionParams });
`;
}

function htmlReply(folder: string): Reply {
  const body = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Weft</title>
    <link rel="icon" href="data:image/svg+xml,${encodeURIComponent(mark)}">
    <link rel="stylesheet" href="${folder}graphiql.css">
  </head>
  <body id="body" class="no-focus-outline">
    <noscript>This page needs JavaScript.</noscript>
    <div id="root"></div>
    <script src="${folder}workers.js"></script>
    <script src="${folder}graphiql.js"></script>
    <script src="${folder}start.js"></script>
  </body>
</html>
`;
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'content-security-policy': contentSecurityPolicy,
      'referrer-policy': 'no-referrer',
    },
    body,
  };
}

async function assetReply(asset: Asset, request: IncomingMessage): Promise<Reply> {
  const headers = {
    'content-type': asset.type,
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'accept-encoding',
  };
  if (!/\bgzip\b/.test(String(request.headers['accept-encoding']))) return { status: 200, headers, body: asset.body };
  asset.zipped ??= compress(asset.body);
  return { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: await asset.zipped };
}
