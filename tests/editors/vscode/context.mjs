// Stories of what a question carries by hand, and of whole files and changes that are asked about.

import { answerHas, closeOtherGroups, isQuiet, openAlone, story, w } from "./kit.mjs";

const row = (label) => w.quickInput.locator(".monaco-list-row", { hasText: label });
const says = (words) => w.quickInput.filter({ hasText: words }).waitFor();
const openList = () => w.command("StackSpot AI: Context of the Next Question…");

await story("what the next question carries is added in a list with the sizes, taken off, shown in what would be sent, and goes once", async () => {
  await openAlone("totals.py");
  await w.select(4, 8);
  await openList();
  await says("Nothing was added to the next question");
  await row("The selected lines").click();
  await row("totals.py:4–8").waitFor();
  await row("This file").click();
  await says(/carries [\d,]+ of 60,000 characters/);
  await row("Take everything off").waitFor();
  await row("A file…").click();
  await w.answerBox("mean.py", { title: "Which file?" });
  await row("mean.py").waitFor();
  await w.screenshot("context");
  await row("totals.py:4–8").click();
  await row("totals.py:4–8").waitFor({ state: "detached" });
  await w.press("Escape");
  await w.codeAction("Show what would be sent", () => w.goTo(6));
  await answerHas('<context kind="file" file="mean.py">');
  await closeOtherGroups();
  await w.goTo(6);
  await w.command("StackSpot AI: Explain");
  await isQuiet();
  await openList();
  await says("Nothing was added to the next question");
  await w.press("Escape");
  await closeOtherGroups();
});
