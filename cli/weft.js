#!/usr/bin/env node
// The front step of `weft`, in plain JavaScript so that any Node can read it: an older one is told the way out.

if (Number.parseInt(process.versions.node, 10) >= 24) {
  await import('./weft.ts');
} else {
  process.stderr.write(
    `USAGE_INVALID  Cannot run "weft" on this Node: found ${process.version}, wanted v24 or newer. ` +
      'Run it through npm, which brings the right one: "npm start", or "npm run weft -- VERB".\n',
  );
  process.exitCode = 2;
}
