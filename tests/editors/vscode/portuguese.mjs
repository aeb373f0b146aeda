// The stories of a user in Brazil who opens a folder that they do not trust. Their account comes from the environment.

import assert from "node:assert/strict";
import { answerHas, clickIntoCode, closeOtherGroups, end, isQuiet, linesOf, setting, stateIs, story, tooltip, w } from "./kit.mjs";

await story("in Portuguese the commands, the answer and what the server says are Portuguese", async () => {
  await stateIs("pronta");
  await w.openFile("totals.py");
  await w.goTo(5);
  await w.command("StackSpot AI: Explicar");
  await answerHas("What may surprise a reader");
  await answerHas("Fontes");
  await answerHas("primeira palavra");
  await answerHas("Conversas");
  await isQuiet();
  await w.screenshot("portuguese");
});

await story("a folder that is not trusted chooses no agent, and renames no action", async () => {
  const answer = await w.preview();
  assert.match(answer, /^Explicar · totals\.py/m);
  assert.doesNotMatch(answer, /What the workspace says/);
  await tooltip("Agente: 01STACKSP0TST0R1ESAGENT000");
  await w.screenshot("portuguese-tooltip");
  await closeOtherGroups();
});

await story("it does not switch off the guard against secrets, either", async () => {
  await w.openFile("secret.py");
  await w.goTo(5);
  await w.command("StackSpot AI: Explicar");
  const question = w.dialog("GitHub");
  await question.waitFor();
  await w.screenshot("portuguese-secret");
  await question.locator(".monaco-button", { hasText: "Não Enviar" }).click();
  await question.waitFor({ state: "detached" });
  await w.look("nothing was sent", async () => (await w.page.locator(".tab", { hasText: "Explicar secret.py" }).count()) === 0);
  await isQuiet();
});

await story("it does not switch off the review that the user wants, either", async () => {
  await setting("stackspot-lsp.edit.apply", "review");
  await w.openFile("totals.py");
  await w.codeAction("Refatorar com StackSpot AI", () => w.select(4, 8));
  const diff = w.page.locator(".tab", { hasText: "Proposta: totals.py" });
  await diff.waitFor();
  await w.notification("Refatorar · totals.py").waitFor();
  await w.screenshot("portuguese-review");
  await w.pressButton("Refatorar · totals.py", "Descartar");
  await diff.waitFor({ state: "detached" });
  await clickIntoCode();
  assert.equal((await w.text()).trimEnd(), linesOf("totals.py").join("\n").trimEnd());
});

await story("once the folder is trusted its settings count", async () => {
  await w.command("Workspaces: Manage Workspace Trust");
  await w.page.locator(".workspace-trust-editor .monaco-button", { hasText: /^Trust$/ }).first().click();
  await w.page.locator(".workspace-trust-editor", { hasText: "You trust this folder" }).waitFor();
  await w.page.locator(".modal-editor-part .codicon-close").first().click();
  await w.closeModal();
  await w.openFile("totals.py");
  await w.goTo(5);
  await tooltip("Agente: quota");
  await w.command("StackSpot AI: Explicar");
  await answerHas("What the workspace says");
  await w.screenshot("portuguese-trusted");
});

await end();
