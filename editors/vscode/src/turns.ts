// The turns of a conversation, as the server writes them (docs/conversations.md).

/** The heading of a turn; the mark tells it from a heading of an answer, and the words are for people alone. */
const TURN = /^## .* <!-- (question|answer) \S+ -->\s*$/;

/** The line of the heading below which the next question is written; -1 while an answer is. */
export function openQuestion(lines: readonly string[]): number {
  const last = lines.findLastIndex((line) => TURN.test(line));
  return TURN.exec(lines[last] ?? "")?.[1] === "question" ? last : -1;
}
