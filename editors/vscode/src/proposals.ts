// Edits that wait for the user, shown in the diff editor: today's text on the left, what would become of it on the right.

import { randomUUID } from "node:crypto";
import * as path from "node:path";
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { asMessage } from "./answer_text.ts";
import { openBeside, PROPOSAL_SCHEME } from "./columns.ts";
import {
  applied,
  changeAt,
  meets,
  movedByAll,
  overruns,
  placeOf,
  placesAfter,
  type Replacement,
} from "./pending_edit.ts";
import { type JobRow, type RunResult, type Status, waitingJobs } from "./protocol.ts";
import type { Server } from "./server.ts";
import { shortTitle } from "./titles.ts";
import { afterUri, isSideOf, partsOf, putIn, readNow, sideUri, textOf, unread, type Waiting } from "./waiting_edit.ts";

/** How what the user typed inside the range of an edit is treated. */
export type Typed = "merge" | "replace";

/** A step of the server with a waiting edit: whether it discards, and which of several changes it is about. */
export interface Step {
  discards: boolean;
  part?: number | undefined;
  take(): Promise<unknown>;
}

export interface Proposals {
  /** `title` says what was done and where. */
  show(client: LanguageClient, title: string, result: RunResult): Promise<void>;
  /** Shows code of an answer as an edit that waits; the server knows nothing of it. */
  offer(title: string, target: vscode.Uri, replacement: Replacement): Promise<void>;
  apply(jobId: string, typed?: Typed): Promise<void>;
  discard(jobId: string): Promise<void>;
  /** Applies or discards the change at the cursor of the diff that is looked at; the others go on waiting. */
  settleChange(discards: boolean): Promise<void>;
  /** Applies or discards it by this step; its diff shows what still waits, and is closed once nothing does. */
  settle(jobId: string, step: Step): Promise<void>;
  /** Shows the diff of a proposal again; of one that is not known here, by this step. */
  reveal(jobId: string, step: () => Promise<unknown>): Promise<unknown>;
  /** The proposal whose diff is looked at, else the latest, also one of an earlier session. */
  current(): Promise<string | undefined>;
  /** How many diffs of this window wait. */
  readonly count: number;
  readonly onDidChange: vscode.Event<void>;
}

interface Lens {
  command?: { command: string; arguments?: { jobId: string; merge?: boolean; replace?: boolean }[] };
}

/** How long an edit that was applied may take to show in the text; the server itself waits for 5 s. */
const SETTLE_MS = 8_000;
const POLL_MS = 200;

