// One job, from the request to what the user sees of it.

import * as path from "node:path";
import * as vscode from "vscode";
import { asCode, asMessage } from "./answer_text.ts";
import type { Answer, Answers } from "./answer_view.ts";
import type { Client, Follower } from "./client.ts";
import type { Failures } from "./failures.ts";
import type { JobMarks } from "./job_marks.ts";
import type { Proposals } from "./proposals.ts";
import { type FailureData, REQUEST_CANCELLED, type RunParams, type RunResult } from "./protocol.ts";
import type { Server } from "./server.ts";

export interface Runner {
  /** Runs a job to its end, and shows what comes of it. */
  run(params: RunParams): Promise<void>;
  /** How many jobs of this window run. */
  readonly running: number;
  readonly onDidChange: vscode.Event<void>;
}

/** How a request ends whose server did: the connection was inactive, or its pending response was rejected. */
const SERVER_ENDED = [-32096, -32097, -32099];

/** How long the word of an edit that went in stays in the status bar. */
const DONE_MS = 5_000;

export function createRunner(
  server: Server,
  answers: Answers,
  proposals: Proposals,
  failures: Failures,
  marks: JobMarks,
): Runner {
  const emitter = new vscode.EventEmitter<void>();
  let running = 0;
  const count = (difference: number) => {
    running += difference;
    emitter.fire();
  };
  const run = async (params: RunParams): Promise<void> => {
    const client = await server.ready();
    if (client === undefined) return failures.noServer(server.state);
    const title = await titleOf(client, params);
    const job: Job = {
      client,
      params,
      title,
      answers,
      answer: undefined,
      cancel: new vscode.CancellationTokenSource(),
      ending: "",
      began: Date.now(),
      declined: client.declined,
    };
    count(1);
    const stop = () => job.cancel.cancel();
    const mark = marks.begin({ ...placeOf(client, params), name: title.name, stop });
    try {
      const result = await followed(job);
      await showResult(job, result, proposals);
    } catch (error) {
      const again = () => run(params);
      await showFailure(job, error, failures, again);
    } finally {
      mark.dispose();
      count(-1);
    }
  };
  return {
    run,
    get running() {
      return running;
    },
    onDidChange: emitter.event,
  };
}

interface Job {
  client: Client;
  params: RunParams;
  title: Title;
  answers: Answers;
  /** The answer that is shown, once there is one. */
  answer: Answer | undefined;
  /** Ends it; the view and the progress can do so. */
  cancel: vscode.CancellationTokenSource;
  /** What the server says of the end: times and tokens, in the user's language. */
  ending: string;
  /** When it was asked for, in milliseconds of the clock. */
  began: number;
  /** How many questions of the server the user had said no to by then. */
  declined: number;
}

interface Title {
  name: string;
  isSandbox: boolean;
  /** What the action makes is an answer rather than a change of the text. */
  isAnswer: boolean;
}

/** Sends the request and follows it, in the status bar: a notification would cover code. Its mark has a way to cancel it. */
async function followed(job: Job): Promise<RunResult> {
  const { client, params, title, cancel } = job;
  const isInView = opensAtOnce(job);
  const options = { location: vscode.ProgressLocation.Window, title: `${title.name} · ${subjectOf(params)}` };
  return vscode.window.withProgress(options, (progress) => {
    const follower: Follower = {
      onText: (markdown) => {
        if (title.isAnswer && markdown) grow(job, markdown);
      },
      onProgress: (value) => {
        // The view takes a moment to appear, and so does the agent's first word: they do so at the same time.
        if (value.kind === "begin" && isInView) begin(job);
        // What of an answer has come is to be seen in the view.
        if (value.kind === "report" && value.message && !job.answer?.turn.text.body) {
          // Behind the dots is the end of what the agent writes, which is for no status bar.
          const [phase = ""] = value.message.split(" … ");
          progress.report({ message: phase });
          tellPhase(job, phase);
        }
        if (value.kind === "end") job.ending = value.message ?? "";
      },
    };
    return client.runJob(params, follower, cancel.token);
  });
}

