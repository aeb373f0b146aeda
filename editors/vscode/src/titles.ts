// What actions are called.

import * as vscode from "vscode";

/** The built-in actions in one word, for the titles of tabs. */
export function shortTitle(action: string): string | undefined {
  switch (action) {
    case "explain":
      return vscode.l10n.t("Explain");
    case "ask":
      return vscode.l10n.t("Ask");
    case "review":
      return vscode.l10n.t("Review");
    case "suggest":
      return vscode.l10n.t("Suggest Refactorings");
    case "refactor":
      return vscode.l10n.t("Refactor");
    case "fix":
      return vscode.l10n.t("Fix");
    case "document":
      return vscode.l10n.t("Document");
    case "test":
      return vscode.l10n.t("Write Tests");
    default:
      return undefined;
  }
}

/** What an action is called where the server has not said so. */
export function actionTitle(action: string): string {
  return shortTitle(action) ?? action;
}
