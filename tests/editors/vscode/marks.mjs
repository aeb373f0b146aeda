// Stories of where a job works: its lines are marked while it does.

import assert from "node:assert/strict";
import { clickIntoCode, closeOtherGroups, hasText, isQuiet, linesOf, marked, marks, openAlone, restarted, restored, setting, story, unmarked, w } from "./kit.mjs";

const LARGEST = linesOf("largest.py");
const TOTALS = linesOf("totals.py");

/** A refactoring of some lines that does not end by itself. */
async function refactoring(first, last) {
  await w.select(first, last);
  await w.command("StackSpot AI: Refactor…");
  await w.answerBox("Take your time");
}

/** Moves the mouse onto a line, so far from its last letter, and clicks on Cancel in what it says there. */
const cancelOver = (line, beside) =>
  w.look("Cancel over the line", async () => {
    await w.page.mouse.move(640, 700);
    const [box] = await w.page.evaluate(
      (words) => [...document.querySelectorAll(".view-line")].filter((it) => it.textContent.includes(words)).map((it) => it.firstChild.getBoundingClientRect().toJSON()),
      line.replaceAll(" ", "\u00a0"),
    );
    await w.page.mouse.move(box.right - beside, box.top + box.height / 2);
    const cancel = w.page.locator(".monaco-hover a", { hasText: "Cancel" });
    await cancel.first().waitFor({ timeout: 3_000 });
    const told = async () => (await marks()).flatMap(({ words }) => words.map(({ text }) => text)).join();
    const before = await told();
    await w.look("the time goes on, and the hover stays", async () => (await told()) !== before);
    await w.screenshot("mark-hover");
    await cancel.first().click({ timeout: 2_000 });
    return true;
  });

await story("the lines on which an agent works are marked, wherever they move and are to be seen, and their hover cancels that job alone", async () => {
  await openAlone("largest.py");
  await refactoring(4, 9);
  const [mark] = await marked("Refactor");
  assert.equal(mark.lines, 6);
  assert.equal(mark.words[0].beside, LARGEST[3]);
  await isQuiet();
  await w.screenshot("mark");
  await w.look("it tells for how long", async () => /^Refactor · \d+ s$/.test((await marks())[0].words[0].text));

  await w.goTo(1);
  await w.type("# mine\n");
  await w.goTo(10, 200);
  await w.type("\n# below");
  await w.look("the mark is at the same lines", async () => {
    const [{ words, lines }] = await marks();
    return words[0].beside === LARGEST[3] && lines === 6;
  });

  await w.press("Control+\\");
  await marked("Refactor", 2);
  await w.command("View: Close All Editors in Group");
  await w.openFile("totals.py");
  await unmarked();
  await refactoring(4, 8);
  const [other] = await marked("Refactor");
  assert.equal(other.words[0].beside, TOTALS[3]);
  await w.command("View: Revert and Close Editor");
  await w.openFile("totals.py");
  assert.equal((await marked("Refactor"))[0].lines, 5, "a file that was closed meanwhile has it again");

  await cancelOver("def total", 20);
  await unmarked();
  await hasText(TOTALS.join("\n"));
  await w.openFile("largest.py");
  assert.equal((await marked("Refactor"))[0].words[0].beside, LARGEST[3], "the other one goes on");
  await w.command("StackSpot AI: Cancel");
  await unmarked();
  await hasText(["# mine", ...LARGEST.slice(0, 9), "    # below", ...LARGEST.slice(9)].join("\n"));
  await isQuiet();
  await restored(LARGEST);
});

await story("a mark goes once the answer is whole, and with the server that worked there", async () => {
  await openAlone("mean.py");
  await w.goTo(5);
  await w.command("StackSpot AI: Ask…");
  await w.answerBox("Is it safe?");
  await marked("Ask");
  await unmarked();
  await closeOtherGroups();
  await w.openFile("largest.py");
  await refactoring(4, 9);
  await marked("Refactor");
  await restarted();
  await unmarked();
  await w.command("Notifications: Clear All Notifications");
  await clickIntoCode();
});

for (const [theme, name] of [
  ["Default Light Modern", "light"],
  ["Default High Contrast", "high-contrast"],
])
  await story(`the mark of a job is to be seen in the theme ${theme}`, async () => {
    await setting("workbench.colorTheme", theme);
    await openAlone("largest.py");
    await refactoring(4, 9);
    await marked("Refactor");
    await w.screenshot(`mark-${name}`);
    await w.command("StackSpot AI: Cancel");
    await unmarked();
    await setting("workbench.colorTheme", undefined);
  });