const coming = () => vscode.l10n.t("The answer is coming in …");

/** An answer is shown from the start; a question without words opens a conversation of the server's instead. */
function opensAtOnce({ title, params }: Job): boolean {
  return title.isAnswer && !(params.action === "ask" && params.instruction === undefined);
}

/** Until the first word comes, the answer tells what is waited for. */
function tellPhase({ answer, answers }: Job, phase: string): void {
  if (answer === undefined || answer.turn.text.body !== "") return;
  answer.turn.text.footer = phase;
  answers.changed(answer);
}

function grow(job: Job, markdown: string): void {
  const answer = job.answer ?? begin(job);
  const isFirst = answer.turn.text.body === "";
  answer.turn.text.body += markdown;
  answer.turn.text.footer = coming();
  if (isFirst) job.answers.show(answer);
  else job.answers.changed(answer);
}

function begin(job: Job): Answer {
  const { params, title } = job;
  const name = `${title.name} ${path.posix.basename(vscode.Uri.parse(params.textDocument.uri).path)}`;
  // What was asked is below the heading in the user's own words.
  const what = params.action === "ask" ? vscode.l10n.t("Answer") : title.name;
  const heading = title.isSandbox ? `${what} [sandbox]` : what;
  const text = { title: heading, subject: subjectOf(params), instruction: params.instruction, body: "", footer: "" };
  job.answer = job.answers.begin(params, name, text, () => job.cancel.cancel());
  return job.answer;
}

async function showResult(job: Job, result: RunResult, proposals: Proposals): Promise<void> {
  const { title } = job;
  const hasAnswer = result.outcome === "answered" && result.answer.trim() !== "";
  if (hasAnswer || job.answer !== undefined) {
    const { turn, thread } = job.answer ?? begin(job);
    const hadWords = turn.text.body !== "";
    turn.text = { ...turn.text, body: shownOf(result), footer: usageOf(job.ending), sources: result.sources ?? [] };
    if (result.conversationId !== undefined) thread.conversationId = result.conversationId;
    if (!hadWords) job.answers.show({ turn, thread });
    job.answers.finished({ turn, thread });
  }
  const hasChanged = result.outcome === "applied" || result.outcome === "proposed";
  if (hasChanged) vscode.commands.executeCommand("setContext", "stackspotAi.changed", true);
  switch (result.outcome) {
    case "answered":
      if (result.reason) vscode.window.showWarningMessage(asMessage(`${jobTitle(job)}: ${result.reason}`));
      return;
    case "applied":
      if (await cannotBeSaved(job)) {
        const message = vscode.l10n.t(
          "{0}: the change is on the screen, but this editor is read-only and cannot save it. Copy what you need.",
          jobTitle(job),
        );
        vscode.window.showWarningMessage(asMessage(message));
        return;
      }
      vscode.window.setStatusBarMessage(`$(check) ${title.name} · ${job.ending}`, DONE_MS);
      return;
    case "unchanged":
      vscode.window.showInformationMessage(vscode.l10n.t("{0}: the agent found nothing to change.", jobTitle(job)));
      return;
    case "proposed":
      return proposals.show(job.client, jobTitle(job), result);
  }
}

/** Times and tokens of an ending, without the word for how the job ended: an answer is there to be seen. */
function usageOf(ending: string): string {
  return ending.replace(/^\p{L}+: /u, "");
}

function shownOf(result: RunResult): string {
  return result.answerMarkdown ?? asCode(result.answer);
}

