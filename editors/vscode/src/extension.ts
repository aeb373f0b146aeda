// What the editor waits for at its start: it is told of the commands, and what they do is read in the turn after.

import * as path from "node:path";
import * as vscode from "vscode";
import type { Main } from "./main.ts";

/** When this extension was read, which is when its activation begins. */
const ACTIVATED = performance.now();

const COMMANDS = "stackspot-ai.";

let main: Promise<Main> | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const started = new Promise<Main>((resolve, reject) =>
    setImmediate(() => {
      try {
        const file = path.join(context.extensionPath, "dist", "main.js");
        resolve((require(file) as typeof import("./main.ts")).start(context, ACTIVATED));
      } catch (error) {
        reject(error);
      }
    }),
  );
  main = started;
  const { commands, viewType }: { commands: string[]; viewType: string } = declared(context);
  for (const command of commands) {
    const run = async (...given: unknown[]) => (await started).commands[command.slice(COMMANDS.length)]?.(...given);
    context.subscriptions.push(vscode.commands.registerCommand(command, run));
  }
  const deserializeWebviewPanel = async (panel: vscode.WebviewPanel, state: unknown) =>
    (await started).restoreView(panel, state);
  context.subscriptions.push(vscode.window.registerWebviewPanelSerializer(viewType, { deserializeWebviewPanel }));
}

export async function deactivate(): Promise<void> {
  await (await main)?.stop();
}

/** What the manifest declares. */
function declared({ extension }: vscode.ExtensionContext): { commands: string[]; viewType: string } {
  const { contributes, activationEvents } = extension.packageJSON;
  const event = "onWebviewPanel:";
  const view: string = activationEvents.find((it: string) => it.startsWith(event));
  return {
    commands: contributes.commands.map((it: { command: string }) => it.command),
    viewType: view.slice(event.length),
  };
}
