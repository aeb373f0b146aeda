// What of the set-up works, as the server's own `doctor` finds it.

import * as vscode from "vscode";
import { examine } from "./account.ts";
import { asText } from "./answer_text.ts";
import type { Pages } from "./pages.ts";
import { findLaunch, machineSettings } from "./server.ts";

/** In words, since signs need a font and a reader who knows them. */
const WORDS = { ok: "ok", warning: "**warning**", failed: "**FAILED**", skipped: "skipped" };

export async function showDoctor(context: vscode.ExtensionContext, pages: Pages): Promise<void> {
  const launch = await findLaunch(context);
  if (launch === undefined) return;
  const title = vscode.l10n.t("Checking the set-up of StackSpot AI …");
  const environment = { ...launch.environment, ...chosenAgent() };
  const checks = await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title }, () =>
    examine({ ...launch, environment }),
  );
  const lines = checks.map(({ check, state, message }) => `- ${WORDS[state]} · ${asText(check)}: ${asText(message)}`);
  const sandbox = machineSettings().sandbox
    ? `${vscode.l10n.t("The sandbox is on: it answers, and the account is not asked. This is about the account.")}\n\n`
    : "";
  const heading = `**${asText(vscode.l10n.t("The set-up of StackSpot AI"))}** · ${asText(launch.path)}`;
  await pages.show(vscode.l10n.t("Doctor"), `${heading}\n\n${sandbox}${lines.join("\n")}\n`);
}

/** The agent of the settings by its id, since the doctor does not know the settings of the editor. */
function chosenAgent(): Record<string, string> {
  const configuration = vscode.workspace.getConfiguration("stackspot-lsp");
  const agent = configuration.get<string | null>("agent");
  if (!agent) return {};
  const named = configuration.get<Record<string, { id?: string }>>("agents")?.[agent];
  return { STACKSPOT_AGENT_ID: named?.id ?? agent };
}
