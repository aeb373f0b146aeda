// The stories of a user of VS Code, told in one window from the first start on; kit.mjs says how this is called.
// The account behind them is the sandbox with the answers of account.toml.

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import {
  answerHas,
  clickIntoCode,
  closeOtherGroups,
  end,
  focusIsInCode,
  hasText,
  isQuiet,
  linesOf,
  marked,
  project,
  restored,
  setting,
  settings,
  signIn,
  statusHas,
  story,
  unmarked,
  w,
} from "./kit.mjs";

const TOTALS = linesOf("totals.py");
const LARGEST = linesOf("largest.py");

await story("the first start offers the sandbox and a way to sign in", async () => {
  const offer = w.notification("is ready, but knows no account yet");
  await offer.waitFor();
  const buttons = await offer.locator(".monaco-button").allTextContents();
  assert.deepEqual(buttons, ["Try the Sandbox", "Sign In"]);
  await w.look("the status bar says signed out", async () =>
    (await w.statusItem.getAttribute("aria-label"))?.includes("signed out"),
  );
  await w.screenshot("first-start");
});

await story("what goes wrong is said once, with the button that helps", async () => {
  await w.openFile("totals.py");
  await w.select(4, 8);
  await w.command("StackSpot AI: Explain");
  const error = w.notification("You are not signed in");
  await error.waitFor();
  assert.equal(await error.count(), 1);
  assert.deepEqual(await error.locator(".monaco-button").allTextContents(), ["Sign In", "Try the Sandbox"]);
  await w.screenshot("error-with-buttons");
});

await story("on the sandbox the first selection is explained", async () => {
  await w.pressButton("You are not signed in", "Try the Sandbox");
  await statusHas("[sandbox]");
  assert.equal(settings()["stackspot-lsp.sandbox"] ?? "machine", "machine", "it is a setting of the machine");
  await w.command("StackSpot AI: Explain");
  await answerHas("tokens");
  const answer = await w.preview();
  assert.match(answer, /^Explain \[sandbox\] · totals\.py:4–8$/m);
  assert.match(answer, /Functions: total/);
  await w.command("Notifications: Clear All Notifications");
  await w.screenshot("explained-on-the-sandbox");
});

await story("sign-in reports whether the credential is accepted", async () => {
  await w.command("StackSpot AI: Sign In");
  await signIn("expired", "wrong");
  await w.notification("did not accept the credential").waitFor();
  await w.screenshot("credential-refused");
  const reason = await w.notification("did not accept the credential").textContent();
  assert.match(reason, /check the realm, the client id and the client key/, "in the words of the boxes");
  assert.doesNotMatch(reason, /STACKSPOT_|stackspot-lsp login/, "in the words of the boxes");
  await w.pressButton("did not accept the credential", "Try Again");
  await w.quickInput.filter({ hasText: "(1/3)" }).waitFor();
  assert.equal(await w.quickInput.locator("input").first().inputValue(), "acme", "what was typed is there still");
  await signIn("stories", "secret");
  await w.notification("signed in to the realm acme").waitFor();
  await w.pressButton("signed in to the realm acme", "Choose Agent");
  const agent = w.quickInput.locator(".monaco-list-row", { hasText: "Careful reviewer" });
  await agent.waitFor();
  await w.screenshot("choose-agent");
  await agent.click();
  await w.look("the agent is in the settings", () => settings()["stackspot-lsp.agent"] === "01STACKSP0TST0R1ESAGENT000");
  await w.look("the sandbox is left", async () => !(await w.statusItem.textContent()).includes("[sandbox]"));
});

