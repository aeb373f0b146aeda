// Stories of what surrounds the actions: the list of all, the status bar, the log, the server, the account, and how it looks.

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import {
  answerHas,
  clickIntoCode,
  closeOtherGroups,
  closePanel,
  isQuiet,
  log,
  machineSettings,
  setting,
  signIn,
  stateIs,
  story,
  tooltip,
  userSettings,
  w,
} from "./kit.mjs";

await story("the walkthrough leads from the sandbox to the agents of the account", async () => {
  // In a narrow page, or beside something else, there is no room for the pictures.
  if ((await w.page.locator(".editor-group-container").count()) > 1) await closeOtherGroups();
  const size = w.page.viewportSize();
  await w.page.setViewportSize({ ...size, width: 1600 });
  try {
    await w.command("Welcome: Open Walkthrough...");
    await w.answerBox("Get started with StackSpot AI");
    const page = w.page.locator(".gettingStartedContainer");
    const steps = page.locator(".getting-started-step");
    await steps.filter({ hasText: "Explain some code" }).first().click();
    const picture = page.locator(".getting-started-media img").first();
    await picture.waitFor();
    await w.look("its picture is drawn", () => picture.evaluate((it) => it.complete && it.naturalWidth > 0));
    assert.deepEqual(await steps.locator(".step-title").allTextContents(), [
      "Try it without an account",
      "Explain some code",
      "Have some code changed",
      "Sign in to your account",
      "Choose the agent that answers",
    ]);
    await page.locator(".monaco-button", { hasText: /^Explain$/ }).waitFor();
    await w.screenshot("walkthrough");
  } finally {
    await w.page.locator(".tab", { hasText: "Welcome" }).click({ button: "middle" });
    await w.page.setViewportSize(size);
  }
});

await story("Run Action… has the actions of the workspace as well", async () => {
  await w.openFile("mean.py");
  await w.goTo(5);
  await w.command("StackSpot AI: Run Action…");
  const row = w.quickInput.locator(".monaco-list-row", { hasText: "Count the words" });
  await row.waitFor();
  await w.screenshot("run-action");
  await row.click();
  await answerHas("Four words.");
  await isQuiet();
});

await story("one key opens the menu, which has what can be done", async () => {
  await w.openFile("mean.py");
  await w.goTo(5);
  await w.look("the menu is open", async () => {
    await w.press("Control+Alt+k");
    await w.quickInput.locator(".monaco-list-row", { hasText: "Context of the Next Question…" }).waitFor({ timeout: 2_000 });
    return true;
  });
  await w.screenshot("menu");
  await w.quickInput.locator(".monaco-list-row", { hasText: "Explain" }).first().click();
  await answerHas("divides the total");
  await isQuiet();
});

await story("the status bar tells who answers, what was used and what runs, and cancels it", async () => {
  const idle = await (await tooltip("Agent: Careful reviewer")).innerText();
  await w.screenshot("status-tooltip");
  assert.match(idle, /StackSpot AI · ready/);
  const [, requests, sent, received] = /Used in this session: requests (\d+), tokens (\d+) → (\d+)/.exec(idle) ?? [];
  assert.ok(requests > 0 && sent > 0 && received > 0, idle);
  await clickIntoCode();
  await w.openFile("largest.py");
  await w.goTo(6);
  await w.command("StackSpot AI: Explain");
  await answerHas("adds up");
  const busy = await tooltip("Running: 1");
  await busy.locator("a", { hasText: "Cancel" }).click();
  await answerHas("You cancelled it");
  await isQuiet();
  await closeOtherGroups();
});

await story("what would be sent is shown beside the code, rendered", async () => {
  await w.codeAction("Show what would be sent", () => w.goTo(6));
  await answerHas("def largest");
  assert.ok((await w.tabs()).includes("largest.py"), "the source kept its tab");
  await w.screenshot("what-would-be-sent");
  await closeOtherGroups();
});

