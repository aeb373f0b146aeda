// Stories of what outlives the server and the window, and of places that an action cannot be about.

import assert from "node:assert/strict";
import {
  answerHas,
  clickIntoCode,
  closeOtherGroups,
  hasText,
  isQuiet,
  linesOf,
  marked,
  openAlone,
  restarted,
  restored,
  setting,
  stateIs,
  story,
  w,
} from "./kit.mjs";

const TOTALS = linesOf("totals.py");
const LARGEST = linesOf("largest.py");
const REFACTORED = [...TOTALS.slice(0, 3), "def total(prices):", "    return sum(prices)", ...TOTALS.slice(8)];
const diff = w.page.locator(".tab", { hasText: "Proposed: totals.py" });

/** An edit of totals.py that waits. */
async function waiting() {
  await w.openFile("totals.py");
  await w.codeAction("Refactor with StackSpot AI", () => w.select(4, 8));
  await diff.waitFor();
  await w.notification("Refactor · totals.py").waitFor();
  await w.command("Notifications: Clear All Notifications");
  await stateIs("edits that wait: 1");
}

await story("an edit that waits is discarded after a restart of the server, and nothing is said against it", async () => {
  await setting("stackspot-lsp.edit.apply", "review");
  await waiting();
  await restarted();
  await w.command("StackSpot AI: Discard Proposed Edit");
  await diff.waitFor({ state: "detached" });
  await isQuiet();
  await hasText(TOTALS.join("\n"));
});

await story("and one is applied after a restart, with one step to undo it", async () => {
  await waiting();
  await restarted();
  await w.command("StackSpot AI: Apply Proposed Edit");
  await diff.waitFor({ state: "detached" });
  await hasText(REFACTORED.join("\n"));
  await isQuiet();
  await restored(TOTALS);
  await closeOtherGroups();
});

await story("after a reload of the window the status bar tells of an edit that waits, and its menu shows and applies it", async () => {
  await waiting();
  await w.reload();
  await w.openFile("totals.py");
  await stateIs("edits that wait: 1");
  const choose = async (label) => {
    await w.statusItem.click();
    const row = w.quickInput.locator(".monaco-list-row", { hasText: label });
    await row.waitFor();
    await w.screenshot("status-menu");
    await row.click();
  };
  await choose("Show the Edit That Waits");
  await diff.waitFor();
  await choose("Apply It");
  await diff.waitFor({ state: "detached" });
  await clickIntoCode();
  await hasText(REFACTORED.join("\n"));
  await setting("stackspot-lsp.edit.apply", undefined);
  await restored(TOTALS);
  await closeOtherGroups();
});

await story("a restart says what it cancels, and the answer says that it is not whole", async () => {
  await w.openFile("largest.py");
  await w.goTo(6);
  await w.command("StackSpot AI: Explain");
  await answerHas("adds up");
  await w.command("StackSpot AI: Restart Server");
  await w.notification("cancels the running job").waitFor();
  await answerHas("The server was restarted");
  await w.command("Notifications: Clear All Notifications");
  await stateIs("ready");
  await closeOtherGroups();
});

await story("with several cursors nothing is sent, and why is said", async () => {
  await w.openFile("totals.py");
  await w.goTo(4);
  await w.command("Add Cursor Below");
  await w.command("StackSpot AI: Explain");
  await w.notification("There are 2 cursors").waitFor();
  await w.command("Notifications: Clear All Notifications");
  await w.press("Escape");
});

await story("a change of an editor that is read-only is told to be on the screen alone", async () => {
  await w.openFile("totals.py");
  await w.command("File: Set Active Editor Read-only in Session");
  await w.select(4, 8);
  await w.command("StackSpot AI: Refactor…");
  await w.answerBox("Use sum");
  await w.notification("this editor is read-only and cannot save it").waitFor();
  await w.command("Notifications: Clear All Notifications");
  await w.command("File: Reset Active Editor Read-only in Session");
  await restored(TOTALS);
});

