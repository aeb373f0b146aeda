// Everything in one list, for whoever clicks on the status bar.

import * as vscode from "vscode";

export async function showMenu(isSandbox: boolean): Promise<void> {
  const command = (name: string, icon: string, label: string) => ({ label: `$(${icon}) ${label}`, name });
  const separator = { label: "", kind: vscode.QuickPickItemKind.Separator, name: "" };
  const items = [
    command("explain", "comment-discussion", vscode.l10n.t("Explain")),
    command("ask", "question", vscode.l10n.t("Ask…")),
    command("refactor", "wand", vscode.l10n.t("Refactor…")),
    command("fix", "lightbulb", vscode.l10n.t("Fix")),
    command("document", "book", vscode.l10n.t("Document")),
    command("test", "beaker", vscode.l10n.t("Tests")),
    command("review", "checklist", vscode.l10n.t("Review")),
    command("runAction", "list-selection", vscode.l10n.t("Run an action")),
    separator,
    command("followUp", "reply", vscode.l10n.t("Follow up")),
    command("showAnswer", "preview", vscode.l10n.t("Show the latest answer")),
    command("cancel", "debug-stop", vscode.l10n.t("Cancel")),
    separator,
    command("chooseAgent", "hubot", vscode.l10n.t("Choose agent")),
    isSandbox
      ? command("leaveSandbox", "sign-out", vscode.l10n.t("Leave the sandbox"))
      : command("sandbox", "beaker", vscode.l10n.t("Try the sandbox")),
    command("signIn", "account", vscode.l10n.t("Sign in")),
    command("signOut", "sign-out", vscode.l10n.t("Sign out")),
    command("doctor", "pulse", vscode.l10n.t("Check the set-up (Doctor)")),
    command("showLog", "output", vscode.l10n.t("Show log")),
    command("restart", "debug-restart", vscode.l10n.t("Restart the server")),
  ];
  const chosen = await vscode.window.showQuickPick(items, { title: "StackSpot AI" });
  if (chosen?.name) await vscode.commands.executeCommand(`stackspot-ai.${chosen.name}`);
}
