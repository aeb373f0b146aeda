// What the editor waits for when it activates the extension, counted on the bundle that a user gets: no clock, no noise.

import assert from "node:assert/strict";
import * as childProcess from "node:child_process";
import * as fs from "node:fs";
import { test } from "node:test";

/** Activates the bundle against an editor that takes everything; prints what had been read of dist/ by then, and a turn later. */
const ACTIVATE = `
  const fs = require("node:fs"), Module = require("node:module"), path = require("node:path");
  const anything = () => new Proxy(function () {}, {
    get: (_, key) => key === Symbol.toPrimitive ? () => "" : key === "then" ? undefined : anything(),
    set: () => true,
    apply: () => anything(),
    construct: () => anything(),
  });
  const used = ["window", "workspace", "commands", "languages", "l10n", "env", "EventEmitter", "StatusBarAlignment",
    "ThemeColor", "MarkdownString", "Uri", "ViewColumn"];
  const vscode = Object.fromEntries(used.map((name) => [name, anything()]));
  const required = [], read = [];
  const loadModule = Module._load, readFile = fs.readFileSync;
  Module._load = function (name, ...rest) {
    required.push(name);
    return name === "vscode" ? vscode : loadModule.call(this, name, ...rest);
  };
  fs.readFileSync = (file, ...rest) => {
    const name = String(file);
    if (path.dirname(name) === path.resolve("dist")) read.push(path.basename(name));
    if (read.at(-1) === "client.js") throw new Error("it is read, and that is enough");
    return readFile(file, ...rest);
  };
  process.on("unhandledRejection", () => {});
  const context = {
    extension: { packageJSON: JSON.parse(readFile("package.json", "utf8")) },
    subscriptions: [], extensionPath: process.cwd(), globalStorageUri: { fsPath: "nowhere" },
    secrets: { get: async () => undefined }, globalState: { get: () => true },
  };
  let before, libraries;
  // It comes before whatever the extension puts off, and after whatever it does not.
  setImmediate(() => {
    before = [...read];
    libraries = required.filter((it) => it !== "vscode" && !Module.isBuiltin(it)).slice(1);
  });
  require(path.resolve("dist/extension.js")).activate(context);
  // The client is read a turn after what reads it.
  setImmediate(() => setImmediate(() => setImmediate(() => console.log(JSON.stringify({ before, after: read, libraries })))));
`;

test("the editor waits for one small file, and for no library", () => {
  childProcess.execFileSync("node", ["esbuild.mjs"]);
  const said = JSON.parse(childProcess.execFileSync("node", ["-e", ACTIVATE], { encoding: "utf8" }));
  assert.deepEqual(said.before, ["extension.js"]);
  assert.deepEqual(said.libraries, [], "beyond the bundle itself");
  assert.deepEqual(said.after, ["extension.js", "main.js", "client.js"], "the rest is read in the turns after");
  const size = fs.statSync("dist/extension.js").size;
  assert.ok(size < 3_000, `${size} bytes`);
});