await story("a question is written and sent in a conversation, by its key, no comment of the machine is to be seen, and closing it asks nothing", async () => {
  await openAlone("totals.py");
  await w.select(4, 8);
  await w.command("StackSpot AI: Ask…");
  await w.answerBox("");
  const tab = w.page.locator(".tab.active", { hasText: /^Conversation totals/ });
  await tab.waitFor();
  // A line that is too long for its column is drawn as several.
  const shown = async () => (await w.text(1)).replace(/\s+/g, " ");
  await w.page.locator(".codelens-decoration", { hasText: "Send (Ctrl+Enter)" }).waitFor();
  await w.type("Is nothing zero?");
  const seen = () => w.page.locator(".editor-group-container").nth(1).locator(".view-lines").innerText();
  await w.look("the comments of the server are hidden", async () => {
    const text = (await seen()).replaceAll("\u00a0", " ");
    return text.includes("Is nothing zero?") && text.includes("## You") && !text.includes("<!--");
  });
  await w.screenshot("conversation");
  await w.press("Control+Enter");
  await w.look("the answer is in the conversation", async () => {
    // Only lines that are in sight can be read, and a low window shows few.
    await w.press("Control+End");
    return (await shown()).includes("divides by zero");
  });
  await isQuiet();
  await w.look("it is saved by itself", async () => (await w.page.locator(".tab.active.dirty").count()) === 0);
  await tab.click({ button: "middle" });
  await tab.waitFor({ state: "detached" });
  await closeOtherGroups();
});

await story("the palette has only possible commands, and a sample if no file is open", async () => {
  await stateIs("ready");
  await w.press("F1");
  await w.quickInput.locator("input").first().fill(">StackSpot AI: Cancel");
  await w.look("nothing runs, and nothing is to be cancelled", async () => {
    const rows = await w.quickInput.locator(".monaco-list-row").allTextContents();
    return rows.length > 0 && !rows.some((row) => row.includes("StackSpot AI: Cancel"));
  });
  await w.press("Escape");
  await w.command("StackSpot AI: Open a Sample to Try");
  await w.look("its function is selected", async () => (await w.text()).startsWith("def largest(prices):"));
  await w.command("View: Revert and Close Editor");
});

await story("typing does not stop an edit, and one undo removes only the edit", async () => {
  await openAlone("largest.py");
  const edit = "    return max(prices)";
  // On a machine with much to do the agent may be quicker than the user is with the first key; then they ask once more.
  for (;;) {
    await w.select(4, 9);
    await w.command("StackSpot AI: Refactor…");
    await w.answerBox("");
    await marked("Refactor");
    await w.goTo(1);
    if (!(await w.lines()).includes(edit)) break;
    await restored(LARGEST);
  }
  let typed = "";
  const type = (key) => {
    typed += key;
    return w.page.keyboard.type(key, { delay: 80 });
  };
  await type("#");
  await w.look("the edit is in", async () => {
    await type("x");
    return (await w.lines()).includes(edit);
  });
  for (const key of " and on") await type(key);
  await hasText([`${typed}${LARGEST[0]}`, ...LARGEST.slice(1, 3), "def largest(prices):", edit].join("\n"));
  await isQuiet();
  const steps = [];
  await w.look("the edit is taken back", async () => {
    const text = await w.text();
    steps.push(text);
    await w.press("Control+z");
    // Lines are drawn one after the other: what was read three times is what the step came to.
    const read = [text];
    await w.look("a step is undone", async () => {
      read.push(await w.text());
      const latest = read.slice(-3);
      return latest.every((it) => it === latest[2] && it !== text);
    });
    return !(await w.lines()).includes(edit);
  });
  const [first, ...rest] = await w.lines();
  assert.ok(first.startsWith("#"), `what was typed before it stays: ${first}\n${steps.join("\n\n")}`);
  assert.deepEqual(rest.join("\n").trimEnd(), LARGEST.slice(1).join("\n").trimEnd());
  await restored(LARGEST);
});
