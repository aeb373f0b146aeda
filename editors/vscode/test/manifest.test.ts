// What package.json promises, held against the server and the sources.

import assert from "node:assert/strict";
import * as childProcess from "node:child_process";
import * as fs from "node:fs";
import { test } from "node:test";
import { settingsOf } from "../scripts/generate_settings.ts";

const json = (file: string) => JSON.parse(fs.readFileSync(file, "utf8"));
const manifest = json("package.json");
const [english, portuguese] = [json("package.nls.json"), json("package.nls.pt-br.json")];
const sources = fs
  .readdirSync("src")
  .map((file) => fs.readFileSync(`src/${file}`, "utf8"))
  .join("\n");
const text = JSON.stringify(manifest);

/** The server whose settings they are: STACKSPOT_LSP_PATH, else the one that was built last, else the one on PATH. */
function server(): string {
  const built = "../../target/debug/stackspot-lsp";
  return process.env.STACKSPOT_LSP_PATH ?? (fs.existsSync(built) ? built : "stackspot-lsp");
}

test("the settings are those of the server; `npm run settings -- SERVER` writes them anew", () => {
  const schema = JSON.parse(childProcess.execFileSync(server(), ["schema"], { encoding: "utf8" }));
  const { properties, descriptions } = settingsOf(schema);
  assert.ok(Object.keys(properties).length > 15);
  const section = manifest.contributes.configuration.find((it: { id: string }) => it.id === "stackspot-lsp.agents");
  assert.deepEqual(section.properties, properties);
  for (const [key, description] of Object.entries(descriptions)) assert.equal(english[key], description, key);
});

test("what the server is told of the machine is of the machine, and what decides who gets code needs trust", () => {
  const [own, sent] = manifest.contributes.configuration;
  for (const [key, setting] of Object.entries<{ scope?: string }>(own.properties)) {
    assert.equal(setting.scope, "machine", key);
    assert.ok(!(key in sent.properties), `${key} is not sent`);
  }
  const restricted: string[] = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
  // The language is the only one that sends nothing, loosens nothing and costs nothing.
  const expected = Object.keys(sent.properties).filter((key) => key !== "stackspot-lsp.language");
  assert.deepEqual(new Set(restricted), new Set(expected));
  assert.ok(expected.length > 15);
});

test("every setting can be set on the page of the settings, the agent first, and says what its choices mean", () => {
  const [own, sent] = manifest.contributes.configuration;
  assert.ok(sent.order < own.order, "the agents stand above the server");
  type Property = { type?: unknown; enum?: unknown[]; markdownEnumDescriptions?: string[]; order?: number };
  const properties = Object.entries<Property>(sent.properties);
  for (const [key, { type, enum: choices, markdownEnumDescriptions: means, order }] of [
    ...properties,
    ...Object.entries<Property>(own.properties),
  ]) {
    assert.equal(typeof type, "string", `${key} is drawn as a link to settings.json`);
    assert.equal(typeof order, "number", key);
    if (choices !== undefined) assert.equal(means?.length, choices.length, key);
  }
  const [first] = properties.sort(([, a], [, b]) => (a.order ?? 0) - (b.order ?? 0));
  assert.equal(first?.[0], "stackspot-lsp.agent");
});

test("every text of the manifest is there in English and in Portuguese, and no other", () => {
  const used = new Set([...text.matchAll(/"%([^%"]+)%"/g)].map(([, key]) => key));
  assert.ok(used.size > 50);
  assert.deepEqual(new Set(Object.keys(english)), used);
  assert.deepEqual(new Set(Object.keys(portuguese)), used);
});

test("every text of the sources is there in Portuguese, with the same places, and no other", () => {
  const bundle: Record<string, string> = json("l10n/bundle.l10n.pt-br.json");
  const literal = /l10n\.t\(\s*"((?:[^"\\]|\\.)*)"/g;
  const used = new Set([...sources.matchAll(literal)].map(([, body]) => JSON.parse(`"${body}"`) as string));
  assert.ok(used.size > 50);
  assert.equal([...sources.matchAll(/l10n\.t\(/g)].length, [...sources.matchAll(literal)].length, "all are literals");
  assert.deepEqual(new Set(Object.keys(bundle)), used);
  const places = (message: string) => [...message.matchAll(/\{\d+\}|\$\([a-z-]+\)/g)].map(([place]) => place).sort();
  for (const [message, translated] of Object.entries(bundle))
    assert.deepEqual(places(translated), places(message), message);
});

test("every command of the manifest is registered, and every registered one is in the manifest", () => {
  const declared: string[] = manifest.contributes.commands.map((it: { command: string }) => it.command);
  const table = /const commands: Record<[^{]*\{([\s\S]*?)\n {2}\};/.exec(sources)?.[1] ?? "";
  const registered = [...table.matchAll(/^ {4}([a-zA-Z]+):/gm)].map(([, name]) => `stackspot-ai.${name}`);
  assert.ok(registered.length > 20);
  assert.deepEqual([...registered].sort(), [...declared].sort());
  const mentioned = new Set(
    [...text.matchAll(/stackspot-ai\.(?!editor\b|explorer\b|answers\b)[a-zA-Z]+/g)].map(([id]) => id),
  );
  for (const id of mentioned) assert.ok(declared.includes(id), id);
  assert.ok(
    declared.every((id) => !id.startsWith("stackspot-lsp.")),
    "those ids are the server's",
  );
});
