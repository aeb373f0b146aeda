// What the stories are told with: the window, the project, and what is looked for again and again.
//
//   node FILE.mjs URL PROJECT USER-SETTINGS SCREENSHOTS SERVER
//
// Each story prints a line with PASS or FAIL, and `end` ends the process with 1 where one failed.

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { openWorkbench } from "./workbench.mjs";

export const [url, project, userSettings, screenshots, server] = process.argv.slice(2);
const started = Date.now();
const seconds = () => ((Date.now() - started) / 1000).toFixed(1).padStart(6);
export const w = await openWorkbench(url, project, { screenshots });
console.log(`${seconds()}  the workbench is open`);

export const linesOf = (file) => fs.readFileSync(path.join(project, file), "utf8").split("\n");
/** The file of the settings that say where code goes. */
export const machineSettings = path.join(path.dirname(userSettings), "../Machine/settings.json");
export const settings = () => JSON.parse(fs.readFileSync(userSettings, "utf8"));
export const setting = (key, value) => {
  const changed = { ...settings(), [key]: value };
  return w.writeSettings(changed, () => settings()[key] === value);
};
export const hasText = (wanted, group) =>
  w.look(`the text is\n${wanted}\n`, async () => (await w.text(group)).trimEnd() === wanted.trimEnd());
export const answerHas = (wanted) => w.look(`the answer has ${wanted}`, async () => (await w.preview()).includes(wanted));
export const statusHas = (wanted) =>
  w.look(`the status bar has ${wanted}`, async () => (await w.statusItem.textContent()).includes(wanted));
/** The marks of jobs in each group of editors: their words, the line beside which each stands, and how many lines are marked. */
export const marks = () =>
  w.page.evaluate(() =>
    [...document.querySelectorAll(".editor-group-container")].map((group) => ({
      lines: [...group.querySelectorAll(".view-overlays [class*='ced-']")].filter((it) => getComputedStyle(it).borderLeftStyle === "solid")
        .length,
      words: [...group.querySelectorAll(".view-line span[class*='ced-']")]
        .map((it) => [getComputedStyle(it, "::after").content, it.closest(".view-line").textContent.replaceAll("\u00a0", " ")])
        .filter(([content]) => content.startsWith('"'))
        .map(([content, beside]) => ({ text: content.slice(1, -1), beside })),
    })),
  );
/** A job is marked, with these words beside the first of its lines; in each of so many groups. */
export const marked = (words, groups = 1) =>
  w.look(`a mark with ${words}`, async () => {
    const having = (await marks()).filter((it) => it.words.some(({ text }) => text.startsWith(words)));
    return having.length === groups && having;
  });
export const unmarked = () =>
  w.look("no line is marked any more", async () => (await marks()).every((it) => it.lines === 0 && it.words.length === 0));
/** No job runs, and nothing is announced any more. */
export const isQuiet = () => w.look("nothing is announced", async () => (await w.notifications.count()) === 0);
export const focusIsInCode = () =>
  w.page.evaluate(() => {
    const code = document.querySelector(".editor-group-container");
    return code.classList.contains("active") && code.contains(document.activeElement);
  });
export const closeOtherGroups = async () => {
  // A page that is just loaded may take the focus, and with it the palette before the command is run.
  await w.look("one group is left", async () => {
    await clickIntoCode();
    await w.command("View: Close Editors in Other Groups");
    await w.page.locator(".editor-group-container").nth(1).waitFor({ state: "detached", timeout: 2_000 });
    return true;
  });
};
/** A file in the only group there is: what an earlier story opened beside it would take the clicks and the keys. */
export const openAlone = async (name) => {
  if ((await w.page.locator(".editor-group-container").count()) > 1) await closeOtherGroups();
  await w.openFile(name);
};
/** The text as it was, whatever a story did to it, and no changes that wait to be saved. */
export const restored = async (lines) => {
  await w.command("File: Revert File");
  await hasText(lines.join("\n"));
};
export const clickIntoCode = () => w.page.locator(".editor-group-container").first().locator(".view-lines").click({ position: { x: 60, y: 30 } });

