// The credential that the user gives to the editor. It is kept in the editor's secret storage, and handed to the server in
// its environment: never on a command line, never in a file or a setting of this extension.

import * as childProcess from "node:child_process";
import * as vscode from "vscode";
import { CREDENTIAL_KEY, readCredential } from "./credential.ts";
import { inWordsOfTheEditor, isSignedOut } from "./failures.ts";
import type { Credential, Launch } from "./locate.ts";
import { findLaunch, machineSettings, type Server } from "./server.ts";

/** Whether the user was told at the first start how to begin. */
const OFFERED = "firstStartOffered";

/** Asks for a credential, has the server check it, keeps it, and starts the server with it. */
export async function signIn(
  context: vscode.ExtensionContext,
  server: Server,
  given?: Pick<Credential, "realm" | "clientId">,
): Promise<void> {
  const credential = await askForCredential(given ?? (await readCredential(context.secrets)));
  if (credential === undefined) return;
  if (credential === FROM_CURL) return signInFromCurl(context, server);
  const launch = await findLaunch(context);
  if (launch === undefined) return;
  const problem = await checked(launch, credential);
  if (problem !== undefined) {
    const [again, keep] = [vscode.l10n.t("Try Again"), vscode.l10n.t("Keep It Anyway")];
    const message = vscode.l10n.t("StackSpot AI did not accept the credential. {0}", problem);
    const chosen = await vscode.window.showErrorMessage(message, again, keep);
    if (chosen === again) return signIn(context, server, credential);
    if (chosen !== keep) return;
  }
  await context.secrets.store(CREDENTIAL_KEY, JSON.stringify(credential));
  await leaveSandbox();
  await server.restart();
  if (problem === undefined) {
    const choose = vscode.l10n.t("Choose Agent");
    const message = vscode.l10n.t("You are signed in to the realm {0}.", credential.realm);
    const chosen = await vscode.window.showInformationMessage(message, choose);
    if (chosen === choose) vscode.commands.executeCommand("stackspot-ai.chooseAgent");
  }
}

/** Signs in with the portal's curl commands on the clipboard, where no secret shows. The server reads and keeps them. */
async function signInFromCurl(context: vscode.ExtensionContext, server: Server): Promise<void> {
  const pasted = await vscode.env.clipboard.readText();
  const launch = await findLaunch(context);
  if (launch === undefined) return;
  const title = vscode.l10n.t("Checking the credential …");
  const { kept, said } = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title },
    () => keepFromCurl(launch, pasted),
  );
  if (!kept) {
    const again = vscode.l10n.t("Try Again");
    const chosen = await vscode.window.showErrorMessage(said, again);
    if (chosen === again) return signIn(context, server);
    return;
  }
  // A credential of the editor's own would go over it.
  await context.secrets.delete(CREDENTIAL_KEY);
  await leaveSandbox();
  await server.restart();
  vscode.window.showInformationMessage(said);
}

/** Runs `login --from-curl`, and tells whether it kept what was pasted, and what it said. */
function keepFromCurl(launch: Launch, pasted: string): Promise<{ kept: boolean; said: string }> {
  return new Promise((resolve) => {
    const options = { env: launch.environment, timeout: 120_000 };
    const login = childProcess.execFile(launch.path, ["login", "--from-curl"], options, (error, _, stderr) =>
      resolve({ kept: error === null, said: stderr.trim() || String(error ?? "") }),
    );
    login.stdin?.on("error", () => {}); // It may end before it has read everything, and says why.
    login.stdin?.end(pasted);
  });
}

/** Forgets the credential of the editor, and starts the server without it. */
export async function signOut(context: vscode.ExtensionContext, server: Server): Promise<void> {
  const had = (await readCredential(context.secrets)) !== undefined;
  await context.secrets.delete(CREDENTIAL_KEY);
  await server.restart();
  const client = await server.ready();
  const elsewhere = client !== undefined && !machineSettings().sandbox && !(await isSignedOut(client));
  const done = had
    ? vscode.l10n.t("The credential was removed from this editor.")
    : vscode.l10n.t("This editor has no credential.");
  const hint = vscode.l10n.t("The server has one of its own: from the environment, config.toml, or the keyring.");
  vscode.window.showInformationMessage(elsewhere ? `${done} ${hint}` : done);
}

/** Turns the sandbox on or off; the server is started anew because the setting changed. */
export async function useSandbox(on: boolean): Promise<void> {
  const configuration = vscode.workspace.getConfiguration("stackspot-lsp");
  await configuration.update("sandbox", on ? true : undefined, vscode.ConfigurationTarget.Global);
}

async function leaveSandbox(): Promise<void> {
  if (machineSettings().sandbox) await useSandbox(false);
}

