// Stories of the page of the settings, as people find it who edit no JSON.

import assert from "node:assert/strict";
import { clickIntoCode, openAlone, setting, settings, story, w } from "./kit.mjs";

const page = w.page.locator(".settings-editor");
/** A setting by the last words of its name. */
const item = (name) => {
  const label = w.page.locator(".setting-item-label", { hasText: new RegExp(`^\\s*${name}\\s*$`) });
  return page.locator(".setting-item-contents").filter({ has: label }).first();
};

/** Opens the page with what is typed into its box. */
async function find(words) {
  await w.command("Preferences: Open Settings (UI)");
  const box = page.locator(".suggest-input-container .monaco-editor").first();
  await box.waitFor();
  await box.click();
  await w.press("Control+a");
  await w.page.keyboard.insertText(words);
}

await story("the settings page begins with the agent, in a box with a link to the list of them, and says what each choice means", async () => {
  await openAlone("totals.py");
  await find("@ext:stackspot-lsp.stackspot-lsp");
  await item("Agent").waitFor();
  // From the top: the sections in their order, and in them the settings in theirs.
  const names = await w.look("the first settings", async () => {
    const all = await page.locator(".setting-item-contents .setting-item-label").allTextContents();
    return all.length >= 4 && all;
  });
  const words = names.map((name) => name.replace(/^.*: /, "").trim());
  assert.deepEqual(words.slice(0, 4), ["Agent", "Apply", "Guard", "Language"]);
  await w.screenshot("settings-page");
  assert.equal(await item("Agent").locator("input[type=text], input:not([type])").count(), 1, "it is typed into a box");
  assert.equal(await item("Agent").locator("a", { hasText: "Edit in settings.json" }).count(), 0);

  await item("Apply").locator(".monaco-select-box, select").first().click();
  const choices = w.page.locator(".monaco-select-box-dropdown-container");
  await choices.locator(".select-box-details-pane").waitFor();
  assert.match(await choices.locator(".select-box-details-pane").textContent(), /\w+ \w+/, "in words");
  await w.screenshot("settings-choices");
  await w.press("Escape");

  await item("Agent").locator("a", { hasText: "Choose it from a list" }).click();
  const agent = w.quickInput.locator(".monaco-list-row", { hasText: "Careful reviewer" });
  await agent.waitFor();
  await w.press("Escape");
  await w.closeModal();
  await clickIntoCode();
});

await story("an agent that is typed into the box is the one that is asked, and an emptied box is none", async () => {
  const before = settings()["stackspot-lsp.agent"];
  await find("stackspot-lsp.agent");
  const box = item("Agent").locator("input").first();
  await box.fill("of my own");
  await w.look("it is in the settings", () => settings()["stackspot-lsp.agent"] === "of my own");
  await box.fill("");
  await w.look("none is", () => !settings()["stackspot-lsp.agent"]);
  await w.closeModal();
  await setting("stackspot-lsp.agent", before);
});
