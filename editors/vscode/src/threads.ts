// Conversations of answers, the latest last, and how they are kept over a reload of the window.

import type { AnswerText } from "./answer_text.ts";
import type { RunParams } from "./protocol.ts";

/** How many conversations are kept, and for how long. */
const KEPT = 30;
const KEPT_MS = 30 * 24 * 60 * 60 * 1_000;
/** How much is written down in all, in characters; the oldest go first. */
const KEPT_CHARS = 2_000_000;

export interface Turn {
  readonly id: string;
  /** What was asked; a follow-up goes on with it. */
  readonly asked: RunParams;
  text: AnswerText;
  grows: boolean;
}

export interface Thread {
  readonly id: string;
  /** In milliseconds of the clock. */
  readonly began: number;
  /** What the tab and the list call it: the action, and the file. */
  readonly title: string;
  conversationId?: string;
  turns: Turn[];
}

/** The conversation that an answer goes on with: that of the service. */
export function threadFor(threads: readonly Thread[], { conversationId }: RunParams): Thread | undefined {
  return threads.findLast((it) => conversationId !== undefined && it.conversationId === conversationId);
}

/** What is written down. An answer that was still being written is incomplete when it is read again. */
export function written(threads: readonly Thread[]): string {
  const kept: string[] = [];
  let chars = 0;
  for (const thread of threads.slice(-KEPT).reverse()) {
    // Problems of the day, and a version of the text that the next window knows nothing of.
    const turns = thread.turns.map(({ id, asked: { diagnostics: _, textDocument, ...asked }, text, grows }) => ({
      id,
      asked: { ...asked, textDocument: { uri: textDocument.uri } },
      text,
      grows,
    }));
    const json = JSON.stringify({ ...thread, turns });
    chars += json.length;
    if (chars > KEPT_CHARS && kept.length > 0) break;
    kept.unshift(json);
  }
  return `[${kept.join(",\n")}]\n`;
}

/** What was written down, as far as it is to be kept; `incomplete` is said of what had not ended. */
export function readBack(text: string, now: number, incomplete: string): Thread[] {
  let threads: unknown;
  try {
    threads = JSON.parse(text);
  } catch {
    return [];
  }
  if (!Array.isArray(threads)) return [];
  return threads
    .filter(isThread)
    .filter(({ began }) => now - began < KEPT_MS)
    .map((thread) => ({
      ...thread,
      turns: thread.turns
        // Nothing had come of it.
        .filter(({ grows, text }) => !grows || text.body !== "")
        .map((turn) => ({
          ...turn,
          grows: false,
          text: turn.grows ? { ...turn.text, footer: incomplete } : turn.text,
        })),
    }))
    .filter(({ turns }) => turns.length > 0);
}

function isThread(it: unknown): it is Thread {
  const { id, began, title, turns } = (it ?? {}) as Partial<Thread>;
  const isTurn = (turn: Partial<Turn> | null) =>
    typeof turn?.id === "string" &&
    typeof turn.asked?.action === "string" &&
    typeof turn.asked.textDocument?.uri === "string" &&
    typeof turn.asked.range?.start?.line === "number" &&
    typeof turn.text?.body === "string" &&
    typeof turn.text.title === "string" &&
    typeof turn.text.subject === "string" &&
    typeof turn.text.footer === "string";
  return (
    typeof id === "string" &&
    typeof began === "number" &&
    typeof title === "string" &&
    Array.isArray(turns) &&
    turns.every(isTurn)
  );
}