/** At the first start with neither an account nor the sandbox: offers both, once. */
export async function offerFirstStart(context: vscode.ExtensionContext, server: Server): Promise<void> {
  const client = await server.ready();
  if (client === undefined || machineSettings().sandbox || context.globalState.get(OFFERED)) return;
  if (!(await isSignedOut(client))) return;
  const [sandbox, account] = [vscode.l10n.t("Try the Sandbox"), vscode.l10n.t("Sign In")];
  const message = vscode.l10n.t(
    "StackSpot AI is ready, but knows no account yet. Try it on the sandbox, without an account and without a network, or sign in.",
  );
  const chosen = await vscode.window.showInformationMessage(message, sandbox, account);
  await context.globalState.update(OFFERED, true);
  if (chosen === sandbox) await useSandbox(true);
  if (chosen === account) await signIn(context, server);
}

/** The user wants the portal's curl commands to be read instead of answering. */
const FROM_CURL = Symbol("from curl");

/** Asks for the realm; a button reads everything from the clipboard instead. */
function askForRealm(value: string): Promise<string | typeof FROM_CURL | undefined> {
  return new Promise((resolve) => {
    const box = vscode.window.createInputBox();
    box.title = vscode.l10n.t("Sign in to StackSpot AI ({0}/3)", 1);
    box.prompt = vscode.l10n.t("The realm: your account's slug");
    box.value = value;
    box.ignoreFocusOut = true;
    const tooltip = vscode.l10n.t("Read the portal's curl commands (API Usage) from the clipboard");
    box.buttons = [{ iconPath: new vscode.ThemeIcon("clippy"), tooltip }];
    box.onDidChangeValue(() => {
      box.validationMessage = undefined;
    });
    box.onDidTriggerButton(() => {
      resolve(FROM_CURL);
      box.hide();
    });
    box.onDidAccept(() => {
      const realm = box.value.trim();
      if (realm === "") {
        box.validationMessage = vscode.l10n.t("It must not be empty.");
        return;
      }
      resolve(realm);
      box.hide();
    });
    box.onDidHide(() => {
      resolve(undefined);
      box.dispose();
    });
    box.show();
  });
}

async function askForCredential(
  known: Pick<Credential, "realm" | "clientId"> | undefined,
): Promise<Credential | typeof FROM_CURL | undefined> {
  const ask = async (step: number, prompt: string, value: string, password: boolean) => {
    const title = vscode.l10n.t("Sign in to StackSpot AI ({0}/3)", step);
    const validateInput = (text: string) => (text.trim() === "" ? vscode.l10n.t("It must not be empty.") : undefined);
    const options = { title, prompt, value, password, ignoreFocusOut: true, validateInput };
    return (await vscode.window.showInputBox(options))?.trim();
  };
  const realm = await askForRealm(known?.realm || machineSettings().realm || (process.env.STACKSPOT_REALM ?? ""));
  if (realm === undefined || realm === FROM_CURL) return realm;
  const clientIdPrompt = vscode.l10n.t("The client id of a Personal Access Token or a Service Credential");
  const clientId = await ask(2, clientIdPrompt, known?.clientId ?? "", false);
  if (!clientId) return undefined;
  const secretPrompt = vscode.l10n.t("Its client key (the secret). It is kept in the secret storage of this editor.");
  const clientSecret = await ask(3, secretPrompt, "", true);
  return clientSecret ? { realm, clientId, clientSecret } : undefined;
}

/** What the service says against a credential; undefined where it takes it. */
async function checked(launch: Launch, credential: Credential): Promise<string | undefined> {
  const environment = {
    ...launch.environment,
    STACKSPOT_TOKEN: undefined,
    STACKSPOT_CLIENT_KEY: undefined,
    STACKSPOT_REALM: credential.realm,
    STACKSPOT_CLIENT_ID: credential.clientId,
    STACKSPOT_CLIENT_SECRET: credential.clientSecret,
  };
  const title = vscode.l10n.t("Checking the credential …");
  const checks = await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title }, () =>
    examine({ ...launch, environment }, ["--no-ask"]),
  );
  // An agent that is not chosen yet is chosen next.
  const failed = checks.find((it) => it.state === "failed" && it.check !== "agent" && it.check !== "latency");
  return failed && inWordsOfTheEditor(failed.message);
}

/** A line of `stackspot-lsp doctor`. */
export interface Check {
  check: string;
  state: "ok" | "warning" | "failed" | "skipped";
  message: string;
}

/** Runs the doctor of the server, as the server is started. */
export function examine(launch: Launch, flags: string[] = []): Promise<Check[]> {
  return new Promise((resolve, reject) => {
    const options = { env: launch.environment, timeout: 120_000 };
    childProcess.execFile(launch.path, ["doctor", "--json", ...flags], options, (error, stdout, stderr) => {
      try {
        // It ends with 1 where a check failed, and has said which.
        resolve(JSON.parse(stdout).checks);
      } catch {
        reject(new Error(stderr.trim() || String(error)));
      }
    });
  });
}