await story("an answer streams into the view beside the code, and the focus stays in the code", async () => {
  await clickIntoCode();
  await w.select(4, 8);
  await w.press("Control+k");
  await w.press("Shift+e");
  const lengths = new Set();
  await w.look("the answer grew and was finished", async () => {
    const answer = await w.preview();
    if (answer.includes("coming in")) lengths.add(answer.length);
    if (lengths.size === 3) await w.screenshot("streaming");
    return answer.includes("tokens") && !answer.includes("[sandbox]");
  });
  assert.ok(lengths.size >= 3, `seen growing ${lengths.size} times`);
  const answer = await w.preview();
  assert.match(answer, /What may surprise a reader/);
  assert.match(answer, /Price rules of the shop/, "the sources are named");
  assert.ok((await w.tabs()).includes("totals.py"), "the source kept its tab");
  assert.ok(await focusIsInCode(), "the focus stayed");
  await isQuiet();
  await w.screenshot("explained");
});

await story("a follow-up continues the conversation", async () => {
  await w.command("StackSpot AI: Follow Up");
  await w.answerBox("Go on with rounding", { title: "Follow up" });
  await answerHas("As before, with rounding");
  await answerHas("tokens");
});

await story("a question of one's own is answered", async () => {
  await clickIntoCode();
  await w.command("StackSpot AI: Ask…");
  await w.answerBox("Does it work for an empty basket?");
  await answerHas("Does it work for an empty basket?");
  await answerHas("divides by zero");
  await isQuiet();
  await closeOtherGroups();
});

const REFACTORED = [...TOTALS.slice(0, 3), "def total(prices):", "    return sum(prices)", ...TOTALS.slice(8)];

await story("refactoring by code action is one edit, and one step undoes it", async () => {
  await w.codeAction("Refactor with StackSpot AI", () => w.select(4, 8));
  await hasText(REFACTORED.join("\n"));
  await isQuiet();
  await w.screenshot("refactored");
  await w.press("Control+z");
  await hasText(TOTALS.join("\n"));
});

await story("typing elsewhere while the agent answers keeps both", async () => {
  await w.openFile("largest.py");
  await w.select(4, 9);
  await w.press("Control+k");
  await w.press("Shift+r");
  await w.answerBox("");
  await marked("Refactor");
  await w.goTo(1);
  await w.type("# typed meanwhile\n");
  const wanted = ["# typed meanwhile", ...LARGEST.slice(0, 3), "def largest(prices):", "    return max(prices)"];
  await hasText(wanted.join("\n"));
  await isQuiet();
  await restored(LARGEST);
});

