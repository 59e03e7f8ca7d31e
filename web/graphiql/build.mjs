// Bundles GraphiQL, its styles and its fonts into router/marquee_router/graphiql: three files, nothing fetched from elsewhere.
import { build } from 'esbuild';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '..', '..', 'router', 'marquee_router', 'graphiql');

await mkdir(out, { recursive: true });
await build({
  entryPoints: { graphiql: join(here, 'src', 'main.jsx') },
  outdir: out,
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  jsx: 'automatic',
  legalComments: 'none',
  define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.woff2': 'dataurl', '.woff': 'dataurl', '.svg': 'dataurl' },
  logLevel: 'info',
});
await copyFile(join(here, 'src', 'index.html'), join(out, 'index.html'));
