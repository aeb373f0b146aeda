// Stories of a waiting edit of several changes, each applied or discarded by itself in its diff.

import { closeOtherGroups, hasText, isQuiet, linesOf, openAlone, restored, setting, stateIs, story, w } from "./kit.mjs";

const BEFORE = linesOf("describe.py");
const FIRST = "    first = min(prices)";
const SECOND = '        lines.append(f"{price}")';
const THIRD = '    return f"{text} from {first}"';
const diff = w.page.locator(".tab", { hasText: "Proposed: describe.py" });
const icon = (name) => w.page.locator(`.editor-actions a[aria-label^='${name}']`);

/** The text with some of the changes made. */
const having = (...made) => {
  const lines = [...BEFORE];
  for (const line of made) lines[line === FIRST ? 4 : line === SECOND ? 7 : 9] = line;
  return lines;
};

/** Three changes that wait, shown beside the code. */
async function threeChanges() {
  await openAlone("describe.py");
  await w.codeAction("Refactor with StackSpot AI", () => w.select(4, 10));
  await diff.waitFor();
  await w.notification("Refactor · describe.py").waitFor();
  await w.command("Notifications: Clear All Notifications");
}

/** The line of the right side gets the cursor. */
async function inDiff(line) {
  await diff.click();
  await w.goTo(line);
}

/** The right side of the diff: what would become of the text. */
const wouldBe = (lines) =>
  w.look(`the diff leads to\n${lines.join("\n")}\n`, async () => {
    const shown = await w.page.evaluate(() => {
      const side = document.querySelector(".monaco-diff-editor .editor.modified");
      // Without what goes, which in a narrow diff stands between.
      const lines = [...side.querySelectorAll(".view-lines:not(.line-delete) .view-line")];
      lines.sort((a, b) => Number.parseFloat(a.style.top) - Number.parseFloat(b.style.top));
      return lines.map((line) => line.textContent.replaceAll("\u00a0", " ")).join("\n");
    });
    return shown.trimEnd() === lines.join("\n").trimEnd();
  });

await story("of three changes the second is applied in the diff, the first discarded, and then the rest applied, each with its step to undo", async () => {
  await setting("stackspot-lsp.edit.apply", "review");
  await threeChanges();
  await inDiff(8);
  await icon("Apply This Change").first().waitFor();
  await w.page.mouse.move(600, 600);
  await w.screenshot("change-by-change");
  await icon("Apply This Change").first().click();
  await hasText(having(SECOND).join("\n"));
  await stateIs("edits that wait: 1");
  await wouldBe(having(FIRST, SECOND, THIRD));
  await inDiff(5);
  await icon("Discard This Change").first().click();
  await wouldBe(having(SECOND, THIRD));
  await hasText(having(SECOND).join("\n"));
  await w.screenshot("change-by-change-rest");
  await inDiff(10);
  await w.press("Control+Enter");
  await diff.waitFor({ state: "detached" });
  await hasText(having(SECOND, THIRD).join("\n"));
  await isQuiet();
  await openAlone("describe.py");
  await w.press("Control+z");
  await hasText(having(SECOND).join("\n"));
  await w.press("Control+z");
  await hasText(BEFORE.join("\n"));
  await restored(BEFORE);
});

await story("after typing above, a key applies the change at the cursor, and only a changed line has one", async () => {
  await threeChanges();
  await w.page.locator('.tab[data-resource-name="describe.py"]').first().click();
  await w.goTo(1);
  await w.type("# mine\n");
  await wouldBe(["# mine", ...having(FIRST, SECOND, THIRD)]);
  await inDiff(8);
  await w.press("Alt+Enter");
  await w.notification("Put the cursor into a change of the diff").waitFor();
  await w.command("Notifications: Clear All Notifications");
  await hasText(["# mine", ...BEFORE].join("\n"));
  await inDiff(11);
  await w.press("Alt+Enter");
  await hasText(["# mine", ...having(THIRD)].join("\n"));
  await inDiff(6);
  await w.press("Alt+Backspace");
  await wouldBe(["# mine", ...having(SECOND, THIRD)]);
  await inDiff(9);
  await w.press("Alt+Enter");
  await diff.waitFor({ state: "detached" });
  await hasText(["# mine", ...having(SECOND, THIRD)].join("\n"));
  await isQuiet();
  await restored(BEFORE);
});

await story("after a revert, or with another text in its place, the diff shows what would become of the text as it is, and no mixture", async () => {
  await threeChanges();
  const all = having(FIRST, SECOND, THIRD);
  await w.page.locator('.tab[data-resource-name="describe.py"]').first().click();
  await w.goTo(1);
  await w.type("# mine\n");
  await w.goTo(9);
  await w.press("End");
  await w.type("  # mine, too");
  await w.command("File: Revert File");
  await hasText(BEFORE.join("\n"));
  await wouldBe(all);
  await w.press("Control+a");
  await w.type("text = 1");
  await wouldBe(["text = 1"]);
  await w.command("File: Revert File");
  await hasText(BEFORE.join("\n"));
  await wouldBe(all);
  await w.screenshot("diff-after-revert");
  await w.command("StackSpot AI: Apply Proposed Edit");
  await diff.waitFor({ state: "detached" });
  await hasText(all.join("\n"));
  await isQuiet();
  await restored(BEFORE);
});

await story("a change that is applied above its lines shows in the diff as well, and where the user typed in it both are kept or neither", async () => {
  await threeChanges();
  await w.codeAction("Apply this change", () => w.goTo(8));
  await hasText(having(SECOND).join("\n"));
  await wouldBe(having(FIRST, SECOND, THIRD));
  await w.goTo(5);
  await w.press("End");
  await w.type("  # mine");
  await inDiff(10);
  await w.press("Alt+Enter");
  await w.notification("Its changes can only be made together").waitFor();
  await w.pressButton("Its changes can only be made together", "Discard");
  await diff.waitFor({ state: "detached" });
  const mine = having(SECOND);
  mine[4] += "  # mine";
  await hasText(mine.join("\n"));
  await setting("stackspot-lsp.edit.apply", undefined);
  await restored(BEFORE);
  await closeOtherGroups();
});