async function showFailure(job: Job, error: unknown, failures: Failures, again: () => void): Promise<void> {
  const failure = error as { message?: string; code?: unknown; data?: FailureData };
  const { data = {} } = failure;
  const message = SERVER_ENDED.includes(Number(failure.code))
    ? vscode.l10n.t("The server ended during the job. The received text is kept; ask again.")
    : (failure.message ?? String(error));
  const isCancelled = failure.code === REQUEST_CANCELLED || error instanceof vscode.CancellationError;
  const partial = data.partialMarkdown ?? (data.partial && asCode(data.partial));
  const begun = partial ?? job.answer?.turn.text.body ?? "";
  if (job.answer !== undefined && begun === "") {
    job.answers.forget(job.answer);
  } else if (job.answer !== undefined) {
    const { text } = job.answer.turn;
    const why = !isCancelled
      ? message
      : job.client.isRunning()
        ? vscode.l10n.t("You cancelled it.")
        : vscode.l10n.t("The server was restarted.");
    const footer = vscode.l10n.t("This answer is incomplete. {0}", why);
    job.answer.turn.text = { ...text, body: begun, footer };
    job.answers.finished(job.answer);
  }
  if (isCancelled) return;
  if (data.kind === "refused" && job.client.declined > job.declined) {
    vscode.window.setStatusBarMessage(`$(circle-slash) ${jobTitle(job)}: ${vscode.l10n.t("not sent")}`, DONE_MS);
    return;
  }
  const keep = job.answer === undefined && partial ? () => showPartial(job, partial) : undefined;
  await failures.show(jobTitle(job), message, data.kind, again, keep);
}

/** How long a document may take to be marked as changed. */
const MARK_MS = 1_000;

/** Whether an edit went into a document that cannot keep it: an editor that was set to read-only takes it, and saves nothing. */
async function cannotBeSaved({ params, began }: Job): Promise<boolean> {
  const uri = vscode.Uri.parse(params.textDocument.uri);
  const find = () => vscode.workspace.textDocuments.find((it) => it.uri.toString() === uri.toString());
  for (const started = Date.now(); Date.now() - started < MARK_MS; await pause(50)) {
    const document = find();
    if (document === undefined || document.isDirty || uri.scheme !== "file") return false;
    // Saved by itself meanwhile.
    const saved = await vscode.workspace.fs.stat(uri).then(
      ({ mtime }) => mtime,
      () => began,
    );
    if (saved >= began) return false;
  }
  return true;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Shows what came of the answer of a change before it broke off. */
function showPartial(job: Job, partial: string): void {
  const answer = begin(job);
  const { turn } = answer;
  turn.text = { ...turn.text, body: partial, footer: vscode.l10n.t("This answer is incomplete. {0}", "") };
  job.answers.show(answer);
  job.answers.finished(answer);
}

async function titleOf(client: Client, { action }: RunParams): Promise<Title> {
  const [row, status] = await Promise.all([client.action(action), client.status().catch(() => undefined)]);
  const isAnswer = row?.result === "answer" || row?.result === "remarks";
  return { name: row?.shortTitle ?? action, isSandbox: status?.sandbox ?? false, isAnswer };
}

/** What a job does, and in which file: for messages that stand by themselves. */
function jobTitle({ title, params }: Job): string {
  return `${title.name} · ${path.posix.basename(vscode.Uri.parse(params.textDocument.uri).path)}`;
}

/** The document and the lines that a job is about. */
function placeOf(client: Client, { textDocument, range }: RunParams): { uri: vscode.Uri; first: number; last: number } {
  return { uri: client.protocol2CodeConverter.asUri(textDocument.uri), ...linesOf(range) };
}

/** The first and the last line of a range, counted from 0. */
function linesOf({ start, end }: RunParams["range"]): { first: number; last: number } {
  // A selection that ends before the first letter of a line has nothing of that line.
  const hasLast = end.character > 0 || end.line === start.line;
  return { first: start.line, last: hasLast ? end.line : end.line - 1 };
}

/** The file and lines that a job is about. */
function subjectOf(params: RunParams): string {
  const file = vscode.workspace.asRelativePath(vscode.Uri.parse(params.textDocument.uri));
  const { first, last } = linesOf(params.range);
  return first === last ? `${file}:${first + 1}` : `${file}:${first + 1}–${last + 1}`;
}
