// The VS Code workbench as a user has it before them: keys, menus, tabs, notifications, and what is written where.
// Nothing here waits for a time: it looks again until what is waited for is there, or says what was there instead.

import * as path from "node:path";
import { createRequire } from "node:module";

const require = createRequire(path.join(process.env.STORIES_MODULES, "stories.js"));
const { chromium } = require("playwright-core");

/** How long anything may take. Machines of CI are slow; what is there is seen at once. */
const PATIENCE_MS = 30_000;
const LOOK_AGAIN_MS = 50;

/** What shows that the folder is open. */
const OPEN = ".monaco-workbench .explorer-folders-view .monaco-list-row";

export async function openWorkbench(url, folder, { screenshots }) {
  const browser = await chromium.launch({
    executablePath: process.env.STORIES_CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(PATIENCE_MS);
  const isLocal = (address) => ["127.0.0.1", "localhost"].includes(new URL(address).hostname);
  // Nothing leaves the machine, whatever a page would like to fetch; each try is kept, for a story fails on it.
  const foreign = [];
  await page.context().route(
    (address) => !isLocal(address),
    (route) => {
      foreign.push(route.request().url());
      return route.abort();
    },
  );
  // What of a file of the machine is asked for through the workbench itself.
  page.context().on("request", (request) => {
    if (/etc(\/|%2F)hostname/i.test(request.url())) foreign.push(request.url());
  });
  await page.goto(`${url}/?folder=${encodeURIComponent(folder)}`);
  await page.waitForSelector(OPEN);
  return workbench(browser, page, screenshots, foreign);
}

function workbench(browser, page, screenshots, foreign) {
  const press = (key) => page.keyboard.press(key);
  const type = (text) => page.keyboard.type(text);

  const look = async (what, seen) => {
    const started = Date.now();
    for (;;) {
      let found;
      try {
        found = await seen();
      } catch (error) {
        found = undefined;
        if (Date.now() - started > PATIENCE_MS) throw new Error(`${what}: ${error.message}`);
      }
      if (found) return found;
      if (Date.now() - started > PATIENCE_MS) throw new Error(`not seen in time: ${what}`);
      await page.waitForTimeout(LOOK_AGAIN_MS);
    }
  };

  const quickInput = page.locator(".quick-input-widget:not([style*='display: none'])");
  /** Whether the box takes input; while it closes it can still be seen. */
  const isBoxOpen = () =>
    page.evaluate(() => {
      const input = [...document.querySelectorAll(".quick-input-widget input")].find((it) => it.offsetParent !== null);
      return input !== undefined && input.closest("[inert]") === null;
    });
  /** Types into the box on top, whatever it asks for, and takes what it offers first. */
  const answerBox = async (text, { title } = {}) => {
    await quickInput.waitFor();
    if (title) await quickInput.filter({ hasText: title }).waitFor();
    const input = quickInput.locator("input").first();
    await input.fill(text);
    const label = await input.getAttribute("aria-label");
    await press("Enter");
    // The next one may open as soon as this one is gone, and not before.
    await look(`${label ?? "the box"} is answered`, async () => {
      if (!(await isBoxOpen())) return true;
      return page.evaluate(
        (before) => document.querySelector(".quick-input-widget input")?.getAttribute("aria-label") !== before,
        label,
      );
    });
  };

  /** Opens a box by its key. Keys that come while something else closes are lost, so it is pressed until the box is there. */
  const openBox = (key) =>
    look(`the box of ${key}`, async () => {
      if (await isBoxOpen()) return true;
      await press(key);
      await quickInput.waitFor({ timeout: 2_000 });
      return isBoxOpen();
    });

  /** Runs a command by its title in the palette, as a user does who knows no key for it. */
  const command = async (title) => {
    // While the window starts the box may close again.
    await look(`${title} is first in the palette`, async () => {
      await openBox("F1");
      await quickInput.locator("input").first().fill(`>${title}`, { timeout: 2_000 });
      const first = quickInput.locator(".monaco-list-row.focused", { hasText: title }).first();
      const isFirst = await first.waitFor({ timeout: 2_000 }).then(() => true, () => false);
      // The list is that of the moment in which it opened, and commands of extensions may have come since.
      if (!isFirst) await press("Escape");
      return isFirst;
    });
    await press("Enter");
    // Closed, or open for what the command asks.
    await look("the palette has taken the command", () =>
      page.evaluate(() => {
        const inputs = [...document.querySelectorAll(".quick-input-widget input")].filter((it) => it.offsetParent !== null);
        return inputs.every((input) => !input.value.startsWith(">"));
      }),
    );
  };

  /** The lines of the code editor in a group, as far as they are drawn. */
  const lines = (group = 0) =>
    page.evaluate((number) => {
      const groups = [...document.querySelectorAll(".editor-group-container")];
      const drawn = [...(groups[number]?.querySelectorAll(".editor-instance .view-lines .view-line") ?? [])];
      drawn.sort((a, b) => Number.parseFloat(a.style.top) - Number.parseFloat(b.style.top));
      return drawn.map((line) => line.textContent.replaceAll("\u00a0", " "));
    }, group);
  const text = async (group = 0) => (await lines(group)).join("\n");

  const openFile = async (name) => {
    await look(`${name} is first in the list of files`, async () => {
      await openBox("Control+p");
      await quickInput.locator("input").first().fill(name, { timeout: 2_000 });
      const first = quickInput.locator(".monaco-list-row.focused").first();
      return (await first.textContent({ timeout: 2_000 }))?.startsWith(name);
    });
    await press("Enter");
    await look("the list of files is closed", async () => !(await isBoxOpen()));
    await page.locator(`.tab.active[data-resource-name="${name}"]`).first().waitFor();
    await page.locator(".editor-instance .view-lines .view-line").first().waitFor();
  };

  /** Puts the cursor at a line and column, from 1. */
  const goTo = async (line, column = 1) => {
    // The box closes where something else on the screen takes the focus, such as a diff that is drawn anew.
    await look(`the cursor is sent to line ${line}`, async () => {
      await openBox("Control+g");
      await quickInput.locator("input").first().fill(`:${line}:${column}`, { timeout: 2_000 });
      if ((await quickInput.getByText("Open a text editor first").count()) > 0) {
        // A view that was clicked at has the focus, and took it after the file was opened.
        await press("Escape");
        await page.locator(".editor-instance .view-lines").first().click({ timeout: 2_000 });
        return false;
      }
      await press("Enter");
      await quickInput.waitFor({ state: "hidden", timeout: 2_000 });
      return true;
    });
  };
  const select = async (first, last) => {
    await goTo(first);
    for (let line = first; line < last; line += 1) await press("Shift+ArrowDown");
    await press("Shift+End");
  };

  /** Chooses from the menu of code actions, by keyboard. */
  const codeAction = async (title, beforehand) => {
    const menu = page.locator(".action-widget");
    for (let attempt = 0; ; attempt += 1) {
      // Escape, which closes a menu without the action, drops the selection as well.
      await beforehand();
      await press("Control+.");
      try {
        await menu.locator(".monaco-list-row", { hasText: title }).first().waitFor({ timeout: 2_500 });
        break;
      } catch (error) {
        if (attempt === 8) throw error;
        await press("Escape");
      }
    }
    await look(`${title} has the focus`, async () => {
      const focused = await menu.locator(".monaco-list-row.focused").first().textContent();
      if (focused?.includes(title)) return true;
      await press("ArrowDown");
      return false;
    });
    await press("Enter");
  };

  /** Closes an editor that stands over the others. */
  const closeModal = () => {
    const modal = page.locator(".modal-editor-part");
    const save = page.locator(".monaco-dialog-box .monaco-button", { hasText: /^Save$/ });
    // Not by Escape, which counts only while the focus is in it.
    const close = modal.locator(".codicon-close").first();
    return look("the editor over the others is closed", async () => {
      if ((await modal.count()) === 0) return true;
      // Saved on the disk is not yet saved to the workbench.
      if (await save.isVisible()) await save.click();
      else await close.click({ timeout: 2_000 });
      await modal.waitFor({ state: "detached", timeout: 1_000 });
      return true;
    });
  };

  /** Writes the user's settings, as a user does who knows JSON. */
  const writeSettings = async (settings, isSaved) => {
    await command("Preferences: Open User Settings (JSON)");
    const editor = page.locator(".modal-editor-part .monaco-editor.focused");
    await editor.locator(".view-line", { hasText: "}" }).last().waitFor();
    await press("Control+a");
    // In one line, for the editor indents further ones as it likes.
    await page.keyboard.insertText(JSON.stringify(settings));
    await press("Control+s");
    await look("the settings are saved", isSaved);
    await closeModal();
  };

  const notifications = page.locator(".notifications-toasts .notification-list-item");
  const notification = (message) => notifications.filter({ hasText: message });
  /** A question that stands over everything else. */
  const dialog = (message) => page.locator(".monaco-dialog-box", { hasText: message });
  /** Presses a button of a notification. */
  const pressButton = (message, button) =>
    notification(message).first().locator(".monaco-button", { hasText: button }).first().click();

  /** The frames of the views and Markdown previews that are in front. */
  const previewFrames = async () => {
    const shown = [];
    for (const frame of page.frames()) {
      try {
        // A frame in a frame: the outer one is hidden while another tab is in front.
        const outer = await frame.parentFrame()?.frameElement();
        if (outer === undefined || !(await outer.isVisible())) continue;
        const words = await frame.evaluate(() => document.querySelector("body.vscode-body")?.innerText ?? "");
        if (words.trim() !== "") shown.push(frame);
      } catch {
        // It went away meanwhile.
      }
    }
    return shown;
  };
  /** The text of the views that are in front; nothing where there is none. */
  const preview = async () => {
    const frames = await previewFrames();
    const texts = await Promise.all(frames.map((frame) => frame.evaluate(() => document.body.innerText)));
    return texts.join("\n");
  };

  /** Does something in the view that is in front, which may be drawn anew meanwhile. */
  const inView = async (step) => step((await look("a view is in front", async () => (await previewFrames())[0])));

  return {
    page,
    inView,
    /** What was asked for at other hosts since the last call. */
    foreign: () => foreign.splice(0),
    press,
    type,
    look,
    command,
    answerBox,
    quickInput,
    lines,
    text,
    openFile,
    goTo,
    select,
    codeAction,
    writeSettings,
    closeModal,
    notification,
    notifications,
    pressButton,
    dialog,
    preview,
    previewFrames,
    statusItem: page.locator(".statusbar-item[id*='stackspot-ai.status']"),
    tabs: () => page.locator(".tab").evaluateAll((all) => all.map((tab) => tab.getAttribute("data-resource-name"))),
    /** A picture, once nothing fades in or out any more. */
    async screenshot(name) {
      await page.waitForFunction(() => document.getAnimations().every((it) => it.playState !== "running" || it.effect?.getTiming().iterations === Number.POSITIVE_INFINITY));
      await page.screenshot({ path: path.join(screenshots, `${name}.png`) });
    },
    /** Starts the window anew, with everything in it. */
    async reload() {
      await page.reload();
      await page.waitForSelector(OPEN);
    },
    close: () => browser.close(),
  };
}
