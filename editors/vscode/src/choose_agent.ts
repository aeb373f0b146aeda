// The agent that answers, chosen from those that the server knows.

import * as vscode from "vscode";
import { rememberAgent } from "./agent_names.ts";
import type { Agent } from "./protocol.ts";
import type { Server } from "./server.ts";

/** The account's agents are fetched while the list is open; so often, and so long, it is looked whether they are there. */
const POLL_MS = 400;
const FETCH_MS = 8_000;

type Item = vscode.QuickPickItem & { agent?: string | undefined; name?: string; typed?: boolean };

export async function chooseAgent(context: vscode.ExtensionContext, server: Server): Promise<void> {
  const client = await server.ready();
  if (client === undefined) return;
  const configuration = vscode.workspace.getConfiguration("stackspot-lsp");
  const current = configuration.get<string>("agent") || undefined;
  const configured = Object.keys(configuration.get<object>("agents") ?? {});
  const pick = vscode.window.createQuickPick<Item>();
  pick.title = vscode.l10n.t("The agent that answers");
  pick.placeholder = vscode.l10n.t("A name or an id");
  pick.matchOnDescription = true;
  const show = (agents: Agent[]) => {
    pick.items = [
      ...agents.map(({ id, name, slug }) => {
        // One of the settings is named, for it has settings of its own; any other one is told by its id.
        const value = configured.includes(name) ? name : id;
        const isCurrent = value === current || id === current;
        return {
          label: isCurrent ? `$(check) ${name}` : name,
          name,
          description: slug ? `${slug} · ${id}` : id,
          agent: value,
        };
      }),
      { label: vscode.l10n.t("$(edit) Enter an id …"), typed: true, alwaysShow: true },
      { label: vscode.l10n.t("$(discard) The default of the account or the environment"), alwaysShow: true },
    ];
  };
  const list = () => client.sendRequest<Agent[]>("workspace/executeCommand", { command: "stackspot-lsp.agents" });
  show([]);
  pick.busy = true;
  pick.show();
  let isOpen = true;
  const chosen = new Promise<Item | undefined>((resolve) => {
    pick.onDidAccept(() => resolve(pick.selectedItems[0]));
    pick.onDidHide(() => {
      isOpen = false;
      resolve(undefined);
    });
  });
  const fetch = async () => {
    for (const started = Date.now(); isOpen && Date.now() - started < FETCH_MS; ) {
      const agents = await list();
      show(agents);
      if (agents.some(({ name }) => !configured.includes(name))) break;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    pick.busy = false;
  };
  fetch().catch((error) => server.log.warn(`the agents cannot be listed: ${error}`));
  const item = await chosen;
  pick.dispose();
  if (item === undefined) return;
  const agent = item.typed ? await enterId(current) : item.agent;
  if (item.typed && agent === undefined) return;
  if (agent !== undefined && item.name !== undefined) {
    await rememberAgent(context, agent, item.name);
  }
  const inspected = configuration.inspect("agent");
  const isOfWorkspace = inspected?.workspaceValue !== undefined;
  const { Workspace, Global } = vscode.ConfigurationTarget;
  await configuration.update("agent", agent, isOfWorkspace ? Workspace : Global);
}

async function enterId(current: string | undefined): Promise<string | undefined> {
  const prompt = vscode.l10n.t("The agent's id, as its page in StackSpot AI shows it");
  const entered = await vscode.window.showInputBox({ prompt, value: current ?? "" });
  return entered?.trim() || undefined;
}
