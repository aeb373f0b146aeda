// The view of the answers: one panel beside the code, with a conversation, the list of all, and a box for the next question.

import { randomBytes, randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";
import type { AnswerText } from "./answer_text.ts";
import { ANSWERS_VIEW, isAnswersView, noteWidth, openBeside, stackWhereNarrow } from "./columns.ts";
import type { RunParams } from "./protocol.ts";
import { readBack, type Thread, type Turn, threadFor, written } from "./threads.ts";
import type { CodeStep, FromPage, ShownTurn, ToPage, Words } from "./view_messages.ts";

/** How often a growing answer is handed to the page. */
const REDRAW_MS = 80;
/** How often what is there is written down while an answer grows. */
const WRITE_MS = 1_000;
/** An answer that has not come by then has its place shown; one that fails before moves nothing on the screen. */
const SHOW_MS = 300;

export interface Answer {
  readonly turn: Turn;
  readonly thread: Thread;
}

export interface Answers {
  /** Takes the panel that an earlier window has left, with what its page had kept. */
  restore(panel: vscode.WebviewPanel, state: unknown): Promise<void>;
  /** A question to which an answer will come; `stop` cancels it. */
  begin(asked: RunParams, name: string, text: AnswerText, stop: () => void): Answer;
  /** Hands on what has come. */
  changed(answer: Answer): void;
  /** Hands on the whole, as it stays. */
  finished(answer: Answer): void;
  /** There is nothing in it that anybody would want to see again. */
  forget(answer: Answer): void;
  /** Shows an answer, and leaves the focus where it is. */
  show(answer: Answer): void;
  /** Shows the conversation that was looked at last, with the cursor in its box. */
  open(): Promise<void>;
  /** The latest answer of the conversation that was looked at last. */
  current(): Promise<Answer | undefined>;
}

/** What the page asks of the rest of the extension. */
export interface Deeds {
  /** Asks anew, or goes on with what an answer was about. */
  ask(text: string, after: Answer | undefined): void;
  code(step: CodeStep, code: string, answer: Answer): void;
  source(answer: Answer): void;
  open(href: string, answer: Answer): void;
}

export function createAnswers(context: vscode.ExtensionContext, deeds: () => Deeds): Answers {
  const store = path.join((context.storageUri ?? context.globalStorageUri).fsPath, "answers.json");
  const stops = new Map<string, () => void>();
  const due = new Map<string, NodeJS.Timeout>();
  let threads: Thread[] = [];
  let shown: string | undefined;
  let panel: vscode.WebviewPanel | undefined;
  /** The answer for whose sake the panel was opened. */
  let openedFor: string | undefined;
  let writing: NodeJS.Timeout | undefined;
  let reading: Promise<void> | undefined;

  /** What an earlier window has written down, before what this one does; read when it is needed first. */
  const earlier = () => {
    reading ??= fs
      .readFile(store, "utf8")
      .catch(() => "")
      .then((text) => {
        const incomplete = vscode.l10n.t("This answer is incomplete. {0}", vscode.l10n.t("The window was closed."));
        threads = [...readBack(text, Date.now(), incomplete), ...threads];
        shown ??= threads.at(-1)?.id;
      });
    return reading;
  };
  const write = async () => {
    clearTimeout(writing);
    writing = undefined;
    await earlier();
    await fs.mkdir(path.dirname(store), { recursive: true });
    // For the user alone, as the server keeps its own; whole or not at all, also where two windows write at once.
    const fresh = `${store}.${process.pid}.new`;
    await fs.writeFile(fresh, written(threads), { mode: 0o600 });
    await fs.rename(fresh, store);
  };
  const writeSoon = () => {
    writing ??= setTimeout(() => write().catch(() => undefined), WRITE_MS);
  };
  const tell = (message: ToPage) => panel?.webview.postMessage(message);
  const current = () => threads.find(({ id }) => id === shown);
  const drawAll = () => {
    const thread = current();
    const rows = threads.toReversed().map(({ id, title, began, turns }) => {
      const question = turns[0]?.text.instruction;
      return { id, title: question ? `${title}: ${question}` : title, when: new Date(began).toLocaleString() };
    });
    if (panel !== undefined) panel.title = thread?.title ?? vscode.l10n.t("StackSpot AI Answers");
    tell({ type: "all", rows, thread: thread?.id, turns: thread?.turns.map(asShown) ?? [] });
  };
  const hand = ({ turn, thread }: Answer) => {
    clearTimeout(due.get(turn.id));
    due.delete(turn.id);
    tell({ type: "turn", thread: thread.id, turn: asShown(turn) });
  };
  const answerOf = (id: string): Answer | undefined => {
    for (const thread of threads) {
      const turn = thread.turns.find((it) => it.id === id);
      if (turn !== undefined) return { turn, thread };
    }
    return undefined;
  };
  const latest = (): Answer | undefined => {
    const thread = current();
    const turn = thread?.turns.at(-1);
    return thread && turn && { thread, turn };
  };
  const drop = (thread: Thread) => {
    threads = threads.filter((it) => it !== thread);
    if (shown === thread.id) shown = threads.at(-1)?.id;
  };

  const onMessage = async (message: FromPage) => {
    await earlier();
    const answer = "turn" in message ? answerOf(message.turn) : undefined;
    switch (message.type) {
      case "ready":
        drawAll();
        if (noteWidth(message.width)) await stackWhereNarrow();
        return;
      case "resized":
        noteWidth(message.width);
        return;
      case "ask":
        return deeds().ask(message.text, latest());
      case "stop":
        for (const { id } of current()?.turns ?? []) stops.get(id)?.();
        return;
      case "choose":
        shown = message.thread;
        return drawAll();
      case "forget": {
        const thread = threads.find(({ id }) => id === message.thread);
        // What is still being written is stopped first.
        if (thread === undefined || thread.turns.some(({ grows }) => grows)) return;
        drop(thread);
        drawAll();
        return write();
      }
      case "source":
        if (answer !== undefined) deeds().source(answer);
        return;
      case "open":
        if (answer !== undefined) deeds().open(message.href, answer);
        return;
      case "code":
        if (answer !== undefined) deeds().code(message.step, message.code, answer);
        return;
    }
  };
  const take = (taken: vscode.WebviewPanel) => {
    panel = taken;
    const { webview } = taken;
    webview.options = {
      enableScripts: true,
      localResourceRoots: [vscode.Uri.joinPath(context.extensionUri, "dist")],
    };
    taken.iconPath = vscode.Uri.joinPath(context.extensionUri, "media", "icon.png");
    webview.onDidReceiveMessage((message: FromPage) => {
      onMessage(message).catch((error) => vscode.window.showErrorMessage(String(error)));
    });
    taken.onDidDispose(() => {
      if (panel === taken) panel = undefined;
    });
    webview.html = page(webview, context.extensionUri);
  };
  /** Brings the panel to the front of a column that shows no code. */
  const reveal = async (takeFocus: boolean) => {
    if (panel?.visible && !takeFocus) return;
    await openBeside(takeFocus, async ({ viewColumn = vscode.ViewColumn.Beside, preserveFocus = true }) => {
      if (panel?.visible) panel.reveal(panel.viewColumn, preserveFocus);
      else if (panel !== undefined) panel.reveal(viewColumn, preserveFocus);
      else take(vscode.window.createWebviewPanel(ANSWERS_VIEW, "StackSpot AI", { viewColumn, preserveFocus }));
    });
  };

  context.subscriptions.push({ dispose: () => [...due.values(), writing].forEach(clearTimeout) });

  const answers: Answers = {
    async restore(restored, state) {
      await earlier();
      const { thread } = (state ?? {}) as { thread?: string };
      if (threads.some(({ id }) => id === thread)) shown = thread;
      // An answer may have opened one of this window meanwhile.
      if (panel !== undefined) return restored.dispose();
      take(restored);
    },
    begin(asked, name, text, stop) {
      const turn: Turn = { id: randomUUID(), asked, text, grows: true };
      let thread = threadFor(threads, asked);
      if (thread === undefined) {
        thread = { id: randomUUID(), began: Date.now(), title: name, turns: [] };
        if (asked.conversationId !== undefined) thread.conversationId = asked.conversationId;
      }
      thread.turns.push(turn);
      // What is gone on with last is the latest.
      threads = [...threads.filter((it) => it !== thread), thread];
      stops.set(turn.id, stop);
      const answer = { turn, thread };
      due.set(
        turn.id,
        setTimeout(() => answers.show(answer), SHOW_MS),
      );
      return answer;
    },
    changed(answer) {
      writeSoon();
      const { id } = answer.turn;
      if (!due.has(id))
        due.set(
          id,
          setTimeout(() => hand(answer), REDRAW_MS),
        );
    },
    finished(answer) {
      answer.turn.grows = false;
      stops.delete(answer.turn.id);
      vscode.commands.executeCommand("setContext", "stackspotAi.answered", true);
      hand(answer);
      write().catch(() => undefined);
    },
    forget({ turn, thread }) {
      clearTimeout(due.get(turn.id));
      due.delete(turn.id);
      stops.delete(turn.id);
      thread.turns = thread.turns.filter((it) => it !== turn);
      if (thread.turns.length === 0) drop(thread);
      if (openedFor === turn.id) panel?.dispose();
      else drawAll();
    },
    show({ turn, thread }) {
      clearTimeout(due.get(turn.id));
      due.delete(turn.id);
      shown = thread.id;
      if (panel === undefined) openedFor = turn.id;
      drawAll();
      reveal(false);
    },
    async open() {
      await earlier();
      await reveal(true);
      tell({ type: "focus" });
    },
    async current() {
      await earlier();
      return latest();
    },
  };
  return answers;
}

/** Whether the view of the answers is looked at. */
export function isViewActive(): boolean {
  return isAnswersView(vscode.window.tabGroups.activeTabGroup.activeTab);
}

function asShown({ id, text, grows }: Turn): ShownTurn {
  return { ...text, id, grows };
}

/** The page: its own script and style sheet, and nothing from anywhere else. */
function page(webview: vscode.Webview, extension: vscode.Uri): string {
  const nonce = randomBytes(16).toString("base64");
  const file = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(extension, "dist", name));
  const escaped = (text: string) =>
    text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const words: Words = {
    copy: vscode.l10n.t("Copy"),
    insert: vscode.l10n.t("Insert at Cursor"),
    replace: vscode.l10n.t("Replace Selection"),
    diff: vscode.l10n.t("Open as Diff"),
    sources: vscode.l10n.t("Sources"),
    history: vscode.l10n.t("Conversations"),
    question: vscode.l10n.t("Your next question (Enter sends it, Shift+Enter breaks the line)"),
    send: vscode.l10n.t("Send"),
    stop: vscode.l10n.t("Stop"),
    empty: vscode.l10n.t("There is no answer yet. Put the cursor into some code, and ask."),
    forget: vscode.l10n.t("Forget this conversation"),
    source: vscode.l10n.t("Go to the code"),
  };
  const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="${vscode.env.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="${file("answers.css")}">
<title>StackSpot AI</title>
</head>
<body class="vscode-body" data-words="${escaped(JSON.stringify(words))}">
<header><button type="button" id="history" aria-expanded="false" hidden>${escaped(words.history)} ▾</button></header>
<ul id="rows" hidden></ul>
<main id="turns" tabindex="0"><div id="empty" hidden>${escaped(words.empty)}</div></main>
<form>
<textarea id="question" rows="2" placeholder="${escaped(words.question)}" aria-label="${escaped(words.question)}"></textarea>
<button type="button" id="send">${escaped(words.send)}</button>
<button type="button" id="stop" hidden>${escaped(words.stop)}</button>
</form>
<script nonce="${nonce}" src="${file("page.js")}"></script>
</body>
</html>`;
}
