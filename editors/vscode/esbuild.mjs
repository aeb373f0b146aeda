// Bundles the extension: what the editor waits for, all that runs, which is read in the turn after, the language client, what is
// seldom used, and the page of the answers with its style sheet, which is read when the view of the answers opens.
import { build } from "esbuild";

const shared = {
  outdir: "dist",
  bundle: true,
  minify: true,
  sourcemap: process.argv.includes("--sourcemap"),
  // `package.json` of a dependency may name a build for browsers first.
  mainFields: ["main", "module"],
  logLevel: "warning",
};

await build({
  ...shared,
  entryPoints: ["src/extension.ts", "src/main.ts", "src/client.ts", "src/seldom.ts"],
  platform: "node",
  format: "cjs",
  // The oldest editor of `engines.vscode` runs Node.js 20.
  target: "node20",
  external: ["vscode"],
});
await build({ ...shared, entryPoints: ["view/page.ts", "view/answers.css"], format: "iife", target: "chrome124" });
