// Answers as documents that grow, shown by the Markdown preview beside the code.

import { randomUUID } from "node:crypto";
import * as path from "node:path";
import * as vscode from "vscode";
import { type AnswerText, answerMarkdown } from "./answer_text.ts";
import type { RunParams } from "./protocol.ts";

export const PROPOSAL_SCHEME = "stackspot-ai-proposal";
export const ANSWER_SCHEME = "stackspot-ai-answer";
/** A page of this extension's own: there is nobody whom it could be followed up with. */
const PAGE_SCHEME = "stackspot-ai-page";
const SCHEMES = [ANSWER_SCHEME, PAGE_SCHEME];

/** The built-in preview, as an editor: unlike `markdown.showPreview` it takes a column, and leaves the focus where it is. */
const PREVIEW = "vscode.markdown.preview.editor";

/** How often a growing answer is handed to the preview, which redraws three times a second at most. */
const REDRAW_MS = 100;

/** When a finished answer is handed on once more, after its end. */
const AGAIN_MS = [500, 1_500, 4_000, 10_000];

/** How many answers are kept to be shown again. */
const KEPT = 20;

export interface Answer {
  readonly uri: vscode.Uri;
  /** What was asked; a follow-up goes on with it. A page of this extension's own answers nothing. */
  readonly asked: RunParams | undefined;
  conversationId?: string;
  text: AnswerText;
}

export interface Answers extends Pick<vscode.TextDocumentContentProvider, "provideTextDocumentContent"> {
  begin(asked: RunParams | undefined, name: string, text: AnswerText): Answer;
  /** Hands on what has come. */
  changed(answer: Answer): void;
  /** Hands on the whole, as it stays. */
  finished(answer: Answer): void;
  /** There is nothing in it that anybody would want to see again. */
  forget(answer: Answer): void;
  find(uri: vscode.Uri): Answer | undefined;
  /** The latest answer of an agent. */
  latest(): Answer | undefined;
}

export function createAnswers(context: vscode.ExtensionContext): Answers {
  const kept = new Map<string, Answer>();
  const due = new Map<string, NodeJS.Timeout>();
  // One for each scheme: VS Code complains of a provider that tells of another one's documents.
  const emitters = new Map(SCHEMES.map((scheme) => [scheme, new vscode.EventEmitter<vscode.Uri>()]));
  const tell = (uri: vscode.Uri) => emitters.get(uri.scheme)?.fire(uri);
  const again = new WeakMap<Answer, number>();
  const timers = new Set<NodeJS.Timeout>();
  // A tab of an earlier session may still be there, and VS Code gives its address no other content any more.
  const session = randomUUID();
  let count = 0;
  const hand = (answer: Answer) => {
    const key = answer.uri.toString();
    clearTimeout(due.get(key));
    due.delete(key);
    tell(answer.uri);
  };
  const answers: Answers = {
    provideTextDocumentContent(uri) {
      const answer = kept.get(uri.toString());
      return answer && answerMarkdown(answer.text, vscode.l10n.t("Sources")) + "\n".repeat(again.get(answer) ?? 0);
    },
    begin(asked, name, text) {
      count += 1;
      // The name becomes the title of the tab; a slash in it would cut it. The query is no part of it.
      const scheme = asked === undefined ? PAGE_SCHEME : ANSWER_SCHEME;
      const uri = vscode.Uri.from({ scheme, path: `/${name.replaceAll("/", "∕")}`, query: `${session}-${count}` });
      const answer: Answer = { uri, asked, text };
      kept.set(uri.toString(), answer);
      if (asked !== undefined) vscode.commands.executeCommand("setContext", "stackspotAi.answered", true);
      // What a tab shows is kept as long as it does: it is asked for again, and can be followed up.
      const shown = new Set(
        vscode.window.tabGroups.all.flatMap((group) => group.tabs.map((tab) => uriOf(tab)?.toString())),
      );
      for (const oldest of [...kept.keys()].slice(0, -KEPT)) if (!shown.has(oldest)) kept.delete(oldest);
      return answer;
    },
    changed(answer) {
      const key = answer.uri.toString();
      if (!due.has(key))
        due.set(
          key,
          setTimeout(() => hand(answer), REDRAW_MS),
        );
    },
    finished(answer) {
      hand(answer);
      // A preview that is still loading loses what it is sent, and draws it with the next change only. So there is one, of
      // blank lines, until it can have loaded.
      for (const delay of AGAIN_MS) {
        const timer = setTimeout(() => {
          timers.delete(timer);
          again.set(answer, (again.get(answer) ?? 0) + 1);
          hand(answer);
        }, delay);
        timers.add(timer);
      }
    },
    forget: (answer) => kept.delete(answer.uri.toString()),
    find: (uri) => kept.get(uri.toString()),
    latest: () => [...kept.values()].findLast((answer) => answer.asked !== undefined),
  };
  context.subscriptions.push(
    ...emitters.values(),
    { dispose: () => [...due.values(), ...timers].forEach(clearTimeout) },
    ...[...emitters].map(([scheme, { event }]) =>
      vscode.workspace.registerTextDocumentContentProvider(scheme, { ...answers, onDidChange: event }),
    ),
    vscode.workspace.onDidOpenTextDocument((document) => {
      if (!SCHEMES.includes(document.uri.scheme)) return;
      // Its name has no ending that would tell.
      vscode.languages.setTextDocumentLanguage(document, "markdown").then(undefined, () => {
        // It was closed meanwhile.
      });
      // What changes while a document is being opened is not asked for again: VS Code drops such events.
      tell(document.uri);
    }),
  );
  return answers;
}

