// Stories of answers as data, and of the place where they are shown: what an agent wrote is fetched and run by nobody, and
// what is asked about is where the cursor is.

import assert from "node:assert/strict";
import { answerHas, clickIntoCode, closeOtherGroups, closePanel, focusIsInCode, isQuiet, linesOf, restored, story, w } from "./kit.mjs";

/** What of a preview would fetch something, or be run by a click. */
const living = async () => {
  const found = [];
  for (const frame of await w.previewFrames()) {
    found.push(
      ...(await frame.evaluate(() => {
        const remote = [...document.body.querySelectorAll("img, video, link, iframe, image, style, object, embed")];
        const links = [...document.body.querySelectorAll("a[href]")].filter((it) => !/^(https?|mailto):/.test(it.getAttribute("href")));
        return [...remote, ...links].map((it) => it.outerHTML);
      })),
    );
  }
  return found;
};

await story("nothing of a hostile answer is fetched or run, while it grows and afterwards, and its code is as it was", async () => {
  await w.openFile("hostile.py");
  await w.select(4, 6);
  await w.command("StackSpot AI: Explain");
  await answerHas("The end of it.");
  await answerHas("tokens");
  const answer = await w.preview();
  assert.ok(answer.includes('<img src="https://evil.example/kept.png"> stays ![as](it is)'), answer);
  assert.ok(answer.includes('Use <img src="https://evil.example/span.png"> with care.'), answer);
  assert.ok(answer.includes("A@{ img:"), "a drawing is code");
  assert.deepEqual(await living(), []);
  await w.screenshot("hostile-answer");
  await isQuiet();
  await closeOtherGroups();
});

await story("hovering over the code recalls a hostile answer and fetches nothing of it", async () => {
  await clickIntoCode();
  const hover = w.page.locator(".monaco-hover", { hasText: "It adds the prices" }).first();
  await w.look("the answer is recalled", async () => {
    await w.goTo(6, 8);
    await w.command("Show or Focus Hover");
    await hover.waitFor({ timeout: 2_000 });
    return true;
  });
  assert.equal(await hover.locator("img").count(), 0);
  await w.screenshot("hostile-hover");
  await w.press("Escape");
});

await story("an answer covers no code and takes no keys, whatever the columns hold", async () => {
  await w.openFile("totals.py");
  await w.press("Control+\\");
  await w.look("there are two columns", async () => (await w.page.locator(".editor-group-container").count()) === 2);
  await w.openFile("mean.py");
  await w.command("View: Focus First Editor Group");
  await w.goTo(5);
  await w.command("StackSpot AI: Explain");
  await answerHas("tokens");
  await w.look("the code of the other column is to be seen", async () => (await w.text(1)).includes("def mean"));
  assert.equal(await w.page.locator(".editor-group-container").count(), 3);
  assert.ok(await focusIsInCode(), "the focus stayed");
  await w.type("typed ");
  await w.look("what was typed is in the code", async () => (await w.text(0)).includes("typed "));
  await w.screenshot("three-columns");
  await restored(linesOf("totals.py"));
  await closeOtherGroups();
});

await story("with the code's column gone the answer opens beside the next code", async () => {
  await w.openFile("totals.py");
  await w.goTo(5);
  await w.command("StackSpot AI: Explain");
  await answerHas("tokens");
  await clickIntoCode();
  await w.command("View: Close All Editors in Group");
  await w.look("one column is left", async () => (await w.page.locator(".editor-group-container").count()) === 1);
  await w.openFile("hostile.py");
  await w.goTo(6);
  await w.command("StackSpot AI: Explain");
  await answerHas("The end of it.");
  await w.look("the code is to be seen", async () => (await w.text(1)).includes("def hostile"));
  const focus = () => document.activeElement?.closest(".editor-group-container")?.querySelector(".tab.active")?.getAttribute("data-resource-name");
  assert.equal(await w.page.evaluate(focus), "hostile.py", "the focus stayed");
  // From the code, which is the second column here: the first would stay, empty and locked.
  await w.command("View: Close Editors in Other Groups");
  await w.look("one column is left", async () => (await w.page.locator(".editor-group-container").count()) === 1);
});

await story("a command in a notebook is about no other file, and says so", async () => {
  await w.openFile("totals.py");
  await w.press("Control+\\");
  await w.look("there are two columns", async () => (await w.page.locator(".editor-group-container").count()) === 2);
  await w.look("cells.ipynb is first in the list of files", async () => {
    await w.press("Control+p");
    await w.quickInput.locator("input").first().fill("cells.ipynb", { timeout: 2_000 });
    const first = w.quickInput.locator(".monaco-list-row.focused").first();
    return (await first.textContent({ timeout: 2_000 }))?.startsWith("cells.ipynb");
  });
  await w.press("Enter");
  const cell = w.page.locator(".notebookOverlay .cell .view-lines").first();
  await cell.waitFor();
  await cell.click();
  for (const command of ["StackSpot AI: Explain", "StackSpot AI: Refactor…"]) {
    await w.command(command);
    const said = w.notification("Notebook cells are not supported yet");
    await said.waitFor();
    await w.command("Notifications: Clear All Notifications");
    await cell.click();
  }
  assert.ok((await w.text(0)).includes("def total"), "the code beside it is as it was");
  await closeOtherGroups();
});

await story("a command in the output is about no file, and says so before it asks for words", async () => {
  await w.openFile("totals.py");
  await w.goTo(5);
  await w.command("StackSpot AI: Show Log");
  await w.page.locator(".part.panel .view-line").first().waitFor();
  await w.page.locator(".part.panel .monaco-editor").first().click({ position: { x: 200, y: 100 } });
  // By its key: the palette takes the cursor out of the output, and gives it back to the code.
  await w.press("Control+k");
  await w.press("Shift+r");
  await w.notification("put the cursor into its code").waitFor();
  await w.command("Notifications: Clear All Notifications");
  await closePanel();
  await clickIntoCode();
});
