// Conversations: Markdown documents of the server. Here are the key and the lens that send a question.

import * as vscode from "vscode";
import type { Server } from "./server.ts";
import { openQuestion } from "./turns.ts";

/** Whether a document is a conversation, by its place. */
export function isConversation(uri: vscode.Uri): boolean {
  return uri.scheme === "file" && /[\\/]stackspot-lsp[\\/]conversations[\\/][^\\/]+\.md$/.test(uri.fsPath);
}

export function registerConversations(context: vscode.ExtensionContext): void {
  const lenses: vscode.CodeLensProvider = {
    provideCodeLenses(document) {
      if (!isConversation(document.uri)) return [];
      const line = openQuestion(document.getText().split(/\r?\n/));
      if (line < 0) return [];
      const key = process.platform === "darwin" ? "⌘Enter" : "Ctrl+Enter";
      const title = `$(send) ${vscode.l10n.t("Send")} (${key})`;
      return [new vscode.CodeLens(new vscode.Range(line, 0, line, 0), { title, command: "stackspot-ai.send" })];
    },
  };
  context.subscriptions.push(
    vscode.languages.registerCodeLensProvider(
      { scheme: "file", pattern: "**/stackspot-lsp/conversations/*.md" },
      lenses,
    ),
  );
}

/** Sends the question at the end of the conversation with the cursor. */
export async function sendQuestion(server: Server): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  if (document === undefined || !isConversation(document.uri)) {
    vscode.window.showWarningMessage(
      vscode.l10n.t("Only a conversation can be sent: Ask… without a question opens one."),
    );
    return;
  }
  const client = await server.ready();
  const uri = client?.code2ProtocolConverter.asUri(document.uri);
  await client?.sendRequest("workspace/executeCommand", {
    command: "stackspot-lsp.conversation",
    arguments: [{ textDocument: { uri, version: document.version }, step: "send" }],
  });
}
