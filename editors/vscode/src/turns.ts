// The turns of a conversation, as the server writes them (docs/conversations.md).

/** The heading of a turn; the mark tells it from a heading of an answer, and the words are for people alone. */
const TURN = /^## .* <!-- (question|answer) \S+ -->\s*$/;

/** The line of the heading below which the next question is written; -1 while an answer is. */
export function openQuestion(lines: readonly string[]): number {
  const last = lines.findLastIndex((line) => TURN.test(line));
  return TURN.exec(lines[last] ?? "")?.[1] === "question" ? last : -1;
}

/** Where the server's comments stand in the lines: the first line, and the ends of the headings. */
export function marks(lines: readonly string[]): { line: number; start: number; end: number }[] {
  return lines.flatMap((text, line) => {
    const isFirst = line === 0 && text.startsWith("<!-- stackspot-lsp ");
    const start = isFirst ? 0 : TURN.test(text) ? text.lastIndexOf(" <!-- ") : -1;
    return start < 0 ? [] : [{ line, start, end: text.length }];
  });
}
