// Stories of remarks at their lines, which are diagnostics with code actions.

import { clickIntoCode, closeOtherGroups, hasText, isQuiet, linesOf, restored, story, w } from "./kit.mjs";

const LARGEST = linesOf("largest.py");

const underlined = (severity, count) =>
  w.look(`${count} remarks are underlined as ${severity}`, async () => {
    // Each line of a remark is underlined on its own.
    const shown = await w.page.locator(`.editor-instance .squiggly-${severity}`).count();
    return count === 0 ? shown === 0 : shown >= count;
  });
const peeked = (words) => w.page.locator(".marker-widget", { hasText: words }).waitFor();

await story("remarks stand at their lines, and F8 goes from one to the next", async () => {
  await w.openFile("largest.py");
  await w.goTo(5);
  await w.command("StackSpot AI: Review");
  await underlined("warning", 1);
  await underlined("info", 1);
  await isQuiet();
  await closeOtherGroups();
  await w.goTo(1);
  await w.press("F8");
  await peeked("An empty basket ends in an IndexError here.");
  await w.screenshot("remarks");
  await w.press("F8");
  await peeked("says this in one line");
  await w.press("Escape");
  await w.page.locator(".marker-widget").waitFor({ state: "detached" });
});

await story("a remark follows what is typed; one is applied and undone, another dismissed", async () => {
  await clickIntoCode();
  await w.goTo(1);
  await w.type("# typed above\n");
  const typed = ["# typed above", ...LARGEST];
  await w.codeAction("Apply: An empty basket", () => w.goTo(6));
  await hasText(typed.join("\n").replace("found = prices[0]", "found = prices[0] if prices else None"));
  await underlined("warning", 0);
  await w.press("Control+z");
  await hasText(typed.join("\n"));
  await underlined("warning", 1);
  await w.codeAction("Dismiss", () => w.goTo(8));
  await underlined("info", 0);
  await underlined("warning", 1);
  await restored(LARGEST);
});
