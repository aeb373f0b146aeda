// What went wrong, said once, with what can be done about it.

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { asMessage } from "./answer_text.ts";
import { type Remedy, remedies } from "./remedies.ts";
import type { Server, ServerState } from "./server.ts";
import { openSettingsAt } from "./server.ts";

export interface Failures {
  /** A job failed, which `job` names: what it did, and where. `again` asks anew; `keep` shows what had come of the answer. */
  show(job: string, message: string, kind: string | undefined, again: () => void, keep?: () => void): Promise<void>;
  /** There is no server to ask. */
  noServer(state: ServerState): Promise<void>;
}

/** What a message holds beside its text without becoming a form. */
const BUTTONS = 3;

export function createFailures(server: Server): Failures {
  return {
    async show(job, message, kind, again, keep) {
      const signedOut = kind === "credentials" && server.client ? await isSignedOut(server.client) : false;
      const buttons = remedies(kind, signedOut).map((remedy) => ({
        title: labelOf(remedy),
        do: () => apply(remedy, again),
      }));
      if (keep !== undefined) buttons.unshift({ title: vscode.l10n.t("Show Received Text"), do: keep });
      // The server names the variables and files of a credential; in an editor there is a button for it.
      if (signedOut) server.log.error(message);
      const said = signedOut
        ? vscode.l10n.t("You are not signed in. Sign in, or try the sandbox, which needs no account.")
        : `${job}: ${inWordsOfTheEditor(message)}`;
      // Nobody waits for the button: a message may stand for hours.
      vscode.window.showErrorMessage(asMessage(said), ...buttons.slice(0, BUTTONS)).then((chosen) => chosen?.do());
    },
    async noServer(state) {
      // Why there is none was said when it was looked for.
      const message =
        state === "missing"
          ? vscode.l10n.t("There is no server to ask: stackspot-lsp was not found.")
          : vscode.l10n.t("The server does not run. The log says why.");
      const [restart, log] = [vscode.l10n.t("Restart Server"), vscode.l10n.t("Show Log")];
      const chosen = await vscode.window.showErrorMessage(message, restart, log);
      if (chosen === restart) vscode.commands.executeCommand("stackspot-ai.restart");
      if (chosen === log) vscode.commands.executeCommand("stackspot-ai.showLog");
    },
  };
}

/** Whether a credential is missing, as far as that is known without asking anybody. */
export async function isSignedOut(client: LanguageClient): Promise<boolean> {
  // A server older than this request is asked in vain, and then nothing is known to be missing.
  const answer = await client.sendRequest<{ missing?: string }>("stackspot-lsp/credential").catch(() => ({}));
  return "missing" in answer;
}

/** What the server calls by its variables and its own commands was typed into boxes here. */
export function inWordsOfTheEditor(message: string): string {
  const words = {
    "stackspot-lsp login": vscode.l10n.t("StackSpot AI: Sign In…"),
    "stackspot-lsp agents": vscode.l10n.t("StackSpot AI: Choose Agent…"),
    "client secret": "client key",
    " (STACKSPOT_REALM)": "",
    " (STACKSPOT_CLIENT_ID, STACKSPOT_CLIENT_SECRET)": "",
    STACKSPOT_REALM: vscode.l10n.t("the realm"),
    STACKSPOT_CLIENT_ID: vscode.l10n.t("the client id"),
    STACKSPOT_CLIENT_SECRET: vscode.l10n.t("the client key"),
  };
  return Object.entries(words).reduce((text, [name, word]) => text.replaceAll(name, word), message);
}

function labelOf(remedy: Remedy): string {
  switch (remedy) {
    case "signIn":
      return vscode.l10n.t("Sign In");
    case "sandbox":
      return vscode.l10n.t("Try the Sandbox");
    case "chooseAgent":
      return vscode.l10n.t("Choose Agent");
    case "openSettings":
      return vscode.l10n.t("Open Settings");
    case "doctor":
      return vscode.l10n.t("Check Set-up");
    case "showLog":
      return vscode.l10n.t("Show Log");
    case "retry":
      return vscode.l10n.t("Retry");
  }
}

function apply(remedy: Remedy, again: () => void): void {
  switch (remedy) {
    case "retry":
      again();
      break;
    case "openSettings":
      openSettingsAt("@ext:stackspot-lsp.stackspot-lsp");
      break;
    default:
      vscode.commands.executeCommand(`stackspot-ai.${remedy}`);
  }
}
