// Where jobs work: their lines are marked, with what is done there, for how long, and a way to cancel it.

import * as vscode from "vscode";
import { asText } from "./answer_text.ts";
import { movedByAll, type Stretch } from "./followed_lines.ts";

export interface Marked {
  uri: vscode.Uri;
  /** Its lines, counted from 0. */
  first: number;
  last: number;
  /** What is done there. */
  name: string;
  /** Cancels it. */
  stop(): void;
}

export interface JobMarks {
  /** Marks the lines of a job until the mark is disposed of, wherever they are to be seen. */
  begin(marked: Marked): vscode.Disposable;
  /** Cancels the job of a mark, which its hover names by its number. */
  cancel(number: number): void;
}

interface Mark extends Marked {
  number: number;
  stretch: Stretch;
  /** In milliseconds of the clock. */
  began: number;
}

/** How often the mark tells how long its job has worked. */
const TICK_MS = 1_000;

export function createJobMarks(context: vscode.ExtensionContext): JobMarks {
  // Made for the first job: nothing of them is needed before.
  let types: DecorationTypes | undefined;
  const made = () => {
    types ??= decorationTypes(context);
    return types;
  };
  const marks = new Map<number, Mark>();
  const drawn = new WeakSet<vscode.TextEditor>();
  let latest = 0;
  let clock: NodeJS.Timeout | undefined;

  const at = (editor: vscode.TextEditor) =>
    [...marks.values()].filter(({ uri }) => uri.toString() === editor.document.uri.toString());
  const draw = () => {
    for (const editor of vscode.window.visibleTextEditors) {
      const here = at(editor);
      if (here.length === 0 && !drawn.has(editor)) continue;
      drawn.add(editor);
      const { lines, label } = made();
      editor.setDecorations(lines, here.map(linesOf));
      editor.setDecorations(label, here.map(labelOf));
    }
    if (marks.size > 0) clock ??= setInterval(tick, TICK_MS);
    else {
      clearInterval(clock);
      clock = undefined;
    }
  };
  const tick = () => {
    for (const editor of vscode.window.visibleTextEditors) {
      const here = at(editor);
      if (here.length > 0) editor.setDecorations(made().label, here.map(labelOf));
    }
  };

  context.subscriptions.push(
    vscode.window.onDidChangeVisibleTextEditors(draw),
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      for (const mark of marks.values())
        if (mark.uri.toString() === document.uri.toString()) mark.stretch = movedByAll(mark.stretch, contentChanges);
    }),
    { dispose: () => clearInterval(clock) },
  );
  return {
    begin(marked) {
      latest += 1;
      const number = latest;
      marks.set(number, { ...marked, number, stretch: stretchOf(marked), began: Date.now() });
      draw();
      return {
        dispose() {
          marks.delete(number);
          draw();
        },
      };
    },
    cancel: (number) => marks.get(number)?.stop(),
  };
}

interface DecorationTypes {
  /** The lines, drawn once and then moved by the editor, so that their hover stays open. */
  lines: vscode.TextEditorDecorationType;
  /** What is told beside the first of them, and changes with the time. */
  label: vscode.TextEditorDecorationType;
}

function decorationTypes(context: vscode.ExtensionContext): DecorationTypes {
  const border = new vscode.ThemeColor("stackspotAi.jobBorder");
  const lines = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
    backgroundColor: new vscode.ThemeColor("stackspotAi.jobBackground"),
    borderColor: border,
    borderStyle: "solid",
    borderWidth: "0 0 0 2px",
    overviewRulerColor: border,
    overviewRulerLane: vscode.OverviewRulerLane.Left,
  });
  const label = vscode.window.createTextEditorDecorationType({
    after: { margin: "0 0 0 3ch", color: new vscode.ThemeColor("stackspotAi.jobForeground") },
  });
  context.subscriptions.push(lines, label);
  return { lines, label };
}

function stretchOf({ uri, first, last }: Marked): Stretch {
  const document = vscode.workspace.textDocuments.find((it) => it.uri.toString() === uri.toString());
  // Of a document that is not open yet the lines are all that is known, and nobody can type in it.
  const length = document !== undefined && last < document.lineCount ? document.lineAt(last).text.length : 0;
  return { start: { line: first, character: 0 }, end: { line: last, character: length } };
}

/** Longer than any line: the editor takes it for the line's end. */
const LINE_END = 2 ** 30;

function linesOf(mark: Mark): vscode.DecorationOptions {
  const { start, end } = mark.stretch;
  const hover = new vscode.MarkdownString(undefined, true);
  hover.isTrusted = { enabledCommands: ["stackspot-ai.cancel"] };
  const cancel = `command:stackspot-ai.cancel?${encodeURIComponent(JSON.stringify([mark.number]))}`;
  hover.appendMarkdown(`${asText(mark.name)} · [$(debug-stop) ${vscode.l10n.t("Cancel")}](${cancel})`);
  return { range: new vscode.Range(start.line, 0, end.line, LINE_END), hoverMessage: hover };
}

function labelOf({ stretch, name, began }: Mark): vscode.DecorationOptions {
  const seconds = Math.floor((Date.now() - began) / 1_000);
  const contentText = seconds > 0 ? `${name} · ${seconds} s` : `${name} …`;
  const { line } = stretch.start;
  return { range: new vscode.Range(line, 0, line, LINE_END), renderOptions: { after: { contentText } } };
}
