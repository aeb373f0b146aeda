// What the extension and the page of its answers say to each other.

import type { AnswerText } from "./answer_text.ts";

/** An answer and its question, as the page draws them. */
export interface ShownTurn extends AnswerText {
  id: string;
  /** It is still being written. */
  grows: boolean;
}

/** A conversation in the list of all. */
export interface ThreadRow {
  id: string;
  title: string;
  /** When it began, as the user reads it. */
  when: string;
}

/** What the page is told. */
export type ToPage =
  | { type: "all"; rows: ThreadRow[]; thread: string | undefined; turns: ShownTurn[] }
  | { type: "turn"; thread: string; turn: ShownTurn }
  /** Puts the cursor into the box. */
  | { type: "focus" };

/** What can be done with a piece of code of an answer. */
export const CODE_STEPS = ["copy", "insert", "replace", "diff"] as const;
export type CodeStep = (typeof CODE_STEPS)[number];

/** What the page asks for. */
export type FromPage =
  /** Its width is in pixels. */
  | { type: "ready" | "resized"; width: number }
  | { type: "ask"; text: string }
  | { type: "stop" }
  | { type: "choose"; thread: string }
  | { type: "forget"; thread: string }
  /** The code that an answer is about. */
  | { type: "source"; turn: string }
  | { type: "open"; href: string; turn: string }
  | { type: "code"; step: CodeStep; code: string; turn: string };

/** The words of the page, in the user's language. */
export interface Words extends Record<CodeStep, string> {
  sources: string;
  history: string;
  question: string;
  send: string;
  stop: string;
  empty: string;
  forget: string;
  source: string;
}
