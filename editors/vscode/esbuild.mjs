// Bundles the extension into two files: what the editor waits for, and the language client, which is read afterwards.
import { build } from "esbuild";

await build({
  entryPoints: ["src/extension.ts", "src/client.ts"],
  outdir: "dist",
  bundle: true,
  minify: true,
  sourcemap: process.argv.includes("--sourcemap"),
  platform: "node",
  format: "cjs",
  // The oldest editor of `engines.vscode` runs Node.js 20.
  target: "node20",
  external: ["vscode"],
  // `package.json` of a dependency may name a build for browsers first.
  mainFields: ["main", "module"],
  logLevel: "warning",
});