export function createProposals(context: vscode.ExtensionContext, server: Server): Proposals {
  const waiting = new Map<string, Waiting>();
  const emitter = new vscode.EventEmitter<vscode.Uri>();
  const counted = new vscode.EventEmitter<void>();
  const provider: vscode.TextDocumentContentProvider = {
    onDidChange: emitter.event,
    async provideTextDocumentContent(uri) {
      const { jobId, side } = partsOf(uri);
      const proposal = waiting.get(jobId);
      if (proposal === undefined || side === "before") return "";
      return applied(proposal.isNew ? "" : await textOf(proposal), proposal.isLost ? [] : proposal.replacements);
    },
  };
  context.subscriptions.push(
    emitter,
    counted,
    vscode.workspace.registerTextDocumentContentProvider(PROPOSAL_SCHEME, provider),
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      for (const proposal of waiting.values()) {
        if (proposal.isNew || proposal.target.toString() !== document.uri.toString()) continue;
        // What takes other text along, such as a revert of the whole document, leaves no place to follow.
        if (proposal.isLost || contentChanges.some((change) => overruns(proposal.replacements, change))) {
          findAgain(proposal, document.getText());
          continue;
        }
        proposal.isTypedIn ||= contentChanges.some((change) => meets(proposal.replacements, change));
        proposal.replacements = movedByAll(proposal.replacements, contentChanges);
        emitter.fire(afterUri(proposal));
      }
    }),
  );

  const settle = async (jobId: string, { discards, part, take }: Step) => {
    const proposal = waiting.get(jobId);
    const before = proposal && (await textOf(proposal));
    const hasRest = part !== undefined && (proposal?.parts.length ?? 0) > 1;
    await take();
    if (proposal === undefined) return;
    for (const started = Date.now(); Date.now() - started < SETTLE_MS; await pause(POLL_MS)) {
      const client = server.client;
      if (client === undefined) return;
      if (await stillWaits(client, jobId)) return readAnew(client, proposal);
      // While a change is made, nothing waits; where others are left, they wait again at once.
      if (!hasRest && (discards || (await textOf(proposal)) !== before)) break;
    }
    close(proposal);
  };
  /** Reads it as the server has it now: the user may have typed, and of several changes some may be gone. */
  const readAnew = async (client: LanguageClient, proposal: Waiting) => {
    const today = await readNow(client, proposal.title, unread(proposal.jobId));
    if (today === undefined || waiting.get(proposal.jobId) !== proposal) return;
    const { replacements, replaced, parts } = today;
    // The server's edit takes what was typed for a part of its lines; here other text may have taken their place.
    const isElsewhere = (text: string, place: number) => text !== proposal.replaced[place];
    if (proposal.isLost && (replaced.length !== proposal.replaced.length || replaced.some(isElsewhere))) return;
    // A change that the server made is not typed by the user; where they did type in, there are no parts.
    const isTypedIn = proposal.isTypedIn && parts.length === 0 && !proposal.isLost;
    Object.assign(proposal, { replacements, replaced, parts, isTypedIn, isLost: false });
    tell();
    emitter.fire(afterUri(proposal));
  };
  /** Its place is looked for in the text as it is now; until it is found its diff is empty. */
  const findAgain = (proposal: Waiting, text: string) => {
    const [replacement] = proposal.replacements;
    const [replaced = ""] = proposal.replaced;
    Object.assign(proposal, { isLost: true, parts: [] });
    if (!proposal.isOwn) {
      const client = server.client;
      const lost = (error: unknown) => server.log.info(`an edit that waits has no place in the text: ${error}`);
      if (client !== undefined) readAnew(client, proposal).catch(lost);
    } else if (replacement !== undefined) {
      const start = placeOf(replaced, text);
      const found = start !== undefined && [{ start, end: start + replaced.length, text: replacement.text }];
      if (found) Object.assign(proposal, { isLost: false, isTypedIn: false, replacements: found });
    }
    tell();
    emitter.fire(afterUri(proposal));
  };
  /** Tells the menus how many wait, and which of the diffs have changes that can be made by themselves. */
  const tell = () => {
    const inParts = [...waiting.values()].filter(({ parts }) => parts.length > 0);
    const addresses = inParts.map((proposal) => afterUri(proposal).toString());
    vscode.commands.executeCommand("setContext", "stackspotAi.inParts", addresses);
    counted.fire();
  };
  const keep = (proposal: Waiting) => {
    waiting.set(proposal.jobId, proposal);
    tell();
  };
  const close = (proposal: Waiting) => {
    waiting.delete(proposal.jobId);
    tell();
    const isOurs = (tab: vscode.Tab) =>
      tab.input instanceof vscode.TabInputTextDiff && isSideOf(tab.input.modified, proposal);
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs.filter(isOurs));
    if (tabs.length > 0) vscode.window.tabGroups.close(tabs, true);
  };
  const execute = async (command: string, argument: object) => {
    const client = await server.ready();
    if (client === undefined) throw new Error(vscode.l10n.t("The server does not run. The log says why."));
    return client.sendRequest("workspace/executeCommand", {
      command: `stackspot-lsp.${command}`,
      arguments: [argument],
    });
  };
  /** The server that made the edit may be gone, and the one that runs may not know it: what is held here counts then. */
  const applyWithout = async (proposal: Waiting, error: unknown) => {
    server.log.warn(`the edit ${proposal.jobId} is applied without the server: ${error}`);
    if (proposal.isLost || proposal.isTypedIn || !(await putIn(proposal))) {
      const message = vscode.l10n.t(
        "{0}: the text has changed since, and the server that could merge the edit was restarted. Copy what you need from the right side of its diff, and discard it.",
        proposal.title,
      );
      vscode.window.showWarningMessage(asMessage(message));
      return;
    }
    close(proposal);
    // It is not to be offered once more by a server that finds it on the disk.
    await execute("discard", { jobId: proposal.jobId }).catch(() => undefined);
  };
  /** Where the user typed in its lines, what they typed would go: the diff shows it, and nothing is done. */
  const applyOwn = async (proposal: Waiting) => {
    if (!proposal.isLost && !proposal.isTypedIn && (await putIn(proposal))) return close(proposal);
    const message = vscode.l10n.t("{0}: you typed in the lines that it changes. Copy what you need.", proposal.title);
    vscode.window.showWarningMessage(asMessage(message));
  };
  const proposals: Proposals = {
    async show(client, title, result) {
      const proposal = await readNow(client, title, result);
      if (proposal === undefined) return void (await execute("showEdit", { jobId: result.jobId }));
      keep(proposal);
      // Beside, and without the focus: the user continues to type in the same place.
      await open(proposal, false);
      ask(proposal, result.reason, await waysFor(proposal));
    },
    async offer(title, target, replacement) {
      const jobId = `own-${randomUUID()}`;
      const text = (await vscode.workspace.openTextDocument(target)).getText();
      const proposal = {
        jobId,
        title,
        target,
        isNew: false,
        replacements: [replacement],
        replaced: [text.slice(replacement.start, replacement.end)],
        parts: [],
        isTypedIn: false,
        isOwn: true,
      };
      keep(proposal);
      await open(proposal, true);
    },
    async reveal(jobId, step) {
      const proposal = waiting.get(jobId) ?? (await earlier(jobId).catch(() => undefined));
      return proposal === undefined ? step() : open(proposal, true);
    },
    async apply(jobId, typed) {
      const proposal = waiting.get(jobId);
      if (proposal?.isOwn) return applyOwn(proposal);
      if (typed === undefined && proposal !== undefined) {
        const ways = await waysFor(proposal);
        if (ways.length > 0) return ask(proposal, vscode.l10n.t("You typed in the lines that it changes."), ways);
      }
      const choice = typed === undefined ? {} : { [typed]: true };
      try {
        await settle(jobId, { discards: false, take: () => execute("apply", { jobId, ...choice }) });
      } catch (error) {
        const client = server.client;
        const isKnown = client !== undefined && (await stillWaits(client, jobId).catch(() => false));
        if (proposal === undefined || isKnown) throw error;
        await applyWithout(proposal, error);
      }
    },
    async discard(jobId) {
      const proposal = waiting.get(jobId);
      if (proposal !== undefined) close(proposal);
      if (proposal?.isOwn) return;
      await execute("discard", { jobId }).catch((error) => {
        if (proposal === undefined) throw error;
        server.log.info(`the edit ${jobId} was discarded here alone: ${error}`);
      });
    },
    async settleChange(discards) {
      const proposal = waiting.get(inFront() ?? "");
      const client = server.client;
      const nowhere = vscode.l10n.t(
        "Put the cursor into a change of the diff. The arrows in its title go to the next one.",
      );
      if (proposal === undefined || client === undefined) return void vscode.window.showInformationMessage(nowhere);
      const { jobId } = proposal;
      if (!proposal.isOwn) await readAnew(client, proposal);
      if (proposal.parts.length === 0) {
        return ask(proposal, vscode.l10n.t("Its changes can only be made together."), await waysFor(proposal));
      }
      const part = partAtCursor(proposal, await textOf(proposal));
      if (part === undefined) return void vscode.window.showInformationMessage(nowhere);
      const take = () => execute(discards ? "discard" : "apply", { jobId, part });
      await settle(jobId, { discards, part, take });
    },
    settle,
    async current() {
      const shown = inFront();
      if (shown !== undefined) return shown;
      const client = server.client;
      return [...waiting.keys()].at(-1) ?? (client && (await allWaiting(client)).at(-1)?.jobId);
    },
    get count() {
      return waiting.size;
    },
    onDidChange: counted.event,
  };

  /** An edit that waits since before this window, as the server has kept it. */
  const earlier = async (jobId: string): Promise<Waiting | undefined> => {
    const client = await server.ready();
    const job = client && (await allWaiting(client)).find((it) => it.jobId === jobId);
    if (client === undefined || job === undefined) return undefined;
    const proposal = await readNow(
      client,
      `${await shortTitle(client, job.action)} · ${path.posix.basename(vscode.Uri.parse(job.uri).path)}`,
      unread(jobId),
    );
    if (proposal !== undefined) keep(proposal);
    return proposal;
  };

  /** How an edit can be applied in whose lines the user typed, as the server offers it above them; else nothing. */
  const waysFor = async (proposal: Waiting): Promise<Typed[]> => {
    const client = server.client;
    if (client === undefined) return [];
    const textDocument = { uri: client.code2ProtocolConverter.asUri(proposal.target) };
    // A server older than its lenses offers no way, and says so itself when the edit is applied.
    const lenses = await client.sendRequest<Lens[] | null>("textDocument/codeLens", { textDocument }).catch(() => null);
    const given = (lenses ?? []).flatMap(({ command }) =>
      command?.command === "stackspot-lsp.apply" ? (command.arguments ?? []) : [],
    );
    const own = given.filter(({ jobId }) => jobId === proposal.jobId);
    return (["merge", "replace"] as const).filter((way) => own.some((it) => it[way] === true));
  };
  /** What can be done about it as buttons; nobody waits for them, and code actions and the diff have them as well. */
  const ask = (proposal: Waiting, reason: string | undefined, ways: Typed[]) => {
    const apply = () => proposals.apply(proposal.jobId);
    // The first one is drawn as the one to press: it takes nothing of what was typed.
    const isSafe = ways.length === 0 || ways.includes("merge");
    const buttons = [
      ...(isSafe ? [] : [{ title: vscode.l10n.t("Show Diff"), do: () => open(proposal, true) }]),
      ...ways.map((way) => ({ title: labelOf(way), do: () => proposals.apply(proposal.jobId, way) })),
      ...(ways.length === 0 ? [{ title: vscode.l10n.t("Apply"), do: apply }] : []),
      { title: vscode.l10n.t("Discard"), do: () => proposals.discard(proposal.jobId) },
    ];
    const message = reason === undefined ? proposal.title : `${proposal.title}: ${reason}`;
    vscode.window.showInformationMessage(asMessage(message), ...buttons).then((chosen) => {
      if (waiting.has(proposal.jobId)) chosen?.do();
    });
  };
  return proposals;
}