await story("an answer that the server shows by itself is a document of its own, beside the code", async () => {
  await w.press("Control+Alt+s");
  await answerHas("Explain with StackSpot AI");
  // Other answers are open in other tabs, and hold these words as well.
  await w.look("the document is the server's, and its name says what it is about", async () => {
    const shown = (await w.tabs()).filter((tab) => /^explain-[\w.]+-\w{4}\.md$/.test(tab ?? ""));
    return shown.length === 1;
  });
  // A file would have its folders above it.
  const beside = w.page.locator(".editor-group-container").nth(1);
  assert.equal(await beside.locator(".monaco-breadcrumb-item").filter({ visible: true }).count(), 0, "it is not a file");
  assert.ok((await w.tabs()).includes("largest.py"), "the source kept its tab");
  await w.screenshot("document-of-the-server");
  await closeOtherGroups();
});

await story("the log has each line of the server once, by its level", async () => {
  await w.look("the end of the cancelled job", async () => (await log()).some((line) => line.includes("cancelled")));
  const lines = (await log()).filter((line) => /^\d{4}-/.test(line));
  const without = lines.map((line) => line.replace(/^\S+ \S+ /, ""));
  const jobs = without.filter((line) => line.includes("job{id="));
  assert.ok(jobs.length > 0, lines.join("\n"));
  assert.equal(new Set(jobs).size, jobs.length, `a line is there twice:\n${jobs.join("\n")}`);
  for (const job of jobs) assert.match(job, /^\[info\] job\{/);
  await w.screenshot("log");
});

await story("Restart starts another process, which answers", async () => {
  // The output shows its end alone, so that older starts may scroll out of it: the latest tells.
  const latestStart = async () => (await log()).findLast((line) => line.includes("the server is ready after"));
  const before = await latestStart();
  await w.command("StackSpot AI: Restart Server");
  await w.look("it was started once more", async () => ![before, undefined].includes(await latestStart()));
  await closePanel();
  await w.openFile("mean.py");
  await w.goTo(5);
  await w.command("StackSpot AI: Explain");
  await answerHas("divides the total");
  await isQuiet();
  await closeOtherGroups();
});

await story("sign-out lasts after a restart of the window, and a new sign-in works", async () => {
  await w.command("StackSpot AI: Sign Out");
  await w.notification("The credential was removed from this editor").waitFor();
  await stateIs("signed out");
  await w.reload();
  await stateIs("signed out");
  await w.command("StackSpot AI: Sign In");
  await signIn("stories", "secret");
  await w.notification("signed in to the realm acme").waitFor();
  await w.command("Notifications: Clear All Notifications");
  await stateIs("ready");
});

await story("the portal's curl commands on the clipboard sign in, and the secret is nowhere to be seen", async () => {
  const service = JSON.parse(fs.readFileSync(machineSettings, "utf8"))["stackspot-lsp.endpoints.idm"];
  const kept = path.join(path.dirname(userSettings), "../../.config/stackspot-lsp");
  const commands = [
    `curl -X POST '${service}/acme/oidc/oauth/token' -d 'grant_type=client_credentials' \\`,
    `  -d 'client_id=stories' -d 'client_secret=the-portals-secret'`,
    `curl '${service}/v1/agent/01STACKSP0TST0R1ESAGENT000/chat' -H "Authorization: Bearer $JWT" \\`,
    `  -d '{"streaming": true, "user_prompt": "Hello", "stackspot_knowledge": "true"}'`,
  ];
  await w.command("StackSpot AI: Sign Out");
  await w.notification("The credential was removed from this editor").waitFor();
  await w.command("Notifications: Clear All Notifications");
  await stateIs("signed out");
  await w.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await w.page.evaluate((text) => navigator.clipboard.writeText(text), commands.join("\n"));
  await w.command("StackSpot AI: Sign In");
  await w.quickInput.filter({ hasText: "(1/3)" }).waitFor();
  await w.screenshot("sign-in-from-curl");
  await w.quickInput.getByRole("button", { name: "Read the portal's curl commands" }).click();
  const said = w.notification("The credential works");
  await said.waitFor();
  assert.doesNotMatch(await said.textContent(), /the-portals-secret/);
  await w.screenshot("signed-in-from-curl");
  await w.command("Notifications: Clear All Notifications");
  await stateIs("ready");
  assert.equal(fs.statSync(path.join(kept, "credential.json")).mode & 0o777, 0o600);
  const written = fs.readFileSync(path.join(kept, "config.toml"), "utf8");
  assert.match(written, /agent = "01STACKSP0TST0R1ESAGENT000"/);
  assert.doesNotMatch(written, /the-portals-secret/);
  await w.openFile("totals.py");
  await w.select(4, 8);
  await w.command("StackSpot AI: Explain");
  await answerHas("tokens");
  await isQuiet();
  await closeOtherGroups();

  // The other stories have a credential of the editor's own.
  fs.rmSync(kept, { recursive: true });
  await w.command("StackSpot AI: Sign In");
  await signIn("stories", "secret");
  await w.notification("signed in to the realm acme").waitFor();
  await w.command("Notifications: Clear All Notifications");
  await stateIs("ready");
});

await story("a server that is not where the setting says is an error, with the way to that setting", async () => {
  const before = fs.readFileSync(machineSettings, "utf8");
  const named = { ...JSON.parse(before), "stackspot-lsp.server.path": "/nowhere/stackspot-lsp" };
  try {
    // On a machine with much to do the message may go to the bell alone; who corrects the setting and errs again is told again.
    await w.look("what is wrong is told", async () => {
      fs.writeFileSync(machineSettings, before);
      await stateIs("ready");
      fs.writeFileSync(machineSettings, JSON.stringify(named));
      await w.notification("/nowhere/stackspot-lsp is not a program").waitFor({ timeout: 12_000 });
      return true;
    });
    await stateIs("was not found");
    await w.screenshot("server-missing");
    await w.pressButton("is not a program", "Open Settings");
    const found = w.page.locator(".settings-editor .setting-item-contents", { hasText: "Server: Path" });
    await found.first().waitFor();
    assert.equal(await found.first().locator("input").inputValue(), "/nowhere/stackspot-lsp");
    await w.screenshot("server-setting");
    await w.closeModal();
    await w.openFile("mean.py");
    await w.command("StackSpot AI: Explain");
    const again = w.notification("There is no server to ask");
    await again.waitFor();
    assert.deepEqual(await again.locator(".monaco-button").allTextContents(), ["Restart Server", "Show Log"]);
  } finally {
    fs.writeFileSync(machineSettings, before);
  }
  await stateIs("ready");
  await w.command("Notifications: Clear All Notifications");
});

/** What is seen of a text: the contrast between its colour and the one behind it, from 1 to 21. */
const contrast = (locator) =>
  locator.evaluate((element) => {
    const rgb = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
    const light = ([r, g, b]) => {
      const [x, y, z] = [r, g, b].map((it) => (it / 255 <= 0.03928 ? it / 255 / 12.92 : ((it / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    let behind = element;
    while (behind && (rgb(getComputedStyle(behind).backgroundColor)[3] ?? 1) === 0) behind = behind.parentElement;
    const [a, b] = [getComputedStyle(element).color, getComputedStyle(behind ?? document.body).backgroundColor]
      .map((it) => light(rgb(it)))
      .sort((one, other) => other - one);
    return (a + 0.05) / (b + 0.05);
  });

for (const [theme, kind, file] of [
  ["Default Dark Modern", "vscode-dark", "dark"],
  ["Default High Contrast", "vscode-high-contrast", "high-contrast"],
])
  await story(`answers, edits and messages can be read in the theme ${theme}`, async () => {
    await setting("workbench.colorTheme", theme);
    await w.openFile("mean.py");
    await w.goTo(5);
    await w.command("StackSpot AI: Explain");
    await answerHas("divides the total");
    await isQuiet();
    await w.look("the answer is in the theme", async () => {
      const [frame] = await w.previewFrames();
      return frame.evaluate((wanted) => document.body.classList.contains(wanted), kind);
    });
    const [frame] = await w.previewFrames();
    for (const part of ["strong", "p", "code", "em"]) {
      const seen = await contrast(frame.locator(`.markdown-body ${part}, body ${part}`).first());
      assert.ok(seen > 4.5, `${part} in the answer: ${seen}`);
    }
    const item = await contrast(w.statusItem.locator("a").first());
    assert.ok(item > 4.5, `the status bar: ${item}`);
    await w.screenshot(file);
    await closeOtherGroups();
  });
await setting("workbench.colorTheme", undefined);
