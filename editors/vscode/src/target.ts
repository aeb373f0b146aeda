// What a command of the palette is about.

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { isAnswer, isOurs, PROPOSAL_SCHEME } from "./columns.ts";
import type { RunParams } from "./protocol.ts";

const SCHEMES = ["file", "untitled"];

let latest: vscode.TextEditor | undefined;

/** Remembers the editor that had the cursor last: a command may be called from an answer. */
export function followEditors(context: vscode.ExtensionContext): void {
  const follow = (editor: vscode.TextEditor | undefined) => {
    if (editor !== undefined && isSource(editor)) latest = editor;
  };
  follow(vscode.window.activeTextEditor);
  context.subscriptions.push(vscode.window.onDidChangeActiveTextEditor(follow));
}

/**
 * The editor that a command is about: the one with the cursor. From an answer, a page or a proposal of ours it is the one
 * that had the cursor last and can still be seen; from anything else it is none, and why is said.
 */
export function target(): vscode.TextEditor | undefined {
  const active = vscode.window.activeTextEditor;
  if (active !== undefined && isSource(active)) return withOnePlace(active);
  const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
  const isElsewhere =
    active !== undefined && !isAnswer(active.document.uri) && active.document.uri.scheme !== PROPOSAL_SCHEME;
  if (!isElsewhere && tab !== undefined && isOurs(tab)) {
    const editor = latestEditor();
    if (editor !== undefined) return editor;
  }
  const isNotebook = vscode.window.activeNotebookEditor !== undefined && tab?.input instanceof vscode.TabInputNotebook;
  vscode.window.showWarningMessage(
    isNotebook
      ? vscode.l10n.t("Notebook cells are not supported yet. Copy the code into a file, and ask there.")
      : vscode.l10n.t("Open a file and put the cursor into its code: an action is about that place."),
  );
  return undefined;
}

/** The editor that had the cursor last, as long as it can be seen. */
export function latestEditor(): vscode.TextEditor | undefined {
  const visible = vscode.window.visibleTextEditors;
  // An editor that was hidden meanwhile comes back as another one.
  return visible.find((it) => it === latest) ?? visible.find((it) => it.document === latest?.document);
}

/** An action is about one place: with several none is chosen in silence. */
function withOnePlace(editor: vscode.TextEditor): vscode.TextEditor | undefined {
  const count = editor.selections.length;
  if (count === 1) return editor;
  const message = vscode.l10n.t(
    "There are {0} cursors, and an action is about one place. Leave one: press Escape.",
    count,
  );
  vscode.window.showWarningMessage(message);
  return undefined;
}

/** An action on the selection of an editor, as it stands. */
export function paramsOf(
  client: LanguageClient,
  editor: vscode.TextEditor,
  action: string,
  instruction: string | undefined,
): RunParams {
  const { document, selection } = editor;
  const convert = client.code2ProtocolConverter;
  const params: RunParams = {
    action,
    textDocument: { uri: convert.asUri(document.uri), version: document.version },
    range: convert.asRange(selection),
  };
  if (instruction !== undefined) params.instruction = instruction;
  if (action === "fix") params.diagnostics = problemsAt(document, selection).map((it) => convert.asDiagnostic(it));
  return params;
}

/** The problems that touch the selection; where it is a mere cursor, those of its line. */
function problemsAt(document: vscode.TextDocument, selection: vscode.Selection): vscode.Diagnostic[] {
  const range = selection.isEmpty ? document.lineAt(selection.active.line).range : selection;
  return vscode.languages.getDiagnostics(document.uri).filter((it) => it.range.intersection(range) !== undefined);
}

function isSource(editor: vscode.TextEditor): boolean {
  return SCHEMES.includes(editor.document.uri.scheme);
}
