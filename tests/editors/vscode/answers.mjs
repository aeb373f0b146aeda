// Stories of the view of the answers: its box, its list, and what is done with the code in it.

import assert from "node:assert/strict";
import {
  answerHas,
  clickIntoCode,
  closeOtherGroups,
  hasText,
  isQuiet,
  linesOf,
  openAlone,
  restored,
  setting,
  story,
  w,
} from "./kit.mjs";

const TOTALS = linesOf("totals.py");
const BETTER = ["def total(prices):", "    return sum(prices)"];
const questions = () => w.inView((view) => view.locator("article > blockquote").allTextContents());
/** The answer about these words of a heading has come, to its end. */
const whole = async (subject) => {
  await answerHas(subject);
  await answerHas("tokens");
  await w.look("nothing of it is still to come", () => w.inView((view) => view.locator("#stop").isHidden()));
};
/** Writes into the box of the view, and sends it by its key. */
const askInView = (text) =>
  w.inView(async (view) => {
    await view.locator("#question").fill(text);
    await view.locator("#question").press("Enter");
  });
/** Presses a button above the piece of code of the conversation that has these words. */
const press = (words, button) => w.inView((view) => view.locator(".code", { hasText: words }).locator("button", { hasText: button }).last().click());

await story("a question in the box of the view goes on below the answer, in the same conversation", async () => {
  await openAlone("totals.py");
  await w.select(4, 8);
  await w.command("StackSpot AI: Explain");
  await whole("totals.py:4–8");
  await askInView("Go on with rounding");
  await whole("As before, with rounding");
  assert.deepEqual(await questions(), ["Go on with rounding"]);
  assert.match(await w.preview(), /What may surprise a reader/, "the first answer is above it");
  assert.equal(await w.page.locator(".tab", { hasText: "Explain totals.py" }).count(), 1, "in one tab");
});

await story("code of an answer is copied, put in at the cursor, put in place of the selection, and compared", async () => {
  await askInView("Now as code");
  await whole("This is the same");
  await w.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await press("return sum", "Copy");
  await w.look("it is on the clipboard", async () => {
    await clickIntoCode();
    return (await w.page.evaluate(() => navigator.clipboard.readText())) === BETTER.join("\n");
  });

  await w.goTo(8, 1);
  await w.press("Home");
  await w.goTo(8, 5);
  await press("if not prices", "Insert at Cursor");
  const inserted = [...TOTALS.slice(0, 7), "    if not prices:", "        return 0return result"];
  await hasText(inserted.join("\n"));
  await clickIntoCode();
  await w.press("Control+z");
  await hasText(TOTALS.join("\n"));

  await press("return sum", "Replace Selection");
  await w.notification("Select the code that this is about").waitFor();
  await w.command("Notifications: Clear All Notifications");
  await clickIntoCode();
  await w.select(4, 8);
  await press("return sum", "Replace Selection");
  await hasText([...TOTALS.slice(0, 3), ...BETTER].join("\n"));
  await w.screenshot("code-replaced");
  await clickIntoCode();
  await w.press("Control+z");
  await hasText(TOTALS.join("\n"));

  await w.select(4, 8);
  await press("return sum", "Open as Diff");
  const diff = w.page.locator(".tab", { hasText: "Proposed: totals.py" });
  await diff.waitFor();
  await w.screenshot("code-diff");
  await w.command("StackSpot AI: Apply Proposed Edit");
  await diff.waitFor({ state: "detached" });
  await clickIntoCode();
  await hasText([...TOTALS.slice(0, 3), ...BETTER].join("\n"));
  await restored(TOTALS);
  await isQuiet();
});

await story("after a reload the conversation is there, is gone on with, and older ones are in the list", async () => {
  await w.reload();
  await answerHas("This is the same");
  assert.deepEqual(await questions(), ["Go on with rounding", "Now as code"]);
  await w.look("the extension is there", async () => (await w.statusItem.getAttribute("aria-label"))?.includes("ready"));
  await askInView("Go on with rounding");
  await w.look("it is answered in the same conversation", async () => (await questions()).length === 3);
  await w.look("and the answer is whole", async () => (await w.preview()).split("As before, with rounding").length === 3);
  await clickIntoCode();
  // The window may have kept what was reverted right before it was loaded anew.
  await w.openFile("totals.py");
  await restored(TOTALS);
  await w.openFile("mean.py");
  await w.goTo(5);
  await w.command("StackSpot AI: Ask…");
  await w.answerBox("Is it safe?");
  await answerHas("divides by zero");
  assert.doesNotMatch(await w.preview(), /As before/, "it is another conversation");
  await w.inView((view) => view.locator("#history").click());
  await w.screenshot("conversations");
  await w.inView((view) => view.locator("#rows .choose", { hasText: "Explain totals.py" }).first().click());
  await answerHas("This is the same");
  await isQuiet();
  await closeOtherGroups();
});

await story("the latest conversation comes back by its command, and can be forgotten", async () => {
  await w.command("StackSpot AI: Show Latest Answer");
  await answerHas("This is the same");
  await w.inView((view) => view.locator("#history").click());
  await w.inView((view) => view.locator("#rows li:has(.choose[aria-current]) .forget").click());
  await w.look("another one is shown", async () => !(await w.preview()).includes("This is the same"));
  await closeOtherGroups();
});

for (const [theme, name] of [
  ["Default Light Modern", "light"],
  ["Default Dark Modern", "dark"],
  ["Default High Contrast", "high-contrast"],
])
  await story(`the view of the answers in the theme ${theme}, wide and narrow`, async () => {
    await setting("workbench.colorTheme", theme);
    await w.openFile("totals.py");
    await w.select(4, 8);
    await w.command("StackSpot AI: Explain");
    await whole("totals.py:4–8");
    await askInView("Now as code");
    await whole("This is the same");
    await isQuiet();
    await w.screenshot(`view-${name}`);
    const size = w.page.viewportSize();
    await w.page.setViewportSize({ width: 640, height: size.height });
    await w.look("no word leaves the view", () =>
      w.inView((view) => view.evaluate(() => document.body.scrollWidth <= document.body.clientWidth)),
    );
    await w.screenshot(`view-${name}-narrow`);
    await w.page.setViewportSize(size);
    await closeOtherGroups();
  });
await setting("workbench.colorTheme", undefined);
