// The columns of the editor: what is read opens beside the code, covers none of it, and takes no keys.

import * as path from "node:path";
import * as vscode from "vscode";

export const PROPOSAL_SCHEME = "stackspot-ai-proposal";
/** A page of this extension's own, such as what the doctor found. */
export const PAGE_SCHEME = "stackspot-ai-page";
/** The view of the answers. */
export const ANSWERS_VIEW = "stackspot-ai.answers";

/** The built-in preview, as an editor: unlike `markdown.showPreview` it takes a column, and leaves the focus where it is. */
const PREVIEW = "vscode.markdown.preview.editor";

/** Shows a Markdown document rendered, beside the code and in a tab of its own. */
export async function showRendered(uri: vscode.Uri, takeFocus: boolean): Promise<void> {
  await openBeside(takeFocus, async (options) => {
    try {
      await vscode.commands.executeCommand("vscode.openWith", uri, PREVIEW, options);
    } catch {
      // Somebody has switched the Markdown extension off: the answer is text all the same.
      await vscode.window.showTextDocument(uri, options);
    }
  });
}

/** In pixels: in a column that is narrower a line holds a few words. */
const NARROW_PX = 300;

/** Whether two columns beside each other would be that narrow, and whether they stand above each other for that reason. */
let isNarrow = false;
let isStacked = false;

/**
 * Takes note of how wide the view of the answers is, which is all that tells an extension of the width of its window. Whether
 * it is to stand below the code instead.
 */
export function noteWidth(pixels: number): boolean {
  const isWhole = isStacked || vscode.window.tabGroups.all.length === 1;
  isNarrow = (isWhole ? pixels / 2 : pixels) < NARROW_PX;
  return isNarrow && !isStacked;
}

/** In a narrow window what is read stands below the code: two columns would show neither. */
export async function stackWhereNarrow(): Promise<void> {
  const { all } = vscode.window.tabGroups;
  const direction = vscode.workspace.getConfiguration("workbench.editor").get("openSideBySideDirection");
  if (!isNarrow || isStacked || all.length !== 2 || direction === "down") return;
  isStacked = true;
  await vscode.commands.executeCommand("workbench.action.toggleEditorGroupLayout");
}

/** Opens something in a column that shows no code, and leaves the keyboard where it is unless it is to take it. */
export async function openBeside(
  takeFocus: boolean,
  open: (options: vscode.TextDocumentShowOptions) => Thenable<unknown>,
): Promise<void> {
  const { tabGroups, activeTextEditor } = vscode.window;
  const before = tabGroups.activeTabGroup.viewColumn;
  const groups = tabGroups.all.length;
  if (groups === 1) isStacked = false;
  const viewColumn = columnFor(tabGroups.all, tabGroups.activeTabGroup);
  await open({ viewColumn, preserveFocus: !takeFocus, preview: false });
  // A column by its number becomes the active one. A user who types would then type in a group without a cursor.
  const hasMoved = viewColumn > 0 && tabGroups.activeTabGroup.viewColumn !== before;
  if (!takeFocus && hasMoved && activeTextEditor?.viewColumn !== undefined) {
    await vscode.window.showTextDocument(activeTextEditor.document, { viewColumn: activeTextEditor.viewColumn });
  }
  if (tabGroups.all.length > groups) await stackWhereNarrow();
}

/** From among what is read, the same column; else the next one, or one further on where that would cover code. */
function columnFor(groups: readonly vscode.TabGroup[], active: vscode.TabGroup): vscode.ViewColumn {
  const isFree = (group: vscode.TabGroup) => group.activeTab === undefined || isOurs(group.activeTab);
  if (active.activeTab !== undefined && isOurs(active.activeTab)) return vscode.ViewColumn.Active;
  const next = groups.find((group) => group.viewColumn === active.viewColumn + 1);
  if (next === undefined || isFree(next)) return vscode.ViewColumn.Beside;
  return groups.find((group) => group !== active && isFree(group))?.viewColumn ?? groups.length + 1;
}

/** Whether a tab shows answers, a page or a proposal. */
export function isOurs(tab: vscode.Tab): boolean {
  if (tab.input instanceof vscode.TabInputTextDiff) return tab.input.modified.scheme === PROPOSAL_SCHEME;
  return isAnswersView(tab) || isAnswer(uriOf(tab));
}

/** Whether a tab is the view of the answers. VS Code puts a word of its own before the name. */
export function isAnswersView(tab: vscode.Tab | undefined): boolean {
  return tab?.input instanceof vscode.TabInputWebview && tab.input.viewType.endsWith(ANSWERS_VIEW);
}

/** Whether a document is to be read: of this extension, a virtual one of the server, or a file that the server wrote. */
export function isAnswer(uri: vscode.Uri | undefined): boolean {
  if (uri === undefined) return false;
  if (uri.scheme === PAGE_SCHEME) return true;
  if (path.posix.extname(uri.path) !== ".md") return false;
  const isFile = uri.scheme === "file" && /\/stackspot-lsp\/(answers|previews)\/[^/]+$/.test(uri.path);
  return uri.scheme === "stackspot-lsp" || isFile;
}

/** Closes the pages and diffs of an earlier session: this window does not hold what they showed. */
export function closeLeftovers(): void {
  const isOurs = (tab: vscode.Tab) =>
    uriOf(tab)?.scheme === PAGE_SCHEME ||
    (tab.input instanceof vscode.TabInputTextDiff && tab.input.modified.scheme === PROPOSAL_SCHEME);
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs.filter(isOurs));
  if (tabs.length > 0) vscode.window.tabGroups.close(tabs, true);
}

function uriOf(tab: vscode.Tab | undefined): vscode.Uri | undefined {
  const input = tab?.input;
  if (input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText) return input.uri;
  return undefined;
}
