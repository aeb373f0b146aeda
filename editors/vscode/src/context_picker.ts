// What you added to the next question, as a list: the parts with their sizes, to be taken off, and what can be added.

import * as path from "node:path";
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { address, type Carried, stepContext } from "./carried.ts";

type Item = vscode.QuickPickItem & {
  argument?: object;
  /** What it does instead, with the list closed. */
  do?: () => unknown;
};

/** So many files of the workspace are offered. */
const MOST_FILES = 5_000;

/** Shows the list until it is closed; `editor` is where the user is, if in a text. */
export async function chooseContext(client: LanguageClient, editor: vscode.TextEditor | undefined): Promise<void> {
  const pick = vscode.window.createQuickPick<Item>();
  const takeOff: vscode.QuickInputButton = {
    iconPath: new vscode.ThemeIcon("trash"),
    tooltip: vscode.l10n.t("Remove it"),
  };
  const show = (carried: Carried) => {
    pick.title = title(carried);
    pick.placeholder = vscode.l10n.t("Add to the next question, or remove from it");
    pick.items = items(client, editor, carried, takeOff);
  };
  const step = async (argument: object) => {
    pick.busy = true;
    try {
      show(await stepContext(client, argument));
    } catch (error) {
      vscode.window.showWarningMessage(error instanceof Error ? error.message : String(error));
    }
    pick.busy = false;
  };
  pick.onDidAccept(async () => {
    const [item] = pick.selectedItems;
    if (item?.argument !== undefined) return step(item.argument);
    pick.hide();
    await item?.do?.();
  });
  pick.onDidTriggerItemButton(({ item }) => item.argument && step(item.argument));
  const closed = new Promise<void>((resolve) => pick.onDidHide(() => resolve()));
  pick.show();
  await step({});
  await closed;
  pick.dispose();
}

function title({ parts, chars, budget }: Carried): string {
  return parts.length === 0
    ? vscode.l10n.t("Nothing was added to the next question")
    : vscode.l10n.t("The next question contains {0} of {1} characters", number(chars), number(budget));
}

function items(
  client: LanguageClient,
  editor: vscode.TextEditor | undefined,
  { parts }: Carried,
  takeOff: vscode.QuickInputButton,
): Item[] {
  const carried = parts.map((part) => ({
    label: `$(close) ${part.name}`,
    description: part.problem ?? vscode.l10n.t("{0} characters", number(part.chars ?? 0)),
    argument: { remove: part.id },
    buttons: [takeOff],
  }));
  const clear = { label: `$(clear-all) ${vscode.l10n.t("Remove everything")}`, argument: { clear: true } };
  const others: Item[] = [
    { label: `$(add) ${vscode.l10n.t("A file…")}`, do: () => chooseFile(client, editor) },
    ...(parts.length > 1 ? [clear] : []),
    ...(parts.length > 0
      ? [
          {
            label: `$(question) ${vscode.l10n.t("Ask…")}`,
            do: () => vscode.commands.executeCommand("stackspot-ai.ask"),
          },
        ]
      : []),
  ];
  const separator = (label: string): Item => ({ label, kind: vscode.QuickPickItemKind.Separator });
  return [
    ...(carried.length > 0 ? [separator(vscode.l10n.t("carried"))] : []),
    ...carried,
    separator(vscode.l10n.t("add")),
    ...(editor === undefined ? [] : additions(client, editor)),
    ...others,
  ];
}

/** What can be added from where the user is. */
function additions(client: LanguageClient, { document, selection }: vscode.TextEditor): Item[] {
  const convert = client.code2ProtocolConverter;
  const textDocument = { uri: convert.asUri(document.uri), version: document.version };
  const name = path.posix.basename(document.uri.path);
  const add = (kind: string, label: string, more: object = {}): Item => ({
    label: `$(add) ${label}`,
    description: name,
    argument: { add: kind, textDocument, ...more },
  });
  const problems = vscode.languages.getDiagnostics(document.uri).map((it) => convert.asDiagnostic(it));
  const lines = vscode.l10n.t("The selected lines");
  return [
    ...(selection.isEmpty ? [] : [add("lines", lines, { range: convert.asRange(selection) })]),
    add("file", vscode.l10n.t("This file")),
    ...(problems.length > 0 ? [add("problems", vscode.l10n.t("Its problems"), { diagnostics: problems })] : []),
    ...(document.isUntitled ? [] : [add("changes", vscode.l10n.t("The changes since the last commit"))]),
  ];
}

/** Adds a file of the workspace, and goes back to the list. */
async function chooseFile(client: LanguageClient, editor: vscode.TextEditor | undefined): Promise<void> {
  const files = await vscode.workspace.findFiles("**/*", undefined, MOST_FILES);
  const rows = files.map((uri) => ({ label: vscode.workspace.asRelativePath(uri), uri }));
  rows.sort((a, b) => a.label.localeCompare(b.label));
  const chosen = await vscode.window.showQuickPick(rows, { title: vscode.l10n.t("Which file?") });
  if (chosen !== undefined) {
    try {
      await stepContext(client, { add: "file", textDocument: address(client, chosen.uri) });
    } catch (error) {
      vscode.window.showWarningMessage(error instanceof Error ? error.message : String(error));
    }
  }
  await chooseContext(client, editor);
}

function number(value: number): string {
  return value.toLocaleString(vscode.env.language);
}
