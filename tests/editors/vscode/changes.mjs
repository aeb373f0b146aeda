// Stories of edits and answers that are not in everybody's first minute: from the menu of the mouse, and over what was typed.

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
  restored,
  story,
  w,
} from "./kit.mjs";

const TOTALS = linesOf("totals.py");
const MEAN = linesOf("mean.py");
const LARGEST = linesOf("largest.py");

await story("Document in the menu of the mouse is an edit of the function around the cursor", async () => {
  await openAlone("mean.py");
  await w.goTo(5);
  await w.page.locator(".view-line", { hasText: "return total" }).first().click({ button: "right" });
  const entry = (text) => w.page.locator(".monaco-menu .action-item", { hasText: text }).last();
  await entry("StackSpot AI").click();
  await entry(/^Document/).waitFor();
  await w.screenshot("context-menu");
  // A menu that has just opened takes no clicks for a tenth of a second: it may have opened under the mouse.
  await w.look("Document is chosen", async () => {
    if ((await entry(/^Document/).count()) > 0) await entry(/^Document/).click({ timeout: 2_000 });
    return (await entry(/^Document/).count()) === 0;
  });
  await hasText([...MEAN.slice(0, 4), '    """The mean of prices."""', ...MEAN.slice(4)].join("\n"));
  await isQuiet();
  await w.press("Control+z");
  await hasText(MEAN.join("\n"));
});

await story("Review is an answer", async () => {
  await w.command("StackSpot AI: Review");
  await answerHas("divides by zero");
  await answerHas("tokens");
  assert.equal(await w.page.locator(".tab", { hasText: "Review mean.py" }).count(), 1);
  await isQuiet();
  await closeOtherGroups();
});

/** Chooses an action from the list of all, by its title. */
async function choose(title) {
  await w.command("StackSpot AI: Run Action…");
  const row = w.quickInput.locator(".monaco-list-row", { hasText: title });
  await row.waitFor();
  await row.click();
}

/** Waits until a job has ended; it may show no view of an answer meanwhile. */
async function withoutAnAnswer(title, hasEnded) {
  const view = w.page.locator(".tab", { hasText: `${title} totals.py` });
  const seen = [];
  await w.look(`${title} has ended`, async () => {
    const ended = await hasEnded();
    seen.push(await view.count());
    return ended;
  });
  assert.ok(seen.every((count) => count === 0), `views of an answer: ${seen}`);
}

await story("a prompt file that replaces code is an edit, whatever its kind, and the box for its words has its title", async () => {
  await openAlone("totals.py");
  await w.select(4, 8);
  await choose("Tidy up");
  await w.answerBox("with care", { title: "Tidy up (tidy.md)" });
  await marked("Tidy up (tidy.md)");
  const tidy = [...TOTALS.slice(0, 3), "def total(prices):", "    return sum(prices)"].join("\n");
  await withoutAnAnswer("Tidy up (tidy.md)", async () => (await w.text()).trimEnd() === tidy);
  await isQuiet();
  await restored(TOTALS);
});

await story("the code of a prompt file for another file is no answer: it waits as a diff", async () => {
  await openAlone("totals.py");
  await w.select(4, 8);
  await choose("Write checks");
  await marked("Write checks (checks.md)");
  const diff = w.page.locator(".tab", { hasText: "Proposed: " });
  await withoutAnAnswer("Write checks (checks.md)", async () => (await diff.count()) > 0);
  await w.notification("Write checks (checks.md) · totals.py").waitFor();
  await w.pressButton("Write checks (checks.md) · totals.py", "Discard");
  await diff.waitFor({ state: "detached" });
  await isQuiet();
});

/** A proposal for lines in which the user typed while the agent wrote, away from what the edit changes. */
async function typedInside() {
  await w.openFile("largest.py");
  await w.select(4, 9);
  await w.command("StackSpot AI: Refactor…");
  await w.answerBox("Keep the loop");
  await marked("Refactor");
  await w.goTo(4, 5);
  await w.type("the_");
  await w.page.locator(".tab", { hasText: "Proposed: largest.py" }).waitFor();
  await w.notification("Merge with What I Typed").waitFor();
}

const PROPOSED = [...LARGEST.slice(0, 6), "        found = max(found, price)", ...LARGEST.slice(8)];

await story("an edit is merged with what was typed in its lines, and one step undoes it", async () => {
  await typedInside();
  await w.screenshot("typed-inside");
  await w.pressButton("Refactor · largest.py", "Merge with What I Typed");
  await hasText(PROPOSED.join("\n").replace("def largest", "def the_largest"));
  await w.page.locator(".tab", { hasText: "Proposed: largest.py" }).waitFor({ state: "detached" });
  await clickIntoCode();
  await w.press("Control+z");
  await hasText(LARGEST.join("\n").replace("def largest", "def the_largest"));
  await restored(LARGEST);
});

await story("or replaces it, by the buttons that Apply in the title of the diff leads to", async () => {
  await typedInside();
  await w.command("Notifications: Clear All Notifications");
  await w.page.locator(".tab", { hasText: "Proposed: largest.py" }).click();
  await w.page.locator(".editor-actions a[aria-label^='Apply Proposed Edit']").first().click();
  await w.pressButton("You typed in the lines that it changes", "Replace What I Typed");
  await w.page.locator(".tab", { hasText: "Proposed: largest.py" }).waitFor({ state: "detached" });
  await hasText(PROPOSED.join("\n"));
  await restored(LARGEST);
  await closeOtherGroups();
});
