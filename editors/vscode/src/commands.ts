// The commands of the palette, the menus and the keys.

import * as path from "node:path";
import * as vscode from "vscode";
import { signIn, signOut, useSandbox } from "./account.ts";
import { asMessage } from "./answer_text.ts";
import type { Answer, Answers } from "./answer_view.ts";
import type { Client } from "./client.ts";
import { sendQuestion } from "./conversation.ts";
import type { JobMarks } from "./job_marks.ts";
import type { Pages } from "./pages.ts";
import type { Proposals } from "./proposals.ts";
import { liveJobs, type OfferedAction, type RunParams } from "./protocol.ts";
import type { Runner } from "./run.ts";
import { machineSettings, type Server } from "./server.ts";
import { latestEditor, paramsOf, target } from "./target.ts";

export interface Parts {
  context: vscode.ExtensionContext;
  server: Server;
  runner: Runner;
  marks: JobMarks;
  answers: Answers;
  pages: Pages;
  proposals: Proposals;
}

/** The bundle of what is seldom used. */
function seldom(context: vscode.ExtensionContext): typeof import("./seldom.ts") {
  return require(path.join(context.extensionPath, "dist", "seldom.js"));
}

export type Command = (...given: unknown[]) => unknown;

/** The commands of the manifest, by their names. */
export function commandsOf(parts: Parts): Record<string, Command> {
  const { context, server, runner, marks, answers, pages, proposals } = parts;
  const commands: Record<string, Command> = {
    explain: () => runOn(parts, "explain"),
    review: () => runOn(parts, "review"),
    suggest: () => runOn(parts, "suggest"),
    refactor: () =>
      runWithWish(parts, "refactor", vscode.l10n.t("How? Leave it empty to have it made easier to read.")),
    fix: () => runOn(parts, "fix"),
    document: () => runOn(parts, "document"),
    test: () => runOn(parts, "test"),
    ask: () => runWithWish(parts, "ask", vscode.l10n.t("Your question. Leave it empty to open a conversation.")),
    runAction: () => runAction(parts),
    followUp: () => followUp(runner, answers),
    // The mark of a job names it; a menu gives other arguments, or none.
    cancel: (mark) => (typeof mark === "number" ? marks.cancel(mark) : cancel(server)),
    showAnswer: () => answers.open(),
    explainFile: (...given) => onFiles(parts, "explain", given),
    reviewFile: (...given) => onFiles(parts, "review", given),
    testFile: (...given) => onFiles(parts, "test", given),
    addFile: (...given) => onFiles(parts, undefined, given),
    reviewChanges: (source) =>
      withServer(parts, (client, { reviewChanges }) => reviewChanges(client, runner.run, source)),
    commitMessage: (source) => withServer(parts, (client, { commitMessage }) => commitMessage(client, source)),
    chooseAgent: () => seldom(context).chooseAgent(context, server),
    signIn: () => signIn(context, server),
    signOut: () => signOut(context, server),
    sandbox: () => useSandbox(true),
    leaveSandbox: () => useSandbox(false),
    context: () => withServer(parts, (client, { chooseContext }) => chooseContext(client, latestEditor())),
    doctor: () => seldom(context).showDoctor(context, pages),
    showLog: () => server.log.show(),
    restart: () => server.restart(),
    menu: () => seldom(context).showMenu(server, proposals, machineSettings().sandbox),
    applyProposal: () => withCurrent(proposals, (job) => proposals.apply(job)),
    applyMerged: () => withCurrent(proposals, (job) => proposals.apply(job, "merge")),
    applyReplacing: () => withCurrent(proposals, (job) => proposals.apply(job, "replace")),
    send: () => sendQuestion(server),
    sample: () => seldom(context).openSample(),
    discardProposal: () => withCurrent(proposals, (job) => proposals.discard(job)),
    applyChange: () => proposals.settleChange(false),
    discardChange: () => proposals.settleChange(true),
  };
  return commands;
}

/** A step of what is seldom used, which asks the server itself; what it cannot do is said by message. */
async function withServer(
  { context, server, runner }: Parts,
  step: (client: Client, bundle: ReturnType<typeof seldom>) => Promise<void>,
): Promise<void> {
  const client = await server.ready();
  if (client === undefined) return runner.run(nothing("ask"));
  try {
    await step(client, seldom(context));
  } catch (error) {
    vscode.window.showErrorMessage(asMessage(error instanceof Error ? error.message : String(error)));
  }
}

/** Runs an action on files of the explorer: the one that was clicked at, or all that are selected. Without one they are added. */
function onFiles(parts: Parts, action: string | undefined, [clicked, selected]: unknown[]): Promise<void> {
  const files = Array.isArray(selected) && selected.length > 0 ? selected : [clicked];
  const uris = files.filter((it) => it instanceof vscode.Uri);
  return withServer(parts, (client, { addFiles, runOnFiles }) =>
    action === undefined ? addFiles(client, uris) : runOnFiles(client, parts.runner.run, action, uris),
  );
}

