// The item in the status bar: who answers, what runs, what was used.

import * as vscode from "vscode";
import { agentName } from "./agent_names.ts";
import { isSignedOut } from "./failures.ts";
import type { Proposals } from "./proposals.ts";
import { liveJobs, type Status, waitingJobs } from "./protocol.ts";
import type { Runner } from "./run.ts";
import type { Server } from "./server.ts";

/** How often the state is looked at while jobs run, which the server may have started by itself. */
const POLL_MS = 1_000;

/** How long after a change of the settings the server has asked for them. */
const SETTINGS_MS = 500;

export interface StatusItem {
  refresh(): void;
}

export function createStatusItem(
  context: vscode.ExtensionContext,
  server: Server,
  runner: Runner,
  proposals: Proposals,
): StatusItem {
  const item = vscode.window.createStatusBarItem("stackspot-ai.status", vscode.StatusBarAlignment.Right, 90);
  item.name = "StackSpot AI";
  item.command = "stackspot-ai.menu";
  let timer: NodeJS.Timeout | undefined;
  let round = 0;
  const tell = contextKeys();
  const refresh = async () => {
    clearTimeout(timer);
    round += 1;
    const mine = round;
    const client = server.client;
    const [status, signedOut] = client
      ? await Promise.all([client.status(), isSignedOut(client)]).catch(() => [undefined, false] as const)
      : [undefined, false];
    // Whoever asked later knows better.
    if (mine !== round) return;
    draw(context, item, server, status, signedOut);
    const runs = runner.running > 0 || liveJobs(status).length > 0;
    tell("running", runs);
    tell("waiting", proposals.count > 0 || waitingJobs(status).length > 0);
    if (status !== undefined) {
      tell("canAsk", status.sandbox || !signedOut);
      tell("signedIn", !status.sandbox && !signedOut);
    }
    if (runs) timer = setTimeout(refresh, POLL_MS);
  };
  context.subscriptions.push(
    item,
    server.onDidChangeState(refresh),
    runner.onDidChange(refresh),
    // Its diff can be applied as soon as it is there.
    proposals.onDidChange(() => {
      if (proposals.count > 0) tell("waiting", true);
      refresh();
    }),
    // With a document that is opened the server may offer edits of an earlier session.
    vscode.window.onDidChangeActiveTextEditor(() => refresh()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration("stackspot-lsp")) return;
      clearTimeout(timer);
      timer = setTimeout(refresh, SETTINGS_MS);
    }),
    vscode.window.onDidChangeWindowState(({ focused }) => focused && refresh()),
    { dispose: () => clearTimeout(timer) },
  );
  item.show();
  refresh();
  return { refresh };
}

/** Tells the menus, the palette and the walkthrough what can be done; each key only where it changes. */
function contextKeys(): (key: "running" | "waiting" | "canAsk" | "signedIn", value: boolean) => void {
  const told = new Map<string, boolean>();
  return (key, value) => {
    if (told.get(key) === value) return;
    told.set(key, value);
    vscode.commands.executeCommand("setContext", `stackspotAi.${key}`, value);
  };
}

function draw(
  context: vscode.ExtensionContext,
  item: vscode.StatusBarItem,
  server: Server,
  status: Status | undefined,
  signedOut: boolean,
): void {
  const running = liveJobs(status).length;
  const waiting = waitingJobs(status).length;
  const hasFailed = server.state === "stopped" || server.state === "missing";
  item.backgroundColor = hasFailed ? new vscode.ThemeColor("statusBarItem.errorBackground") : undefined;
  const state = stateText(server, status, signedOut);
  const icon = hasFailed
    ? "error"
    : running > 0
      ? "sync~spin"
      : signedOut
        ? "account"
        : status?.sandbox
          ? "beaker"
          : "hubot";
  const suffix = running > 0 ? ` ${running}` : status?.sandbox ? " [sandbox]" : "";
  const waits = waiting > 0 ? ` $(diff) ${waiting}` : "";
  item.text = `$(${icon}) StackSpot AI${suffix}${waits}`;
  const label = waiting > 0 ? `${state}, ${vscode.l10n.t("edits that wait: {0}", waiting)}` : state;
  item.accessibilityInformation = { label: `StackSpot AI: ${label}`, role: "button" };
  const lines = [`**StackSpot AI** · ${state}`];
  if (status?.agent) lines.push(vscode.l10n.t("Agent: {0}", agentName(context, status.agent)));
  if (running > 0) lines.push(vscode.l10n.t("Running: {0}", running));
  if (waiting > 0) lines.push(vscode.l10n.t("Waiting for you to apply or discard: {0}", waiting));
  if (status !== undefined) {
    const { requests, inputTokens, outputTokens } = status.usage;
    lines.push(
      vscode.l10n.t("Used in this session: requests {0}, tokens {1} → {2}", requests, inputTokens, outputTokens),
    );
  }
  const tooltip = new vscode.MarkdownString(lines.join("\n\n"), true);
  if (running > 0) {
    tooltip.isTrusted = { enabledCommands: ["stackspot-ai.cancel"] };
    tooltip.appendMarkdown(`\n\n[${vscode.l10n.t("Cancel")}](command:stackspot-ai.cancel)`);
  }
  // Drawn anew it would go away under the mouse of somebody who is about to click into it.
  const drawn = item.tooltip instanceof vscode.MarkdownString ? item.tooltip.value : undefined;
  if (drawn !== tooltip.value) item.tooltip = tooltip;
}

function stateText(server: Server, status: Status | undefined, signedOut: boolean): string {
  if (server.state === "starting") return vscode.l10n.t("starting");
  if (server.state === "missing") return vscode.l10n.t("stackspot-lsp was not found");
  if (server.state === "stopped") return vscode.l10n.t("the server does not run");
  if (status?.sandbox) return vscode.l10n.t("sandbox: no account, no network");
  if (signedOut) return vscode.l10n.t("signed out");
  return status?.token === "expired"
    ? vscode.l10n.t("ready; the token is renewed when needed")
    : vscode.l10n.t("ready");
}