/** Goes through the boxes of Sign In. */
export const signIn = async (clientId, secret) => {
  await w.answerBox("acme", { title: "(1/3)" });
  await w.answerBox(clientId, { title: "(2/3)" });
  await w.answerBox(secret, { title: "(3/3)" });
};
/** The lines of the extension's log, as its output shows them. */
export const log = async () => {
  // Until the extension is there the palette has its commands, and they do nothing.
  await w.look("the log is open", async () => {
    await w.command("StackSpot AI: Show Log");
    await w.page.locator(".part.panel .view-line").first().waitFor({ timeout: 3_000 });
    return true;
  });
  // The output follows its end only while the cursor is there, and an earlier story may have clicked elsewhere.
  const box = await w.page.locator(".part.panel .monaco-editor").first().boundingBox();
  await w.page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await w.page.keyboard.press("Control+End");
  return w.page.evaluate(() => {
    const lines = [...document.querySelectorAll(".part.panel .view-line")];
    lines.sort((a, b) => Number.parseFloat(a.style.top) - Number.parseFloat(b.style.top));
    return lines.map((line) => line.textContent.replaceAll("\u00a0", " "));
  });
};
/** The words over the item of the status bar; the mouse has to come from elsewhere for them to be drawn anew. */
export const tooltip = (wanted) =>
  w.look(`the tooltip of the status bar has ${wanted}`, async () => {
    await w.page.mouse.move(640, 400);
    await w.statusItem.hover();
    const words = w.page.locator(".monaco-hover", { hasText: "StackSpot AI" }).last();
    await words.waitFor({ timeout: 2_000 });
    return (await words.innerText()).includes(wanted) && words;
  });
/** What the status bar tells those who do not see it. */
export const stateIs = (wanted) =>
  w.look(`the state is ${wanted}`, async () => (await w.statusItem.getAttribute("aria-label"))?.includes(wanted));
/** The processes of the extension's server. */
const serverProcesses = () => {
  const program = path.join(path.dirname(userSettings), "../../extensions");
  const named = (id) => {
    try {
      return fs.readFileSync(`/proc/${id}/cmdline`, "utf8").startsWith(program);
    } catch {
      return false; // It has ended.
    }
  };
  return fs.readdirSync("/proc").filter((id) => /^\d+$/.test(id) && named(id));
};
/** Restarts the server, and waits until another process is ready. */
export const restarted = async () => {
  const before = serverProcesses();
  await w.command("StackSpot AI: Restart Server");
  await w.look("another server runs", () => {
    const now = serverProcesses();
    return now.length > 0 && !now.some((id) => before.includes(id));
  });
  await stateIs("ready");
};
export const closePanel = () => w.command("View: Hide Panel");

/** Takes away what a story that failed has left, so that the next one fails for reasons of its own alone. */
async function startAnew() {
  await w.press("Escape");
  await w.press("Escape");
  const asked = w.page.locator(".monaco-dialog-box").getByRole("button", { name: "Don't Save" });
  await w.command("View: Close All Editor Groups");
  await w.look("no editor is left", async () => {
    if ((await asked.count()) > 0) await asked.first().click();
    return (await w.tabs()).length === 0;
  });
  // The column of the answers stays locked when it is empty, and no file would open in it.
  const lock = w.page.locator(".editor-group-container .codicon-lock");
  if ((await lock.count()) > 0) await lock.first().click();
  await w.command("Notifications: Clear All Notifications");
}

let failures = 0;
/** Chooses among the stories; some need earlier ones, so that a pattern names those as well. */
const chosen = new RegExp(process.env.STORY ?? "");
export async function story(name, tell) {
  if (!chosen.test(name)) return;
  try {
    await tell();
    assert.deepEqual(w.foreign(), [], "nothing was asked for at another host");
    console.log(`${seconds()}  PASS  ${name}`);
  } catch (error) {
    failures += 1;
    console.log(`${seconds()}  FAIL  ${name}\n        ${String(error.message ?? error).replaceAll("\n", "\n        ")}`);
    await w.screenshot(`failed-${failures}`).catch(() => {});
    await startAnew().catch(() => {});
  }
}

export async function end() {
  await w.close();
  process.exit(failures === 0 ? 0 : 1);
}