/** Runs an action on the selection, or on what is defined around the cursor. */
async function runOn(parts: Parts, action: string, instruction?: string): Promise<void> {
  const editor = target();
  if (editor === undefined) return;
  const client = await parts.server.ready();
  if (client === undefined) return parts.runner.run(nothing(action));
  await parts.runner.run(paramsOf(client, editor, action, instruction));
}

/** The same with the user's own words. The place is where the cursor was when they began to type them. */
async function runWithWish(parts: Parts, action: string, prompt: string): Promise<void> {
  // Nobody is to type a wish that nothing can come of.
  if (target() === undefined) return;
  // A server that still starts is not waited for: who types on would type into the code.
  const title = (await parts.server.client?.action(action))?.title;
  const words = await vscode.window.showInputBox({ ...(title && { title }), prompt });
  if (words === undefined) return;
  await runOn(parts, action, words.trim() === "" ? undefined : words.trim());
}

/** Runs any action of the server, those of prompt files included. */
async function runAction(parts: Parts): Promise<void> {
  const editor = target();
  if (editor === undefined) return;
  const client = await parts.server.ready();
  if (client === undefined) return parts.runner.run(nothing("ask"));
  const argument = { textDocument: { uri: client.code2ProtocolConverter.asUri(editor.document.uri) } };
  const request = { command: "stackspot-lsp.actions", arguments: [argument] };
  const actions = await client.sendRequest<OfferedAction[]>("workspace/executeCommand", request);
  const items = actions.map((offered) => ({ label: offered.title, description: offered.action, offered }));
  const chosen = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t("Run an Action…"),
    matchOnDescription: true,
  });
  if (chosen === undefined) return;
  const { action, needsInstruction } = chosen.offered;
  if (needsInstruction) return runWithWish(parts, action, vscode.l10n.t("What should be done?"));
  await runOn(parts, action);
}

/** Goes on with the conversation that was looked at last. */
async function followUp(runner: Runner, answers: Answers): Promise<void> {
  const answer = await answers.current();
  if (answer === undefined) {
    vscode.window.showWarningMessage(vscode.l10n.t("There is no answer to follow up. Ask something first."));
    return;
  }
  const title = vscode.l10n.t("Follow up: {0}", answer.turn.text.subject);
  const instruction = (
    await vscode.window.showInputBox({ title, prompt: vscode.l10n.t("Your next question") })
  )?.trim();
  if (instruction) await goOn(runner, answer, instruction);
}

/** Asks further in the conversation of an answer. */
export async function goOn(runner: Runner, { turn, thread }: Answer, instruction: string): Promise<void> {
  const { conversationId } = thread;
  await runner.run({ ...turn.asked, instruction, ...(conversationId === undefined ? {} : { conversationId }) });
}

/** Asks from the view: further, or about the code with the cursor where there is no conversation yet. */
export async function askFromView(parts: Parts, text: string, after: Answer | undefined): Promise<void> {
  if (after !== undefined) await goOn(parts.runner, after, text);
  else await runOn(parts, "ask", text);
}

/** Cancels what runs: the only job at once, one of several as chosen. */
async function cancel(server: Server): Promise<void> {
  const client = server.client;
  if (client === undefined) return;
  const jobs = liveJobs(await client.status());
  const send = (argument: object) =>
    client.sendRequest("workspace/executeCommand", { command: "stackspot-lsp.cancel", arguments: [argument] });
  if (jobs.length === 0) {
    vscode.window.setStatusBarMessage(vscode.l10n.t("StackSpot AI: nothing is running"), 3_000);
    return;
  }
  if (jobs.length === 1) return void (await send({}));
  const all = { label: vscode.l10n.t("All {0} jobs", jobs.length), argument: {} };
  const items = jobs.map((job) => ({
    label: job.action,
    description: `${vscode.workspace.asRelativePath(vscode.Uri.parse(job.uri))} · ${job.state}`,
    argument: { jobId: job.jobId },
  }));
  const chosen = await vscode.window.showQuickPick([all, ...items], { title: vscode.l10n.t("Cancel") });
  if (chosen !== undefined) await send(chosen.argument);
}

async function withCurrent(proposals: Proposals, step: (jobId: string) => Promise<void>): Promise<void> {
  const job = await proposals.current();
  if (job !== undefined) return step(job);
  vscode.window.showInformationMessage(vscode.l10n.t("No edit waits to be applied."));
}

/** Parameters that never reach a server: without one, the runner says so. */
function nothing(action: string): RunParams {
  const start = { line: 0, character: 0 };
  return { action, textDocument: { uri: "untitled:" }, range: { start, end: start } };
}
