// Whole files, as the explorer has them, and the changes of a repository: their review, and the message of their commit.

import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { asMessage } from "./answer_text.ts";
import { address, type Carried, stepContext } from "./carried.ts";
import type { RunParams, RunResult } from "./protocol.ts";

/** What of the editor's own extension for git is used here. */
interface Repository {
  rootUri: vscode.Uri;
  inputBox: { value: string };
  state: Record<"workingTreeChanges" | "indexChanges" | "untrackedChanges", { uri: vscode.Uri }[] | undefined>;
}

/** So many files are asked about at once. */
const MOST_FILES = 10;

/** Runs an action on the whole of each file, one after the other. */
export async function runOnFiles(
  client: LanguageClient,
  run: (params: RunParams) => Promise<void>,
  action: string,
  files: readonly vscode.Uri[],
  more: Partial<RunParams> = {},
): Promise<void> {
  for (const file of files.slice(0, MOST_FILES)) {
    // What is found out about a file is at its lines, so that it is to be seen.
    const editor = await vscode.window.showTextDocument(file, { preview: files.length === 1, preserveFocus: true });
    await run({ action, ...whole(client, editor.document), ...more });
  }
}

/** Adds whole files to what the next question carries. */
export async function addFiles(client: LanguageClient, files: readonly vscode.Uri[]): Promise<void> {
  let said: Carried | undefined;
  for (const file of files) said = await stepContext(client, { add: "file", textDocument: address(client, file) });
  if (said === undefined) return;
  const message = vscode.l10n.t("The next question contains {0} of {1} characters", said.chars, said.budget);
  vscode.window.setStatusBarMessage(message, 5_000);
}

/** Reviews what changed in a repository since its last commit, file by file. */
export async function reviewChanges(
  client: LanguageClient,
  run: (params: RunParams) => Promise<void>,
  source: unknown,
): Promise<void> {
  const files = changed(await repositoryOf(source));
  if (files.length === 0) {
    vscode.window.showInformationMessage(vscode.l10n.t("Nothing changed since the last commit."));
    return;
  }
  if (files.length > MOST_FILES) {
    const message = vscode.l10n.t("{0} files changed; the first {1} are reviewed.", files.length, MOST_FILES);
    vscode.window.showInformationMessage(message);
  }
  await runOnFiles(client, run, "review", files, { changedSince: "HEAD" });
}

/** Has the message of the next commit written into its box. What the user types there meanwhile stays. */
export async function commitMessage(client: LanguageClient, source: unknown): Promise<void> {
  const repository = await repositoryOf(source);
  const [file] = changed(repository);
  if (repository === undefined || file === undefined) {
    vscode.window.showInformationMessage(vscode.l10n.t("Nothing changed since the last commit."));
    return;
  }
  const before = repository.inputBox.value;
  if (!(await maySendCarried(client))) return;
  const begun = before.trim() === "" ? "" : ` ${vscode.l10n.t("It is about: {0}", before.trim())}`;
  const wish = vscode.l10n.t(
    "Write the message of a git commit for the changes since the last commit: a first line of at most 72 characters in the imperative, then, where it helps, an empty line and why. Answer with the message alone, without fences.",
  );
  const instruction = `${wish}${begun}`;
  const document = await vscode.workspace.openTextDocument(file);
  const options = {
    location: vscode.ProgressLocation.SourceControl,
    title: vscode.l10n.t("Writing the commit message"),
  };
  await vscode.window.withProgress(options, async () => {
    const textDocument = address(client, repository.rootUri);
    const carried = await stepContext(client, { add: "changes", textDocument });
    try {
      const params: RunParams = { action: "ask", instruction, ...whole(client, document) };
      const { answer } = await client.sendRequest<RunResult>("stackspot-lsp/run", params);
      await putMessage(repository, before, plainMessage(answer));
    } catch (error) {
      const part = carried.parts.findLast(({ kind }) => kind === "changes");
      if (part !== undefined) await stepContext(client, { remove: part.id }).catch(() => undefined);
      throw error;
    }
  });
}

/** What was added by hand for the next question would go with this one: only where the user says so. */
async function maySendCarried(client: LanguageClient): Promise<boolean> {
  const { parts } = await stepContext(client, {});
  if (parts.length === 0) return true;
  const along = vscode.l10n.t("Send It Along");
  const message = vscode.l10n.t(
    "You added this to the next question, and it would go with the changes: {0}.",
    parts.map(({ name }) => name).join(", "),
  );
  return (await vscode.window.showWarningMessage(asMessage(message), { modal: true }, along)) === along;
}

async function putMessage(repository: Repository, before: string, message: string): Promise<void> {
  if (repository.inputBox.value === before) {
    repository.inputBox.value = message;
    return;
  }
  await vscode.env.clipboard.writeText(message);
  vscode.window.showInformationMessage(
    vscode.l10n.t("You typed a message meanwhile, and it stays. The agent's is on the clipboard."),
  );
}

/** A message without the fence that an agent may put around it. */
export function plainMessage(answer: string): string {
  const fenced = /^\s*```\w*\n([\s\S]*?)\n```\s*$/.exec(answer);
  return (fenced?.[1] ?? answer).trim();
}

/** The repository of a menu of the source control, else the only one there is. */
async function repositoryOf(source: unknown): Promise<Repository | undefined> {
  const git = vscode.extensions.getExtension<{ getAPI(version: 1): { repositories: Repository[] } }>("vscode.git");
  const repositories = git === undefined ? [] : (await git.activate()).getAPI(1).repositories;
  const root = (source as { rootUri?: vscode.Uri } | undefined)?.rootUri?.toString();
  return repositories.find(({ rootUri }) => rootUri.toString() === root) ?? repositories[0];
}

/** The files of a repository that changed, each once; those that were removed are no files any more. */
function changed(repository: Repository | undefined): vscode.Uri[] {
  const { indexChanges, workingTreeChanges } = repository?.state ?? {};
  const all = [...(indexChanges ?? []), ...(workingTreeChanges ?? [])].map(({ uri }) => uri);
  return [...new Map(all.map((uri) => [uri.toString(), uri])).values()];
}

function whole(client: LanguageClient, document: vscode.TextDocument): Pick<RunParams, "textDocument" | "range"> {
  const convert = client.code2ProtocolConverter;
  const end = document.lineAt(document.lineCount - 1).range.end;
  return {
    textDocument: { uri: convert.asUri(document.uri), version: document.version },
    range: convert.asRange(new vscode.Range(new vscode.Position(0, 0), end)),
  };
}
