// What is done with a piece of code of an answer: copied, put in at the cursor or over the selection, or compared.

import * as path from "node:path";
import * as vscode from "vscode";
import type { Answer } from "./answer_view.ts";
import type { Proposals } from "./proposals.ts";
import { latestEditor } from "./target.ts";
import type { CodeStep } from "./view_messages.ts";

export async function useCode(step: CodeStep, code: string, answer: Answer, proposals: Proposals): Promise<void> {
  const text = code.replace(/\n$/, "");
  if (step === "copy") {
    await vscode.env.clipboard.writeText(text);
    vscode.window.setStatusBarMessage(`$(check) ${vscode.l10n.t("Copied")}`, 3_000);
    return;
  }
  const editor = latestEditor();
  if (editor === undefined) {
    vscode.window.showWarningMessage(vscode.l10n.t("Open a file and put the cursor where the code is to go."));
    return;
  }
  const { document, selection } = editor;
  if (step !== "insert" && selection.isEmpty) {
    vscode.window.showWarningMessage(vscode.l10n.t("Select the code that this is about, and choose it again."));
    return;
  }
  if (step === "diff") {
    // To its letters: what the selection is indented by may stand before it.
    const [start, end] = [document.offsetAt(selection.start), document.offsetAt(selection.end)];
    const ending = document.getText(selection).endsWith("\n") ? "\n" : "";
    const title = `${answer.turn.text.title} · ${path.posix.basename(document.uri.path)}`;
    await proposals.offer(title, document.uri, { start, end, text: text + ending });
    return;
  }
  const place = step === "insert" ? new vscode.Range(selection.active, selection.active) : selection;
  const before = document.lineAt(place.start.line).text.slice(0, place.start.character);
  const ending = step === "replace" && document.getText(place).endsWith("\n") ? "\n" : "";
  const isIn = await editor.edit((edit) => edit.replace(place, indented(text, before) + ending));
  if (!isIn) {
    vscode.window.showWarningMessage(vscode.l10n.t("This editor takes no change: it is read-only."));
    return;
  }
  await vscode.window.showTextDocument(document, { viewColumn: editor.viewColumn ?? vscode.ViewColumn.One });
}

/** The code with its further lines as far in as the first one is put. */
function indented(code: string, before: string): string {
  return /^\s+$/.test(before) ? code.replaceAll("\n", `\n${before}`) : code;
}

/** Shows the code that an answer is about. */
export async function showSource({ turn }: Answer): Promise<void> {
  const { textDocument, range } = turn.asked;
  await showLines(textDocument.uri, range.start.line, range.end.line);
}

/** Follows a link of an answer: to the web, by the editor's own rules, or to a line of the file that was asked about. */
export async function openLink(href: string, { turn }: Answer): Promise<void> {
  if (/^(https?:\/\/|mailto:)/i.test(href)) return void (await vscode.env.openExternal(vscode.Uri.parse(href, true)));
  const [, address = "", line = ""] = /^(file:\/\/\/[^#]*)#L(\d+)/i.exec(href) ?? [];
  const isAsked = vscode.Uri.parse(address).toString() === vscode.Uri.parse(turn.asked.textDocument.uri).toString();
  if (isAsked && line !== "") await showLines(turn.asked.textDocument.uri, Number(line) - 1, Number(line) - 1);
}

async function showLines(uri: string, first: number, last: number): Promise<void> {
  const document = vscode.Uri.parse(uri);
  const shown = vscode.window.visibleTextEditors.find((it) => it.document.uri.toString() === document.toString());
  const at = { viewColumn: shown?.viewColumn ?? vscode.ViewColumn.One };
  const editor = await vscode.window.showTextDocument(document, at);
  const lines = new vscode.Range(first, 0, last, 0);
  if (editor.selection.isEmpty) editor.selection = new vscode.Selection(lines.start, lines.start);
  editor.revealRange(lines, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}
