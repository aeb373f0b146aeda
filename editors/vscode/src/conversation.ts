// Conversations: Markdown documents of the server. Here are the key and the lens that send a question.

import * as vscode from "vscode";
import type { Server } from "./server.ts";
import { marks, openQuestion } from "./turns.ts";

/** How long after a change a conversation is saved. */
const SAVE_MS = 300;

/** Whether a document is a conversation, by its place. */
export function isConversation(uri: vscode.Uri): boolean {
  return uri.scheme === "file" && /[\\/]stackspot-lsp[\\/]conversations[\\/][^\\/]+\.md$/.test(uri.fsPath);
}

export function registerConversations(context: vscode.ExtensionContext): void {
  saveSoon(context);
  hideMarks(context);
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

/** Saves a conversation soon after it changed: nothing of it is to be asked about when it is closed, or lost with the window. */
function saveSoon(context: vscode.ExtensionContext): void {
  const waiting = new Map<string, NodeJS.Timeout>();
  context.subscriptions.push(
    vscode.workspace.onDidChangeTextDocument(({ document }) => {
      if (!document.isDirty || !isConversation(document.uri)) return;
      const key = document.uri.toString();
      clearTimeout(waiting.get(key));
      waiting.set(
        key,
        setTimeout(() => {
          waiting.delete(key);
          document.save();
        }, SAVE_MS),
      );
    }),
  );
}

/** Hides the comments by which the server knows the document and its turns; they are for no reader. */
function hideMarks(context: vscode.ExtensionContext): void {
  const hidden = vscode.window.createTextEditorDecorationType({ textDecoration: "none; display: none" });
  const hide = (editor: vscode.TextEditor) => {
    if (!isConversation(editor.document.uri)) return;
    editor.setDecorations(
      hidden,
      marks(editor.document.getText().split(/\r?\n/)).map(
        ({ line, start, end }) => new vscode.Range(line, start, line, end),
      ),
    );
  };
  const hideAll = () => vscode.window.visibleTextEditors.forEach(hide);
  context.subscriptions.push(
    hidden,
    vscode.window.onDidChangeVisibleTextEditors(hideAll),
    vscode.workspace.onDidChangeTextDocument(({ document }) => isConversation(document.uri) && hideAll()),
  );
  hideAll();
}
