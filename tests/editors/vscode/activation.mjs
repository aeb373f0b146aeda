// What the start of the editor costs the user, over several starts of the window.
//
// The editor's own figure is what it waits for: the extension being read, and `activate`. Beyond that the extension works
// until the server is ready, and so does the server; what the server takes by itself is measured beside it, and taken off.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { log, server, story, w } from "./kit.mjs";

const STARTS = 5;
/**
 * What an activation may take, by the editor's own figure. The extension's part that is read later is not in it. All
 * extensions start at the same time on one thread, and the window with them, on whatever else the machine does: that only
 * ever adds, so the quickest start tells most of this one. What `activate` reads is counted by a test of the extension.
 */
const ACTIVATED_MS = 50;
/** From the extension being read until it can be used, the server's own start aside. */
const READY_MS = 5_000;

/** From the start of the server's process to its reply to `initialize`, with no editor around it. */
function serverStart() {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: { processId: null, rootUri: null, capabilities: {} } });
  const began = performance.now();
  const process = spawn(server, [], { stdio: ["pipe", "pipe", "ignore"] });
  return new Promise((resolve, reject) => {
    process.on("error", reject);
    process.stdout.once("data", () => {
      resolve(performance.now() - began);
      process.kill();
    });
    process.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  });
}

const median = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];

await story("the extension is activated in less than 50 ms, and nobody waits for the server", async () => {
  const [activated, begun, read, ready, alone] = [[], [], [], [], []];
  let compiled;
  for (let round = 0; round < STARTS; round += 1) {
    await w.reload();
    await w.look("the server is ready", async () => {
      const said = (await log()).join("\n");
      const [, client, how] = /the client was read in (\d+) ms(.*)/.exec(said) ?? [];
      const [, activation] = /the extension was activated (\d+) ms ago/.exec(said) ?? [];
      const [, start] = /the extension was started in (\d+) ms/.exec(said) ?? [];
      if ([client, activation, start].includes(undefined)) throw new Error(said);
      begun.push(Number(start));
      read.push(Number(client));
      compiled = how !== "";
      ready.push(Number(activation));
      return true;
    });
    const state = await w.statusItem.getAttribute("aria-label");
    assert.match(state, /ready/, "the sign-in lasts");
    await w.command("Developer: Show Running Extensions");
    const list = w.page.locator(".runtime-extensions-editor .monaco-list");
    const row = list.locator(".monaco-list-row", { hasText: "StackSpot AI Agents" });
    await list.locator(".monaco-list-row").first().hover();
    const time = await w.look("its time", async () => {
      if ((await row.count()) > 0) return /Activation: (\d+) ?ms/.exec(await row.textContent())?.[1];
      // The slowest is first, and what is out of sight is not drawn.
      await w.page.mouse.wheel(0, 200);
    });
    activated.push(Number(time));
    if (round === STARTS - 1) await w.screenshot("running-extensions");
    await w.closeModal();
    alone.push(await serverStart());
  }
  const own = Math.min(...ready) - Math.min(...alone);
  const list = (times) => `${median(times).toFixed(0)} ms (${times.map((it) => it.toFixed(0)).join(", ")})`;
  console.log(`          activated in ${list(activated)}; then it was started in ${list(begun)}, and the client was read in ${list(read)}`);
  console.log(`          ready after ${list(ready)}; the server alone: ${list(alone)}`);
  assert.ok(Math.min(...activated) < ACTIVATED_MS, `activated in ${activated} ms`);
  assert.ok(!compiled, "the client was kept as compiled");
  assert.ok(own < READY_MS, `ready ${own} ms beyond the server's start`);
});