await story("typing inside the selection makes it a proposal, and discarding it leaves the text alone", async () => {
  await w.select(4, 9);
  await w.command("StackSpot AI: Refactor…");
  await w.answerBox("Use max");
  await marked("Refactor");
  await w.goTo(5);
  await w.press("End");
  await w.type("  # mine");
  const diff = w.page.locator(".tab", { hasText: "Proposed: largest.py" });
  await diff.waitFor();
  assert.ok(await focusIsInCode(), "the focus stayed");
  await w.screenshot("proposal");
  await w.pressButton("Refactor · largest.py", "Discard");
  await diff.waitFor({ state: "detached" });
  assert.match(await w.text(), /found = prices\[0\] {2}# mine/);
  await restored(LARGEST);
});

await story("with review the edit waits as a diff, and Apply in its title makes it, with one step to undo", async () => {
  await setting("stackspot-lsp.edit.apply", "review");
  await w.openFile("totals.py");
  await w.codeAction("Refactor with StackSpot AI", () => w.select(4, 8));
  const diff = w.page.locator(".tab", { hasText: "Proposed: totals.py" });
  await diff.waitFor();
  await w.notification("Refactor · totals.py").waitFor();
  // Away from the buttons, which say what they are as well.
  await w.page.mouse.move(600, 600);
  await w.screenshot("review");
  await diff.click();
  await w.page.locator(".editor-actions a[aria-label^='Apply Proposed Edit']").first().click();
  await diff.waitFor({ state: "detached" });
  await hasText(REFACTORED.join("\n"));
  await clickIntoCode();
  await w.press("Control+z");
  await hasText(TOTALS.join("\n"));
  await setting("stackspot-lsp.edit.apply", undefined);
  await w.command("Notifications: Clear All Notifications");
});

await story("tests are a proposal of a new file, which Apply creates", async () => {
  await w.goTo(5);
  await w.command("StackSpot AI: Tests");
  const diff = w.page.locator(".tab", { hasText: "Proposed: test_totals.py" });
  await diff.waitFor();
  await w.screenshot("new-file");
  await w.pressButton("Write Tests · ", "Apply");
  const file = path.join(project, "test_totals.py");
  await w.look("the file is there", () => fs.existsSync(file));
  await diff.waitFor({ state: "detached" });
  const tests = w.page.locator('.tab[data-resource-name="test_totals.py"]');
  await tests.click();
  await w.press("Control+s");
  await w.look("the tests are saved", () => fs.readFileSync(file, "utf8").includes("assert total([]) == 0"));
  await tests.and(w.page.locator(":not(.dirty)")).waitFor();
  await closeOtherGroups();
});

await story("a problem of another server is fixed", async () => {
  await w.openFile("basket.ts");
  await w.goTo(9, 7);
  await w.look("the problem is reported", async () => (await w.page.locator(".squiggly-error").count()) > 0);
  await w.codeAction("Fix", () => w.goTo(9, 7));
  await w.look("it is fixed", async () => (await w.lines())[8] === "const limit: number = 100;");
  await w.look("the problem is gone", async () => (await w.page.locator(".squiggly-error").count()) === 0);
  await isQuiet();
  await w.screenshot("fixed");
  await w.press("Control+z");
  await w.look("one step undoes it", async () => (await w.lines())[8] === 'const limit: number = "100";');
});

await story("Stop in the view ends the answer at once, and what came stays", async () => {
  await w.openFile("largest.py");
  await w.goTo(6);
  await w.command("StackSpot AI: Explain");
  await answerHas("adds up");
  await statusHas("StackSpot AI 1");
  await w.screenshot("running");
  await w.inView((view) => view.locator("#stop").click());
  await answerHas("You cancelled it");
  await isQuiet();
  await w.look("nothing runs", async () => !/\d/.test(await w.statusItem.textContent()));
  assert.ok(!(await w.preview()).includes("divides by"), "it did not go on");
});

await story("what looks like a secret is asked about, and without consent nothing is sent", async () => {
  await w.openFile("secret.py");
  await w.goTo(5);
  await w.command("StackSpot AI: Explain");
  const question = w.dialog("Send it to the agent");
  await question.waitFor();
  // The button that a key of somebody who types would press.
  await question.locator(".monaco-button:focus", { hasText: "Don't Send" }).waitFor();
  await w.screenshot("secret");
  await w.press("Enter");
  await question.waitFor({ state: "detached" });
  await w.look("no empty answer stays", async () => (await w.page.locator(".tab", { hasText: "Explain secret.py" }).count()) === 0);
  await isQuiet();
});

await story("a failure of the service is said once, and Retry asks again", async () => {
  await w.openFile("mean.py");
  await w.goTo(5);
  await w.command("StackSpot AI: Explain");
  const error = w.notification("Explain · mean.py: ").filter({ hasText: "being deployed" });
  await error.waitFor();
  assert.equal(await error.count(), 1);
  await unmarked();
  await w.look("it is all that is announced", async () => (await w.notifications.count()) === 1);
  await w.screenshot("service-error");
  await w.pressButton("being deployed", "Retry");
  await answerHas("divides the total");
  await isQuiet();
});

await story("the doctor tells what of the set-up works", async () => {
  await w.command("StackSpot AI: Check the Set-up");
  await answerHas("The credential was accepted");
  await w.screenshot("doctor");
});

await import("./answers.mjs");
await import("./changes.mjs");
await import("./parts.mjs");
await import("./marks.mjs");
await import("./remarks.mjs");
await import("./lasting.mjs");
await import("./context.mjs");
await import("./data.mjs");
await import("./window.mjs");
await import("./settings.mjs");
await import("./activation.mjs");
await end();
