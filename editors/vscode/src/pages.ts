// Pages of this extension's own, shown by the Markdown preview.

import * as vscode from "vscode";
import { PAGE_SCHEME, showRendered } from "./columns.ts";

export interface Pages {
  show(name: string, markdown: string): Promise<void>;
}

export function createPages(context: vscode.ExtensionContext): Pages {
  const texts = new Map<string, string>();
  const provideTextDocumentContent = (uri: vscode.Uri) => texts.get(uri.toString());
  context.subscriptions.push(
    vscode.workspace.registerTextDocumentContentProvider(PAGE_SCHEME, { provideTextDocumentContent }),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => texts.delete(uri.toString())),
  );
  return {
    async show(name, markdown) {
      // Another address each time: VS Code gives one that failed once no other content any more.
      const uri = vscode.Uri.from({ scheme: PAGE_SCHEME, path: `/${name}.md`, query: `${Date.now()}` });
      texts.set(uri.toString(), markdown);
      await showRendered(uri, true);
    },
  };
}
