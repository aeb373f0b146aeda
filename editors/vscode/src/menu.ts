// Everything in one list, after a click on the status bar: waiting edits first, and only the possible commands.

import * as path from "node:path";
import * as vscode from "vscode";
import { isSignedOut } from "./failures.ts";
import type { Proposals } from "./proposals.ts";
import { type JobRow, liveJobs, waitingJobs } from "./protocol.ts";
import type { Server } from "./server.ts";
import { shortTitle } from "./titles.ts";

type Item = vscode.QuickPickItem & { do?: () => unknown };

export async function showMenu(server: Server, proposals: Proposals, isSandbox: boolean): Promise<void> {
  const client = server.client;
  const [status, signedOut] = client
    ? await Promise.all([client.status(), isSignedOut(client)]).catch(() => [undefined, false] as const)
    : [undefined, false];
  const edits = client
    ? waitingJobs(status).map(async (job) => waiting(job, await shortTitle(client, job.action), proposals))
    : [];
  const command = (name: string, icon: string, label: string): Item => ({
    label: `$(${icon}) ${label}`,
    do: () => vscode.commands.executeCommand(`stackspot-ai.${name}`),
  });
  const running = liveJobs(status).length > 0;
  const separator: Item = { label: "", kind: vscode.QuickPickItemKind.Separator };
  const items = [
    ...(await Promise.all(edits)).flat(),
    ...(running ? [command("cancel", "debug-stop", vscode.l10n.t("Cancel"))] : []),
    separator,
    command("explain", "comment-discussion", vscode.l10n.t("Explain")),
    command("ask", "question", vscode.l10n.t("Ask…")),
    command("refactor", "wand", vscode.l10n.t("Refactor…")),
    command("fix", "lightbulb", vscode.l10n.t("Fix")),
    command("document", "book", vscode.l10n.t("Document")),
    command("test", "tasklist", vscode.l10n.t("Write Tests")),
    command("review", "checklist", vscode.l10n.t("Review")),
    command("suggest", "sparkle", vscode.l10n.t("Suggest Refactorings")),
    command("runAction", "list-selection", vscode.l10n.t("Run an Action…")),
    command("context", "layers", vscode.l10n.t("Context of the Next Question…")),
    separator,
    command("followUp", "reply", vscode.l10n.t("Follow Up…")),
    command("showAnswer", "preview", vscode.l10n.t("Show the Latest Answer")),
    separator,
    command("chooseAgent", "hubot", vscode.l10n.t("Choose Agent…")),
    isSandbox
      ? command("leaveSandbox", "sign-out", vscode.l10n.t("Leave the Sandbox"))
      : command("sandbox", "beaker", vscode.l10n.t("Try the Sandbox")),
    command("signIn", "account", vscode.l10n.t("Sign In…")),
    ...(signedOut ? [] : [command("signOut", "sign-out", vscode.l10n.t("Sign Out"))]),
    command("doctor", "pulse", vscode.l10n.t("Check the Set-up (Doctor)")),
    command("showLog", "output", vscode.l10n.t("Show Log")),
    command("restart", "debug-restart", vscode.l10n.t("Restart Server")),
  ];
  const chosen = await vscode.window.showQuickPick<Item>(items, { title: "StackSpot AI" });
  await chosen?.do?.();
}

/** What can be done about an edit that waits. */
function waiting(job: JobRow, title: string, proposals: Proposals): Item[] {
  const file = path.posix.basename(vscode.Uri.parse(job.uri).path);
  const what = `${title} · ${file}`;
  const item = (icon: string, label: string, step: () => Promise<unknown>): Item => ({
    label: `$(${icon}) ${label}`,
    description: what,
    do: step,
  });
  return [
    item("diff", vscode.l10n.t("Show the Edit That Waits"), () => proposals.reveal(job.jobId, async () => undefined)),
    item("check", vscode.l10n.t("Apply It"), () => proposals.apply(job.jobId)),
    item("discard", vscode.l10n.t("Discard It"), () => proposals.discard(job.jobId)),
  ];
}
