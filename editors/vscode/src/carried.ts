// What you added to the next question, as the server keeps it.

import type * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";

/** What the server says of what is carried. */
export interface Carried {
  parts: { id: number; name: string; kind?: string; chars?: number; problem?: string }[];
  chars: number;
  budget: number;
}

/** Takes a step with what is carried, which may be none, and tells what is carried then. */
export function stepContext(client: LanguageClient, argument: object): Promise<Carried> {
  return client.sendRequest("workspace/executeCommand", { command: "stackspot-lsp.context", arguments: [argument] });
}

/** The address of a file as the server knows it. */
export function address(client: LanguageClient, uri: vscode.Uri): { uri: string } {
  return { uri: client.code2ProtocolConverter.asUri(uri) };
}
