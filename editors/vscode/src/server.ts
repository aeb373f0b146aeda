// The server as a process: found, started with what the user gave the editor, stopped, started anew.

import * as fs from "node:fs";
import * as path from "node:path";
import * as vscode from "vscode";
import type { Middleware } from "vscode-languageclient/node";
import type { Client } from "./client.ts";
import { type Loaded, load } from "./compiled.ts";
import { readCredential } from "./credential.ts";
import { findServer, type Launch, type MachineSettings, serverArguments, serverEnvironment } from "./locate.ts";

export type ServerState = "starting" | "running" | "stopped" | "missing";

export interface Server {
  readonly log: vscode.LogOutputChannel;
  readonly state: ServerState;
  readonly onDidChangeState: vscode.Event<ServerState>;
  /** The client of the running server; else undefined. */
  readonly client: Client | undefined;
  /** Starts the server; one that runs is stopped first. */
  restart(): Promise<void>;
  /** The running server, waited for while it starts. */
  ready(): Promise<Client | undefined>;
  stop(): Promise<void>;
}

/** How long after it is read the client is kept as compiled: the editor has other things to do while it starts. */
const KEEP_MS = 5_000;

/** How long a server that is to be stopped may take to tell what it works on. */
const STATUS_MS = 1_000;

/** `activated` is when the activation began, for the log. */
export function createServer(context: vscode.ExtensionContext, middleware: Middleware, activated: number): Server {
  const log = vscode.window.createOutputChannel("StackSpot AI", { log: true });
  const changed = new vscode.EventEmitter<ServerState>();
  context.subscriptions.push(log, changed, { dispose: () => clearTimeout(keeping) });
  let state: ServerState = "starting";
  let client: Client | undefined;
  let loaded: Loaded | undefined;
  let keeping: NodeJS.Timeout | undefined;
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
  };
  const start = async () => {
    enter("starting");
    try {
      const [launch, { createClient }] = await Promise.all([findLaunch(context), library()]);
      if (launch === undefined) return enter("missing");
      const started: Client = createClient(context, log, launch, middleware, (next) => {
        if (client === started) enter(next);
      });
      client = started;
      const began = performance.now();
      await started.start();
      log.info(`the server is ready after ${since(began)}; the extension was activated ${since(activated)} ago`);
    } catch (error) {
      // The client has said so by a message of its own.
      log.error(`the server did not start: ${error}`);
      enter("stopped");
    }
  };
  /** The language client, read once the editor has gone on; the credential is looked up meanwhile. */
  const library = async () => {
    if (loaded === undefined) {
      await new Promise((resolve) => setImmediate(resolve));
      const began = performance.now();
      const file = path.join(context.extensionPath, "dist", "client.js");
      loaded = load(file, require, context.globalStorageUri.fsPath);
      log.info(`the client was read in ${since(began)}${loaded.wasKept ? "" : ", and compiled"}`);
      keeping = setTimeout(
        () => loaded?.keep().catch((error) => log.warn(`it is compiled anew next time: ${error}`)),
        KEEP_MS,
      );
    }
    return loaded.exports as typeof import("./client.ts");
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
        const ended = client?.isRunning() ? await running(client) : 0;
        await stop();
        if (ended > 0) vscode.window.showWarningMessage(cancelledBy(ended));
        await start();
      }),
    async ready() {
      await turn;
      return client?.isRunning() ? client : undefined;
    },
    stop: () =>
      inTurn(async () => {
        await stop();
        enter("stopped");
      }),
  };
}

/** How many jobs a server that is about to be stopped works on. One that hangs is not waited for. */
async function running(client: Client): Promise<number> {
  const status = client.status();
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), STATUS_MS));
  const jobs = (await Promise.race([status, late]).catch(() => undefined))?.jobs ?? [];
  return jobs.filter((job) => job.state !== "proposed").length;
}

function cancelledBy(jobs: number): string {
  return jobs === 1
    ? vscode.l10n.t("The server restarts and cancels the running job. Ask again.")
    : vscode.l10n.t("The server restarts and cancels the {0} running jobs. Ask again.", jobs);
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
          "{0} is not a program. {1} names it: correct it, or leave it empty to use the server of this extension.",
          found.missing,
          found.by === "setting" ? "stackspot-lsp.server.path" : "STACKSPOT_LSP_PATH",
        );
  vscode.window.showErrorMessage(message, openSettings).then((chosen) => {
    if (chosen === openSettings) openMachineSettingsAt("stackspot-lsp.server.path");
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

/** The settings of the machine where the server runs: in a remote window the user's own page has none of them. */
function openMachineSettingsAt(query: string): void {
  const isRemote = vscode.env.remoteName !== undefined;
  vscode.commands.executeCommand(`workbench.action.${isRemote ? "openRemoteSettings" : "openSettings"}`, { query });
}

function since(began: number): string {
  return `${(performance.now() - began).toFixed(0)} ms`;
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
