// Stories of what a question carries by hand, and of whole files and changes that are asked about.

import * as childProcess from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { answerHas, closeOtherGroups, isQuiet, openAlone, project, story, w } from "./kit.mjs";

const row = (label) => w.quickInput.locator(".monaco-list-row", { hasText: label });
const says = (words) => w.quickInput.filter({ hasText: words }).waitFor();
const openList = () => w.command("StackSpot AI: Context of the Next Question…");

await story("parts are added to the next question with their sizes, removed, shown before sending, and sent once", async () => {
  await openAlone("totals.py");
  await w.select(4, 8);
  await openList();
  await says("Nothing was added to the next question");
  await row("The selected lines").click();
  await row("totals.py:4–8").waitFor();
  await row("This file").click();
  await says(/contains [\d,]+ of 60,000 characters/);
  await row("Remove everything").waitFor();
  await row("A file…").click();
  await w.answerBox("basket.ts", { title: "Which file?" });
  await row("basket.ts").waitFor();
  await w.screenshot("context");
  await row("totals.py:4–8").click();
  await row("totals.py:4–8").waitFor({ state: "detached" });
  await w.press("Escape");
  await w.codeAction("Show what would be sent", () => w.goTo(6));
  await answerHas('<context kind="file" file="basket.ts">');
  await closeOtherGroups();
  await w.goTo(6);
  await w.command("StackSpot AI: Explain");
  await isQuiet();
  await openList();
  await says("Nothing was added to the next question");
  await w.press("Escape");
  await closeOtherGroups();
});

await story("a file is explained and added from the explorer, without being opened first", async () => {
  const choose = async (file, entry) => {
    await w.page.locator(".explorer-folders-view .monaco-list-row", { hasText: file }).click({ button: "right" });
    const item = (name) => w.page.locator(".context-view .action-item", { hasText: name }).last();
    await item("StackSpot AI").hover();
    await item(entry).waitFor();
    await w.screenshot("explorer-menu");
    await item(entry).click();
  };
  await choose("basket.ts", "Add to the Next Question");
  await w.look("its size is told", async () =>
    (await w.page.locator(".part.statusbar").textContent())?.includes("The next question contains"),
  );
  await choose("hostile.py", "Explain This File");
  await w.look("the hostile answer is there", async () => (await w.preview()).length > 100);
  await isQuiet();
  await w.page.locator('.tab[data-resource-name="hostile.py"]').first().waitFor();
  await w.command("View: Close All Editors");
});

await story("the changes of a repository are reviewed, and the message of their commit is written into its box", async () => {
  const repository = path.join(project, "shop");
  fs.mkdirSync(repository);
  const git = (...given) =>
    childProcess.execFileSync("git", ["-C", repository, "-c", "user.name=A", "-c", "user.email=a@example.org", ...given]);
  git("init", "-q");
  const file = path.join(repository, "till.py");
  fs.writeFileSync(file, "def till(prices):\n    return sum(prices)\n");
  git("add", ".");
  git("commit", "-q", "-m", "Begin");
  fs.writeFileSync(file, "def till(prices):\n    return round(sum(prices), 2)\n");
  try {
    // The editor finds a repository in a folder by itself.
    await w.page.getByRole("tab", { name: /^Source Control/ }).first().click();
    const button = w.page.locator(".part.sidebar a[aria-label^='Write Commit Message']").first();
    // The buttons of a view are drawn under the mouse alone.
    await w.look("the button is drawn", async () => {
      await w.page.locator(".part.sidebar .pane-header").first().hover({ timeout: 2_000 });
      return button.isVisible();
    });
    await button.click();
    const box = w.page.locator(".scm-editor .view-lines").first();
    await w.look("the message is in the box", async () =>
      (await box.textContent())?.replaceAll("\u00a0", " ").includes("Round the till to cents"),
    );
    await w.screenshot("commit-message");
    await w.command("StackSpot AI: Review Changes");
    await w.page.locator('.tab[data-resource-name="till.py"]').first().waitFor();
    await w.look("the change has its remark", async () => (await w.page.locator(".squiggly-info, .squiggly-warning, .squiggly-hint, .squiggly-error").count()) > 0);
    await w.screenshot("changes-reviewed");
  } finally {
    await w.command("View: Close All Editors");
    fs.rmSync(repository, { recursive: true });
    await w.press("Control+Shift+e");
  }
});
