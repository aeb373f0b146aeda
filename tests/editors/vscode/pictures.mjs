// The surfaces of the extension one after the other, each in a light theme, a dark one, and a narrow window.
// Each step waits for what is to be seen in its picture, so that this is a test as well; run-vscode.sh says how the files of the docs are made.

import { answerHas, closeOtherGroups, end, marked, setting, stateIs, story, unmarked, w } from "./kit.mjs";

const WIDE = { width: 1100, height: 640 };
const NARROW = { width: 480, height: 800 };

const row = (label) => w.quickInput.locator(".monaco-list-row", { hasText: label }).first();
/** Leaves nothing of a surface behind. */
async function tidy() {
  await w.press("Escape");
  await w.command("View: Close All Editors");
  await w.command("Notifications: Clear All Notifications");
  await w.page.mouse.move(3, 300);
}

const surfaces = {
  async mark() {
    await w.openFile("describe.py");
    await w.select(4, 10);
    await w.command("StackSpot AI: Refactor…");
    await w.answerBox("Take your time");
    await w.goTo(1);
    await w.look("it tells for how long", async () => (await marked("Refactor"))[0].words.some(({ text }) => / s$/.test(text)));
    return async () => {
      await w.command("StackSpot AI: Cancel");
      await unmarked();
    };
  },
  async answer() {
    await w.openFile("totals.py");
    await w.select(4, 8);
    await w.command("StackSpot AI: Explain");
    await answerHas("tokens");
    await w.inView((view) => view.locator("#question").fill("Now as code"));
    await w.inView((view) => view.locator("#question").press("Enter"));
    await answerHas("This is the same");
    await w.look("nothing is still to come", () => w.inView((view) => view.locator("#stop").isHidden()));
  },
  async diff() {
    await setting("stackspot-lsp.edit.apply", "review");
    await w.openFile("totals.py");
    await w.codeAction("Refactor with StackSpot AI", () => w.select(4, 8));
    await w.page.locator(".tab", { hasText: "Proposed: totals.py" }).waitFor();
    await w.notification("Refactor · totals.py").waitFor();
    return async () => {
      await w.pressButton("Refactor · totals.py", "Discard");
      await w.page.locator(".tab", { hasText: "Proposed: totals.py" }).waitFor({ state: "detached" });
      await setting("stackspot-lsp.edit.apply", undefined);
    };
  },
  async menu() {
    await w.openFile("totals.py");
    await w.statusItem.click();
    await row("Explain").waitFor();
  },
  async actions() {
    await w.openFile("totals.py");
    const menu = w.page.locator(".action-widget");
    await w.look("the menu of code actions", async () => {
      await w.select(4, 8);
      await w.press("Control+.");
      await menu.locator(".monaco-list-row", { hasText: "Explain" }).first().waitFor({ timeout: 2_500 });
      return true;
    });
  },
  async conversation() {
    await w.openFile("totals.py");
    await w.select(4, 8);
    await w.command("StackSpot AI: Ask…");
    await w.answerBox("");
    await w.look("the cursor is in the conversation", () =>
      w.page.evaluate(() =>
        document.activeElement?.closest(".editor-group-container")?.querySelector(".tab.active")?.textContent?.startsWith("Conversation"),
      ),
    );
    await w.type("Is nothing zero?");
    await w.press("Control+Enter");
    await w.look("the answer is there", async () => {
      await w.press("Control+End");
      return (await w.page.locator(".view-lines").allInnerTexts()).join(" ").replace(/\s+/g, " ").includes("divides by zero");
    });
    await w.look("it is saved by itself", async () => (await w.page.locator(".tab.active.dirty").count()) === 0);
  },
  async context() {
    await w.openFile("totals.py");
    await w.select(4, 8);
    await w.command("StackSpot AI: Context of the Next Question…");
    await row("The selected lines").click();
    await row("totals.py:4–8").waitFor();
    return async () => {
      await row("totals.py:4–8").click();
      await row("totals.py:4–8").waitFor({ state: "detached" });
    };
  },
  async remarks() {
    await w.openFile("largest.py");
    await w.goTo(5);
    await w.command("StackSpot AI: Review");
    await w.look("the remarks are underlined", async () => (await w.page.locator(".squiggly-warning").count()) > 0);
    await unmarked();
    await closeOtherGroups();
    await w.goTo(1);
    await w.press("F8");
    await w.page.locator(".marker-widget", { hasText: "An empty basket" }).waitFor();
  },
  async walkthrough() {
    await w.command("Welcome: Open Walkthrough...");
    await w.answerBox("Get started with StackSpot AI");
    const step = w.page.locator(".getting-started-step", { hasText: "Explain some code" }).first();
    await step.click();
    await step.locator(".monaco-button").first().waitFor();
  },
  async settings() {
    await w.command("Preferences: Open Settings (UI)");
    const box = w.page.locator(".settings-editor .suggest-input-container .monaco-editor");
    await box.first().waitFor();
    await w.page.keyboard.insertText("@ext:stackspot-lsp.stackspot-lsp");
    await w.page.locator(".settings-editor .setting-item-contents", { hasText: "Stackspot-lsp: Agent" }).first().waitFor();
    return () => w.closeModal();
  },
};

/** Chooses among the surfaces. */
const wanted = new RegExp(process.env.SURFACE ?? "");

await stateIs("ready");
for (const [variant, theme, size] of [
  ["light", "Default Light Modern", WIDE],
  ["dark", "Default Dark Modern", WIDE],
  ["narrow", "Default Light Modern", NARROW],
]) {
  await setting("workbench.colorTheme", theme);
  await w.page.setViewportSize(size);
  await w.look("there is room for the code", async () => {
    if ((await w.page.locator(".part.sidebar").isVisible()) === (size === WIDE)) return true;
    await w.press("Control+b");
    return false;
  });
  for (const [name, open] of Object.entries(surfaces))
    if (wanted.test(name))
      await story(`${name}, ${variant}`, async () => {
        const close = await open();
        await w.screenshot(`${name}-${variant}`);
        await close?.();
        await tidy();
      });
}
await end();
