// An answer as Markdown, while it comes and when it has come.

import type { Source } from "./protocol.ts";

export interface AnswerText {
  /** What was done, such as "Explain with StackSpot AI". */
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

/** The whole document. The body is Markdown and stays as it is; everything else is text and is shown as it is. */
export function answerMarkdown(answer: AnswerText, sourcesTitle: string): string {
  const parts = [`**${asText(answer.title)}** · ${asText(answer.subject)}`];
  if (answer.instruction) parts.push(quoted(answer.instruction));
  if (answer.body.trim() !== "") parts.push(answer.body.trimEnd() + closingFence(answer.body));
  const sources = (answer.sources ?? []).map((source) => source.name ?? source.slug ?? source.kind ?? "");
  const named = [...new Set(sources.filter((name) => name !== ""))];
  if (named.length > 0) parts.push(`**${asText(sourcesTitle)}**`, named.map((name) => `- ${asText(name)}`).join("\n"));
  if (answer.footer !== "") parts.push("---", `*${asText(answer.footer)}*`);
  return `${parts.join("\n\n")}\n`;
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

/** Somebody's words in a notification, which would make a link of some, and a link may run a command. */
export function asMessage(text: string): string {
  return text.replaceAll("](", "] (");
}

function quoted(text: string): string {
  return text
    .trim()
    .split(/\r?\n/)
    .map((line) => `> ${asText(line)}`)
    .join("\n");
}

/** What closes the fence that the text leaves open, so that what follows it is not taken for code. */
export function closingFence(text: string): string {
  let open: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    const fence = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line);
    const [, marks, rest] = fence ?? [];
    if (marks === undefined || rest === undefined) continue;
    if (open === undefined) {
      if (!(marks.startsWith("`") && rest.includes("`"))) open = marks;
    } else if (marks[0] === open[0] && marks.length >= open.length && rest.trim() === "") {
      open = undefined;
    }
  }
  return open === undefined ? "" : `\n${open}`;
}
