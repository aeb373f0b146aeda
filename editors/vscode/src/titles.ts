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

/** The product in the titles of the server's menu, where it says whose entry it is. */
const PRODUCT = "StackSpot AI";
/** What the server puts behind a title on the sandbox. */
const SANDBOX = " [sandbox]";

/**
 * What an action is called where the product is known: "Explain" for "Explain with StackSpot AI". A title of the user's own, or
 * of a prompt file, is as it is.
 */
export function plainTitle(action: string, title: string): { name: string; isSandbox: boolean } {
  const isSandbox = title.endsWith(SANDBOX);
  const own = isSandbox ? title.slice(0, -SANDBOX.length) : title;
  return { name: (own.includes(PRODUCT) ? shortTitle(action) : undefined) ?? own, isSandbox };
}

/** What an action is called where the server has not said so. */
export function actionTitle(action: string): string {
  return shortTitle(action) ?? action;
}

/** A title of the server in a lens: which edit it is about is told by the lines below, and marks of code would be drawn as they are. */
export function asLens(title: string): string {
  return title.replace(/ “[^”]* StackSpot AI[^”]*”/, "").replaceAll("`", "");
}
