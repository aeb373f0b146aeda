// The language client. It is a file of its own in dist/, because its library is nine tenths of the bytes: the editor goes on
// before they are read.

import * as readline from "node:readline";
import * as vscode from "vscode";
import {
  CloseAction,
  DidChangeConfigurationNotification,
  ErrorAction,
  LanguageClient,
  LogMessageNotification,
  type MessageActionItem,
  MessageType,
  type Middleware,
  ProgressType,
  RevealOutputChannelOn,
  ShowMessageRequest,
  type ShowMessageRequestParams,
  State,
  WorkDoneProgress,
  type WorkDoneProgressBegin,
  type WorkDoneProgressEnd,
  type WorkDoneProgressReport,
} from "vscode-languageclient/node";
import { asMessage } from "./answer_text.ts";
import type { Launch } from "./locate.ts";
import type { OfferedAction, RunParams, RunResult, Status } from "./protocol.ts";
import { settingsToSend } from "./sent_settings.ts";
import { logLine } from "./server_log.ts";

/** How often a server that ends by itself is started anew in three minutes. */
const RESTARTS = 4;
const RESTARTS_WITHIN_MS = 180_000;

/** What a job tells while it runs. */
export interface Follower {
  /** What may be shown of the text that came; nothing where the server does not tell. */
  onText(markdown: string | undefined): void;
  onProgress(value: WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd): void;
}

const PARTIAL = new ProgressType<{ delta: string; markdown?: string }>();

export class Client extends LanguageClient {
  private jobs = 0;
  /** How many questions of the server the user has said no to. */
  declined = 0;

  /** Sends a job and follows it to its end. */
  async runJob(params: RunParams, follower: Follower, cancelled: vscode.CancellationToken): Promise<RunResult> {
    this.jobs += 1;
    const [partialResultToken, workDoneToken] = [`stackspot-ai/text/${this.jobs}`, `stackspot-ai/work/${this.jobs}`];
    const listeners = [
      this.onProgress(PARTIAL, partialResultToken, ({ markdown }) => follower.onText(markdown)),
      this.onProgress(WorkDoneProgress.type, workDoneToken, (value) => follower.onProgress(value)),
    ];
    try {
      return await this.sendRequest<RunResult>(
        "stackspot-lsp/run",
        { ...params, answerMarkdown: true, partialResultToken, workDoneToken },
        cancelled,
      );
    } finally {
      for (const listener of listeners) listener.dispose();
    }
  }

  /** What the server says of an action; undefined where it has none with this id. */
  async action(id: string): Promise<OfferedAction | undefined> {
    const request = { command: "stackspot-lsp.actions", arguments: [{ action: id }] };
    const offered = await this.sendRequest<OfferedAction[]>("workspace/executeCommand", request).catch(() => []);
    return offered[0];
  }

  /** What runs, what waits, and who answers. */
  status(): Promise<Status> {
    return this.sendRequest<Status>("workspace/executeCommand", { command: "stackspot-lsp.status" });
  }
}

export function createClient(
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  launch: Launch,
  middleware: Middleware,
  onState: (state: "starting" | "running" | "stopped") => void,
): Client {
  log.info(`starting ${launch.path} ${launch.arguments.join(" ")}`);
  const executable = { command: launch.path, args: launch.arguments, options: { env: launch.environment } };
  const endings: number[] = [];
  const client: Client = new Client("stackspot-lsp", "StackSpot AI", executable, {
    documentSelector: [{ scheme: "file" }, { scheme: "untitled" }],
    outputChannel: log,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationFailedHandler: () => false,
    stdioOptions: { stdout: () => {}, stderr: (lines) => keepLog(lines, log) },
    middleware: {
      ...middleware,
      workspace: {
        // VS Code would answer with the default of every setting, and so override the user's own file. Nothing is sent as
        // initialization options either: what is set there the user could not unset without a restart.
        configuration: (params) => params.items.map(() => sentSettings(context)),
        // The server asks for the settings when it hears of a change; sent along, they would be all the defaults.
        didChangeConfiguration: async () => {
          // A change of what the server is started with stops it meanwhile, and the next one asks for all of them.
          const sent = client.sendNotification(DidChangeConfigurationNotification.type, { settings: null });
          await sent.catch((error) => log.debug(`the change of the settings was not sent: ${error}`));
        },
      },
    },
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue }),
      closed: () => {
        const now = Date.now();
        endings.push(now);
        const recent = endings.filter((at) => now - at < RESTARTS_WITHIN_MS);
        if (recent.length <= RESTARTS) return { action: CloseAction.Restart };
        return {
          action: CloseAction.DoNotRestart,
          message: vscode.l10n.t(
            "The server ended {0} times in 3 minutes and is not started again. See the log.",
            RESTARTS + 1,
          ),
        };
      },
    },
  });
  // Each of these lines is on stderr as well, at its place among the others.
  client.onNotification(LogMessageNotification.type, () => {});
  client.onRequest(ShowMessageRequest.type, async (params) => {
    const answer = await asked(params);
    if (isQuestion(params) && answer?.title !== params.actions?.[0]?.title) client.declined += 1;
    return answer ?? null;
  });
  client.onDidChangeState(({ newState }) => {
    if (newState === State.Running) onState("running");
    else onState(newState === State.Starting ? "starting" : "stopped");
  });
  return client;
}

/** Whether the server asks to be allowed something: a warning with a yes and a no. */
function isQuestion({ type, actions }: ShowMessageRequestParams): boolean {
  return type === MessageType.Warning && actions?.length === 2;
}

/**
 * Puts a question of the server. One about what is sent waits until it is answered, over everything else; and the key of
 * somebody who types on says no, since that is the first button.
 */
async function asked(params: ShowMessageRequestParams): Promise<MessageActionItem | undefined> {
  const actions = params.actions ?? [];
  const [yes] = actions;
  if (yes !== undefined && isQuestion(params)) {
    const refuse: MessageActionItem = { title: vscode.l10n.t("Don't {0}", yes.title) };
    const chosen = await vscode.window.showWarningMessage(asMessage(params.message), { modal: true }, refuse, yes);
    return chosen === yes ? yes : undefined;
  }
  const show =
    params.type === MessageType.Error
      ? vscode.window.showErrorMessage
      : params.type === MessageType.Warning
        ? vscode.window.showWarningMessage
        : vscode.window.showInformationMessage;
  return show<MessageActionItem>(asMessage(params.message), ...actions);
}

function keepLog(lines: NodeJS.ReadableStream, log: vscode.LogOutputChannel): void {
  readline.createInterface({ input: lines, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (line) => {
    const { level, text } = logLine(line);
    log[level](text);
  });
}

function sentSettings(context: vscode.ExtensionContext): Record<string, unknown> {
  const manifest = context.extension.packageJSON;
  const restricted: string[] = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
  const prefix = "stackspot-lsp.";
  const bare = (key: string) => key.slice(prefix.length);
  const keys: string[] = [];
  for (const section of manifest.contributes.configuration) {
    // The section of the machine's settings is for starting the server alone.
    if (section.id === "stackspot-lsp.agents") keys.push(...Object.keys(section.properties).map(bare));
  }
  const configuration = vscode.workspace.getConfiguration("stackspot-lsp");
  return settingsToSend(keys, configuration, new Set(restricted.map(bare)), vscode.workspace.isTrusted);
}
