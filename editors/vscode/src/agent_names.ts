// What the agents that were chosen are called.

import * as vscode from "vscode";

/** The names of the agents that were chosen, by their ids: the settings hold ids alone. */
const NAMES = "agentNames";

/** What an agent is called, as far as that is known without asking anybody; else its id. */
export function agentName(context: vscode.ExtensionContext, id: string): string {
  const agents =
    vscode.workspace.getConfiguration("stackspot-lsp").get<Record<string, { id?: string }>>("agents") ?? {};
  const [configured] = Object.entries(agents).find(([, agent]) => agent.id === id) ?? [];
  return configured ?? context.globalState.get<Record<string, string>>(NAMES)?.[id] ?? id;
}

/** Remembers what an agent is called that was chosen. */
export async function rememberAgent(context: vscode.ExtensionContext, id: string, name: string): Promise<void> {
  const names = context.globalState.get<Record<string, string>>(NAMES);
  await context.globalState.update(NAMES, { ...names, [id]: name });
}
