// Writes the settings of a server into package.json and package.nls.json: `npm run settings -- PATH-OF-stackspot-lsp`.
// `npm test` tells when that is due.

import * as childProcess from "node:child_process";
import * as fs from "node:fs";
import { settingsOf } from "./generate_settings.ts";

const [server] = process.argv.slice(2);
if (server === undefined) throw new Error("usage: npm run settings -- PATH-OF-stackspot-lsp");
const { properties, descriptions } = settingsOf(
  JSON.parse(childProcess.execFileSync(server, ["schema"], { encoding: "utf8" })),
);

const manifest = JSON.parse(fs.readFileSync("package.json", "utf8"));
const section = manifest.contributes.configuration.find((it: { id: string }) => it.id === "stackspot-lsp.agents");
section.properties = properties;
write("package.json", manifest);

const ownSettings: { id: string; properties: object } = manifest.contributes.configuration.find(
  (it: { id: string }) => it.id === "stackspot-lsp.server",
);
const own = Object.keys(ownSettings.properties).map((key) => key.replace("stackspot-lsp", "setting"));
const isOwn = (key: string) => own.some((it) => key === it || key.startsWith(`${it}.`));
const texts: Record<string, string> = JSON.parse(fs.readFileSync("package.nls.json", "utf8"));
const others = Object.entries(texts).filter(([key]) => !key.startsWith("setting.") || isOwn(key));
write("package.nls.json", { ...Object.fromEntries(others), ...descriptions });

function write(file: string, content: unknown): void {
  fs.writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
}
