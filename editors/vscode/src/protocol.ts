// What the server says and is told, as its documentation for plug-ins has it (docs/plug-ins.md).

import type { Diagnostic, Range, WorkspaceEdit } from "vscode-languageclient";

export interface RunParams {
  action: string;
  textDocument: { uri: string; version?: number };
  range: Range;
  diagnostics?: Diagnostic[];
  instruction?: string;
  agent?: string;
  apply?: "auto" | "review";
  conversationId?: string;
  triedJobId?: string;
  changedSince?: string;
  /** The answer is wanted as it may be shown, too. */
  answerMarkdown?: boolean;
}

export interface RunResult {
  jobId: string;
  outcome: "answered" | "applied" | "proposed" | "unchanged";
  answer: string;
  /** The answer as it may be shown: it fetches nothing, runs nothing and imitates nothing. */
  answerMarkdown?: string;
  agent: string;
  conversationId?: string;
  sources?: Source[];
  edit?: WorkspaceEdit;
  reason?: string;
  /** The changes of an edit that has several. The number of one is its place, as long as none of them is gone. */
  parts?: { part?: number; range: Range }[];
}

export interface Source {
  kind?: string;
  name?: string;
  slug?: string;
}

/** `data` of the error that ends a job. */
export interface FailureData {
  kind?: string;
  partial?: string;
  partialMarkdown?: string;
}

export interface OfferedAction {
  action: string;
  title: string;
  /** The title without the product, for a place that names it already. */
  shortTitle: string;
  result: "answer" | "replace" | "insert" | "file" | "remarks";
  needsInstruction: boolean;
}

export interface Agent {
  id: string;
  name: string;
  slug?: string;
}

export interface JobRow {
  jobId: string;
  action: string;
  uri: string;
  state: string;
}

export interface Status {
  jobs: JobRow[];
  agent: string | null;
  sandbox: boolean;
  token: "none" | "valid" | "expired";
  usage: { requests: number; inputTokens: number; outputTokens: number };
}

/** How the request of a job ends that was cancelled. */
export const REQUEST_CANCELLED = -32800;
/** How the request of a job ends that failed for a reason that the user can act on. */
export const REQUEST_FAILED = -32803;

/** The jobs that run. A proposal waits, and does not run. */
export function liveJobs(status: Status | undefined): Status["jobs"] {
  return (status?.jobs ?? []).filter((job) => job.state !== "proposed");
}

/** The edits that wait. */
export function waitingJobs(status: Status | undefined): Status["jobs"] {
  return (status?.jobs ?? []).filter((job) => job.state === "proposed");
}
