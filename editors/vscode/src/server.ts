// The server as a process: found, started with what the user gave the editor, stopped, started anew.

import * as fs from "node:fs";
import * as vscode from "vscode";
import {
  CloseAction,
  DidChangeConfigurationNotification,
  ErrorAction,
  LanguageClient,
  type Middleware,
  RevealOutputChannelOn,
  State,
} from "vscode-languageclient/node";
import { readCredential } from "./account.ts";
import { type Environment, findServer, type MachineSettings, serverArguments, serverEnvironment } from "./locate.ts";
import { settingsToSend } from "./sent_settings.ts";

export type ServerState = "starting" | "running" | "stopped" | "missing";

export interface Server {
  readonly log: vscode.LogOutputChannel;
  readonly state: ServerState;
  readonly onDidChangeState: vscode.Event<ServerState>;
  /** The client of the running server; else undefined. */
  readonly client: LanguageClient | undefined;
  /** Starts the server; one that runs is stopped first. */
  restart(): Promise<void>;
  /** The running server, waited for while it starts. */
  ready(): Promise<LanguageClient | undefined>;
  stop(): Promise<void>;
}

/** The path, flags and variables that the server and its commands are started with. */
export interface Launch {
  path: string;
  arguments: string[];
  environment: Environment;
}

/** How often a server that ends by itself is started anew in three minutes. */
const RESTARTS = 4;
const RESTARTS_WITHIN_MS = 180_000;

export function createServer(context: vscode.ExtensionContext, middleware: Middleware): Server {
  const log = vscode.window.createOutputChannel("StackSpot AI", { log: true });
  const changed = new vscode.EventEmitter<ServerState>();
  context.subscriptions.push(log, changed);
  let state: ServerState = "stopped";
  let client: LanguageClient | undefined;
  // Starts and stops take turns: two servers at once would both answer to the same commands.
  let turn: Promise<void> = Promise.resolve();

  const enter = (next: ServerState) => {
    state = next;
    changed.fire(next);
  };
  const stop = async () => {
    const stopped = client;
    client = undefined;
    if (stopped?.needsStop()) await stopped.stop().catch((error) => log.warn(`the server did not stop: ${error}`));
    enter("stopped");
  };
  const start = async () => {
    enter("starting");
    const launch = await findLaunch(context);
    if (launch === undefined) return enter("missing");
    const started = createClient(context, log, launch, middleware);
    started.onDidChangeState(({ newState }) => {
      if (client === started) enter(stateOf(newState));
    });
    client = started;
    try {
      await started.start();
    } catch (error) {
      // The client has said so by a message of its own.
      log.error(`${launch.path} did not start: ${error}`);
      enter("stopped");
    }
  };
  const inTurn = (step: () => Promise<void>) => {
    turn = turn.then(step).catch((error) => log.error(String(error)));
    return turn;
  };
  return {
    log,
    get state() {
      return state;
    },
    onDidChangeState: changed.event,
    get client() {
      return client?.isRunning() ? client : undefined;
    },
    restart: () =>
      inTurn(async () => {
        await stop();
        await start();
      }),
    async ready() {
      await turn;
      return client?.isRunning() ? client : undefined;
    },
    stop: () => inTurn(stop),
  };
}

/** The server as it would be started now; what keeps it from being found is said by message. */
export async function findLaunch(context: vscode.ExtensionContext): Promise<Launch | undefined> {
  const settings = machineSettings();
  const found = findServer(settings.serverPath, process.env, context.extensionPath, isExecutable);
  if ("path" in found) {
    const environment = serverEnvironment(process.env, settings, await readCredential(context.secrets));
    return { path: found.path, arguments: serverArguments(settings), environment };
  }
  const openSettings = vscode.l10n.t("Open Settings");
  const message =
    found.by === "nobody"
      ? vscode.l10n.t(
          "stackspot-lsp was not found: not in this extension, and not on PATH. Name it in the setting stackspot-lsp.server.path.",
        )
      : vscode.l10n.t(
          "{0} is no program that can be run. It is named by {1}: correct it, or leave it empty to use the server of this extension.",
          found.missing,
          found.by === "setting" ? "stackspot-lsp.server.path" : "STACKSPOT_LSP_PATH",
        );
  vscode.window.showErrorMessage(message, openSettings).then((chosen) => {
    if (chosen === openSettings) openSettingsAt("stackspot-lsp.server.path");
  });
  return undefined;
}

/** What the settings of the machine say. */
export function machineSettings(): MachineSettings {
  const own = vscode.workspace.getConfiguration("stackspot-lsp");
  const http = vscode.workspace.getConfiguration("http");
  const text = (key: string) => own.get<string | null>(key) ?? "";
  return {
    serverPath: text("server.path"),
    realm: text("realm"),
    sandbox: own.get<boolean>("sandbox") ?? false,
    caBundle: text("caBundle"),
    proxy: http.get<string>("proxy") ?? "",
    noProxy: (http.get<string[]>("noProxy") ?? []).join(","),
    endpoints: {
      idm: text("endpoints.idm"),
      inference: text("endpoints.inference"),
      data: text("endpoints.data"),
      agents: text("endpoints.agents"),
    },
  };
}

/** Whether a change of the settings concerns how the server is started. */
export function concernsStart(event: vscode.ConfigurationChangeEvent): boolean {
  const own = ["server.path", "realm", "sandbox", "caBundle", "endpoints"].map((key) => `stackspot-lsp.${key}`);
  return [...own, "http.proxy", "http.noProxy"].some((key) => event.affectsConfiguration(key));
}

export function openSettingsAt(query: string): void {
  vscode.commands.executeCommand("workbench.action.openSettings", query);
}

function createClient(
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  launch: Launch,
  middleware: Middleware,
): LanguageClient {
  log.info(`starting ${launch.path} ${launch.arguments.join(" ")}`);
  const executable = { command: launch.path, args: launch.arguments, options: { env: launch.environment } };
  const endings: number[] = [];
  const client: LanguageClient = new LanguageClient("stackspot-lsp", "StackSpot AI", executable, {
    documentSelector: [{ scheme: "file" }, { scheme: "untitled" }],
    outputChannel: log,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationFailedHandler: () => false,
    middleware: {
      ...middleware,
      workspace: {
        // VS Code would answer with the default of every setting, and so override the user's own file. Nothing is sent as
        // initialization options either: what is set there the user could not unset without a restart.
        configuration: (params) => params.items.map(() => sentSettings(context)),
        // The server asks for the settings when it hears of a change; sent along, they would be all the defaults.
        didChangeConfiguration: async () =>
          client.sendNotification(DidChangeConfigurationNotification.type, { settings: null }),
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
  return client;
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

function stateOf(state: State): ServerState {
  if (state === State.Running) return "running";
  return state === State.Starting ? "starting" : "stopped";
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