/** The answer that the user looks at, if they do. */
export function activeAnswer(): vscode.Uri | undefined {
  const uri = uriOf(vscode.window.tabGroups.activeTabGroup.activeTab);
  return uri?.scheme === ANSWER_SCHEME ? uri : undefined;
}

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

export function closeRendered(uri: vscode.Uri): void {
  const shows = (tab: vscode.Tab) => uriOf(tab)?.toString() === uri.toString();
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs.filter(shows));
  if (tabs.length > 0) vscode.window.tabGroups.close(tabs, true);
}

/** Opens something in a column that shows no code, and leaves the keyboard where it is unless it is to take it. */
export async function openBeside(
  takeFocus: boolean,
  open: (options: vscode.TextDocumentShowOptions) => Thenable<unknown>,
): Promise<void> {
  const { tabGroups, activeTextEditor } = vscode.window;
  const before = tabGroups.activeTabGroup.viewColumn;
  const viewColumn = columnFor(tabGroups.all, tabGroups.activeTabGroup);
  await open({ viewColumn, preserveFocus: !takeFocus, preview: false });
  // A column by its number becomes the active one, and whoever typed would go on in a group that has no cursor.
  const hasMoved = viewColumn > 0 && tabGroups.activeTabGroup.viewColumn !== before;
  if (!takeFocus && hasMoved && activeTextEditor?.viewColumn !== undefined) {
    await vscode.window.showTextDocument(activeTextEditor.document, { viewColumn: activeTextEditor.viewColumn });
  }
}

/** From among what is read, the same column; else the next one, or one further on where that would cover code. */
function columnFor(groups: readonly vscode.TabGroup[], active: vscode.TabGroup): vscode.ViewColumn {
  const isFree = (group: vscode.TabGroup) => group.activeTab === undefined || isOurs(group.activeTab);
  if (active.activeTab !== undefined && isOurs(active.activeTab)) return vscode.ViewColumn.Active;
  const next = groups.find((group) => group.viewColumn === active.viewColumn + 1);
  if (next === undefined || isFree(next)) return vscode.ViewColumn.Beside;
  return groups.find((group) => group !== active && isFree(group))?.viewColumn ?? groups.length + 1;
}

/** Whether a tab shows an answer, a page or a proposal. */
export function isOurs(tab: vscode.Tab): boolean {
  if (tab.input instanceof vscode.TabInputTextDiff) return tab.input.modified.scheme === PROPOSAL_SCHEME;
  return isAnswer(uriOf(tab));
}

/** Whether a document is to be read: of this extension, a virtual one of the server, or a file that the server wrote. */
export function isAnswer(uri: vscode.Uri | undefined): boolean {
  if (uri === undefined) return false;
  if (SCHEMES.includes(uri.scheme)) return true;
  if (path.posix.extname(uri.path) !== ".md") return false;
  const isFile = uri.scheme === "file" && /\/stackspot-lsp\/(answers|previews)\/[^/]+$/.test(uri.path);
  return uri.scheme === "stackspot-lsp" || isFile;
}

/** Closes the answers and diffs of an earlier session: this window does not hold what they showed; the server does. */
export function closeLeftovers(): void {
  const isOurs = (tab: vscode.Tab) =>
    SCHEMES.includes(uriOf(tab)?.scheme ?? "") ||
    (tab.input instanceof vscode.TabInputTextDiff && tab.input.modified.scheme === PROPOSAL_SCHEME);
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs.filter(isOurs));
  if (tabs.length > 0) vscode.window.tabGroups.close(tabs, true);
}

function uriOf(tab: vscode.Tab | undefined): vscode.Uri | undefined {
  const input = tab?.input;
  if (input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText) return input.uri;
  return undefined;
}
