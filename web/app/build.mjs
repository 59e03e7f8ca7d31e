// Builds the page into marquee/marquee/static/app; the result is committed, so that running Marquee needs no Node.
import * as esbuild from "esbuild";

const options = {
  entryPoints: { app: "src/main.tsx", style: "src/style.css" },
  outdir: "../../marquee/marquee/static/app",
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  jsx: "automatic",
  jsxImportSource: "preact",
};

if (process.argv.includes("--watch")) await (await esbuild.context(options)).watch();
else await esbuild.build(options);