function labelOf(way: Typed): string {
  return way === "merge" ? vscode.l10n.t("Merge with What I Typed") : vscode.l10n.t("Replace What I Typed");
}

async function open(proposal: Waiting, takeFocus: boolean): Promise<void> {
  const before = proposal.isNew ? sideUri(proposal, "before") : proposal.target;
  const name = path.posix.basename(proposal.target.path);
  const label = vscode.l10n.t("Proposed: {0}", name);
  await openBeside(takeFocus, (options) =>
    vscode.commands.executeCommand("vscode.diff", before, afterUri(proposal), label, options),
  );
}

/** The job whose diff is in front. */
function inFront(): string | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const shown = input instanceof vscode.TabInputTextDiff ? input.modified : undefined;
  return shown?.scheme === PROPOSAL_SCHEME ? partsOf(shown).jobId : undefined;
}

/** The number of the change at the cursor of the diff in front, on either side. */
function partAtCursor(proposal: Waiting, text: string): number | undefined {
  const { activeTextEditor: active, visibleTextEditors } = vscode.window;
  const { parts, replacements, target } = proposal;
  if (active?.document.uri.toString() === target.toString()) return changeAt(parts, active.selection.active.line, text);
  // Whoever clicked into the title may have left the keyboard elsewhere.
  const after = visibleTextEditors.find(({ document }) => isSideOf(document.uri, proposal));
  if (after === undefined) return undefined;
  return changeAt(placesAfter(parts, replacements), after.selection.active.line, applied(text, replacements));
}

/** The edits that wait, those of earlier sessions included. */
async function allWaiting(client: LanguageClient): Promise<JobRow[]> {
  return waitingJobs(await client.sendRequest<Status>("workspace/executeCommand", { command: "stackspot-lsp.status" }));
}

async function stillWaits(client: LanguageClient, jobId: string): Promise<boolean> {
  return (await allWaiting(client)).some((job) => job.jobId === jobId);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
