// An edit that waits: what it would replace in today's text, as the server tells it, and the addresses of its diff.

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { PROPOSAL_SCHEME } from "./columns.ts";
import { applied, type Numbered, type Replacement } from "./pending_edit.ts";
import type { RunResult } from "./protocol.ts";

export interface Waiting {
  jobId: string;
  title: string;
  target: vscode.Uri;
  /** The file is not there yet. */
  isNew: boolean;
  replacements: Replacement[];
  /** What they replace, as it was when they were read: where that is gone they have no place. */
  replaced: string[];
  /** Its changes in today's text, where each can be made by itself. */
  parts: Numbered[];
  /** The user typed in what it replaces. */
  isTypedIn: boolean;
  /** The lines that it is for are not in today's text, and its diff is empty. */
  isLost?: boolean;
  /** It is of this window alone. */
  isOwn: boolean;
}

/** How often the edit is asked for anew because the user types while it is on its way. */
const TRIES = 5;

/** The proposal of a result for the text as it is now; undefined where it cannot be told. */
export async function readNow(client: LanguageClient, title: string, result: RunResult): Promise<Waiting | undefined> {
  let proposal = await read(client, title, result);
  for (let tries = 0; proposal === undefined && tries < TRIES; tries += 1) {
    const request = { command: "stackspot-lsp.proposal", arguments: [{ jobId: result.jobId }] };
    const today = await client.sendRequest<Partial<RunResult>>("workspace/executeCommand", request);
    proposal = await read(client, title, { ...result, ...today });
  }
  return proposal;
}

/** The proposal of a result; undefined where its edit is for a text that is not there any more. */
async function read(client: LanguageClient, title: string, result: RunResult): Promise<Waiting | undefined> {
  const changes = result.edit?.documentChanges ?? [];
  const created = changes.find((change) => "kind" in change && change.kind === "create");
  const edited = changes.find((change) => "textDocument" in change);
  if (edited === undefined || !("textDocument" in edited)) return undefined;
  const target = client.protocol2CodeConverter.asUri(edited.textDocument.uri);
  const isNew = created !== undefined;
  const proposal: Waiting = {
    jobId: result.jobId,
    title,
    target,
    isNew,
    replacements: [],
    replaced: [],
    parts: [],
    isTypedIn: false,
    isOwn: false,
  };
  const edits = await client.protocol2CodeConverter.asTextEdits(edited.edits.filter((edit) => "newText" in edit));
  if (proposal.isNew) {
    proposal.replacements = edits.map(({ newText }) => ({ start: 0, end: 0, text: newText }));
    return proposal;
  }
  const document = await vscode.workspace.openTextDocument(target);
  const version = edited.textDocument.version;
  if (version !== null && version !== document.version) return undefined;
  const offsets = ({ start, end }: vscode.Range) => ({ start: document.offsetAt(start), end: document.offsetAt(end) });
  proposal.replacements = edits.map(({ range, newText }) => ({ ...offsets(range), text: newText }));
  proposal.replaced = edits.map(({ range }) => document.getText(range));
  proposal.parts = (result.parts ?? []).map(({ part, range }, place) => ({
    number: part ?? place,
    ...offsets(client.protocol2CodeConverter.asRange(range)),
  }));
  return proposal;
}

/** A result of a job that says no more than that its edit waits. */
export function unread(jobId: string): RunResult {
  return { jobId, outcome: "proposed", answer: "", agent: "" };
}

/** The text that the edit is for; nothing, as long as its file is not there. */
export async function textOf(proposal: Waiting): Promise<string> {
  if (!proposal.isNew) return (await vscode.workspace.openTextDocument(proposal.target)).getText();
  const open = vscode.workspace.textDocuments.find((it) => it.uri.toString() === proposal.target.toString());
  return open?.getText() ?? "";
}

/** Puts an edit into the text by its replacements as they stand; false where that cannot be. */
export async function putIn(proposal: Waiting): Promise<boolean> {
  const edit = new vscode.WorkspaceEdit();
  if (proposal.isNew) {
    edit.createFile(proposal.target, { overwrite: false, contents: Buffer.from(applied("", proposal.replacements)) });
    return vscode.workspace.applyEdit(edit);
  }
  const document = await vscode.workspace.openTextDocument(proposal.target);
  for (const { start, end, text } of proposal.replacements) {
    edit.replace(document.uri, new vscode.Range(document.positionAt(start), document.positionAt(end)), text);
  }
  return vscode.workspace.applyEdit(edit);
}

/** The text after the edit. Its path ends as the file's does, so that it is coloured like it. */
export function afterUri(proposal: Waiting): vscode.Uri {
  return sideUri(proposal, "after");
}

export function sideUri(proposal: Waiting, side: "before" | "after"): vscode.Uri {
  // In the query, since VS Code writes the authority of an address in small letters.
  return vscode.Uri.from({ scheme: PROPOSAL_SCHEME, path: proposal.target.path, query: `${proposal.jobId}/${side}` });
}

export function partsOf(uri: vscode.Uri): { jobId: string; side: string } {
  const [jobId = "", side = ""] = uri.query.split("/");
  return { jobId, side };
}

export function isSideOf(uri: vscode.Uri, proposal: Waiting): boolean {
  return uri.scheme === PROPOSAL_SCHEME && partsOf(uri).jobId === proposal.jobId;
}
