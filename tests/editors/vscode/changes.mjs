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
