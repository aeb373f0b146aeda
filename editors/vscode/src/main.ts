// A client of stackspot-lsp and little else: what is asked, what is sent and what becomes of the text is the server's.

import * as vscode from "vscode";
import type { LanguageClientOptions, ShowDocumentParams } from "vscode-languageclient/node";
import { offerFirstStart } from "./account.ts";
import { createAnswers } from "./answer_view.ts";
import { openLink, showSource, useCode } from "./code_block.ts";
import { closeLeftovers, isAnswer, openBeside, showRendered } from "./columns.ts";
import { askFromView, type Command, commandsOf, type Parts } from "./commands.ts";
import { registerConversations } from "./conversation.ts";
import { createFailures } from "./failures.ts";
import { createJobMarks } from "./job_marks.ts";
import { createPages } from "./pages.ts";
import { createProposals } from "./proposals.ts";
import type { RunParams } from "./protocol.ts";
import { createRunner } from "./run.ts";
import { concernsStart, createServer } from "./server.ts";
import { createStatusItem } from "./status.ts";
import { followEditors } from "./target.ts";
import { asLens } from "./titles.ts";

/** What runs from the start of the extension to its end. */
export interface Main {
  /** The commands of the manifest, by their names behind `stackspot-ai.`. */
  commands: Record<string, Command>;
  /** Takes the view of the answers that an earlier window has left. */
  restoreView(panel: vscode.WebviewPanel, state: unknown): Promise<void>;
  stop(): Promise<void>;
}

/** Starts all of it; `activated` is when the editor read the extension, by the clock of `performance`. */
export function start(context: vscode.ExtensionContext, activated: number): Main {
  const began = performance.now();
  closeLeftovers();
  followEditors(context);
  const middleware: LanguageClientOptions["middleware"] = {
    // The menu of code actions goes the way of the palette, with a mark that cancels and an answer that grows.
    executeCommand: async (command, given, next) => {
      const argument = given[0];
      const result = await throughExtension(command, argument, () => Promise.resolve(next(command, given)));
      statusItem.refresh();
      return result;
    },
    // Several stand in one line above the code, which is as wide as half a window.
    provideCodeLenses: async (document, token, next) => {
      const lenses = await next(document, token);
      for (const { command } of lenses ?? []) if (command !== undefined) command.title = asLens(command.title);
      return lenses;
    },
    window: {
      showDocument: async (params, token, next) => {
        if (params.external) return next(params, token);
        await showBeside(params);
        return { success: true };
      },
    },
  };
  const throughExtension = async (command: string, argument: unknown, next: () => Promise<unknown>) => {
    const { jobId = "", part } = (argument ?? {}) as { jobId?: string; part?: number };
    switch (command) {
      case "stackspot-lsp.run":
        return runner.run(argument as RunParams);
      case "stackspot-lsp.apply":
      case "stackspot-lsp.discard":
        return proposals.settle(jobId, { discards: command === "stackspot-lsp.discard", part, take: next });
      case "stackspot-lsp.showEdit":
        return proposals.reveal(jobId, next);
      default:
        return next();
    }
  };
  const server = createServer(context, middleware, activated);
  const answers = createAnswers(context, () => ({
    ask: (text, after) => askFromView(parts, text, after),
    code: (step, code, answer) => useCode(step, code, answer, proposals),
    source: showSource,
    open: openLink,
  }));
  const proposals = createProposals(context, server);
  const marks = createJobMarks(context);
  const runner = createRunner(server, answers, proposals, createFailures(server), marks);
  const statusItem = createStatusItem(context, server, runner, proposals);
  registerConversations(context);
  const parts: Parts = { context, server, runner, marks, answers, pages: createPages(context), proposals };
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (concernsStart(event)) server.restart();
    }),
  );
  server.restart().then(() => offerFirstStart(context, server));
  const [took, after] = [performance.now() - began, began - activated].map((it) => it.toFixed(0));
  server.log.info(`the extension was started in ${took} ms, ${after} ms after its activation began`);
  return { commands: commandsOf(parts), restoreView: answers.restore, stop: server.stop };
}

/** Shows what the server wants to be seen: never in the place of the source, which may be in a preview tab. */
async function showBeside({ uri, takeFocus, selection }: ShowDocumentParams): Promise<void> {
  const document = vscode.Uri.parse(uri);
  if (isAnswer(document)) return showRendered(document, takeFocus ?? false);
  const range = selection && {
    selection: new vscode.Range(
      selection.start.line,
      selection.start.character,
      selection.end.line,
      selection.end.character,
    ),
  };
  await openBeside(takeFocus ?? false, (options) => vscode.window.showTextDocument(document, { ...options, ...range }));
}
