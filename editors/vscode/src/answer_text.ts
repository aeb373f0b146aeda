// The parts of an answer, while it comes and when it has come.

import type { Source } from "./protocol.ts";

export interface AnswerText {
  /** What was done, such as "Explain". */
  title: string;
  /** About what: a file and lines. */
  subject: string;
  /** The user's own words, where they gave any. */
  instruction?: string | undefined;
  /** What the server says may be shown of the answer, or a page of this extension's own; never the answer itself. */
  body: string;
  /** What became of it; while the answer comes in, that it does. */
  footer: string;
  sources?: readonly Source[];
}

/** A text whose characters mean themselves in Markdown. */
export function asText(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*_{}[\]<>()#+!|~&]/g, "\\$&");
}

/** An answer as code, to the letter: a server that does not say what of it may be shown is an older one. */
export function asCode(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text.trimEnd()}\n${fence}`;
}

/**
 * Somebody's words in a notification, which would make a link of some, and a link may run a command. It shows the marks of code
 * as they are.
 */
export function asMessage(text: string): string {
  return text.replaceAll("](", "] (").replaceAll("`", "");
}
