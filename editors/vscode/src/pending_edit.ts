// The edit of a proposal as offsets into a text, moved along with what the user types meanwhile.

/** A replacement of `[start, end)`, in UTF-16 units of the text of today. */
export interface Replacement {
  start: number;
  end: number;
  text: string;
}

/** A change of the text, as VS Code tells it. */
export interface Change {
  rangeOffset: number;
  rangeLength: number;
  text: string;
}

/** The text with the replacements made. */
export function applied(text: string, replacements: readonly Replacement[]): string {
  const pieces: string[] = [];
  let end = 0;
  for (const replacement of [...replacements].sort((a, b) => a.start - b.start)) {
    pieces.push(text.slice(end, replacement.start), replacement.text);
    end = replacement.end;
  }
  pieces.push(text.slice(end));
  return pieces.join("");
}

/**
 * The replacements after a change of the text. What is typed before one moves it; what is typed at its edges stays beside it;
 * what is typed inside is replaced with the rest, as the server's own edit would do.
 */
export function moved(replacements: readonly Replacement[], change: Change): Replacement[] {
  const changeEnd = change.rangeOffset + change.rangeLength;
  const delta = change.text.length - change.rangeLength;
  return replacements.map((replacement) => {
    const { start, end, text } = replacement;
    if (changeEnd <= start) return { start: start + delta, end: end + delta, text };
    if (change.rangeOffset >= end) return replacement;
    return { start: Math.min(start, change.rangeOffset), end: Math.max(end, changeEnd) + delta, text };
  });
}

/** Whether a change is inside of what is replaced, and not merely beside it. */
export function meets(replacements: readonly Replacement[], change: Change): boolean {
  const changeEnd = change.rangeOffset + change.rangeLength;
  return replacements.some(({ start, end }) => changeEnd > start && change.rangeOffset < end);
}

/** Whether a change takes text beside a replacement along with all or part of it: what stands there then is not to be told. */
export function overruns(replacements: readonly Replacement[], change: Change): boolean {
  const changeEnd = change.rangeOffset + change.rangeLength;
  return replacements.some((it) => meets([it], change) && (change.rangeOffset < it.start || changeEnd > it.end));
}

/** Where a piece stands in a text; undefined where it is not, or more than once. */
export function placeOf(piece: string, text: string): number | undefined {
  const first = text.indexOf(piece);
  return piece === "" || first === -1 || text.indexOf(piece, first + 1) !== -1 ? undefined : first;
}

/** The replacements after several changes of one event, whose offsets all refer to the text before it. */
export function movedByAll(replacements: readonly Replacement[], changes: readonly Change[]): Replacement[] {
  // From the end backwards, so that no change moves the ones that are still to come.
  const backwards = [...changes].sort((a, b) => b.rangeOffset - a.rangeOffset);
  return backwards.reduce<Replacement[]>((all, change) => moved(all, change), [...replacements]);
}

/** One of several changes of an edit, by its number: `[start, end)` in UTF-16 units of a text. */
export interface Numbered {
  number: number;
  start: number;
  end: number;
}

/** Where changes of today's text stand in what would come of it. */
export function placesAfter(changes: readonly Numbered[], replacements: readonly Replacement[]): Numbered[] {
  const grown = (of: (replacement: Replacement) => boolean) =>
    replacements.filter(of).reduce((sum, { start, end, text }) => sum + text.length - (end - start), 0);
  return changes.map(({ number, start, end }) => {
    const before = grown((it) => it.start < start);
    const within = grown((it) => it.start >= start && it.end <= end);
    return { number, start: start + before, end: end + before + within };
  });
}

/** The number of the change that a line of the text, counted from 0, belongs to. */
export function changeAt(changes: readonly Numbered[], line: number, text: string): number | undefined {
  const lineOf = (offset: number) => text.slice(0, offset).split("\n").length - 1;
  const stretches = changes.map(({ number, start, end }) => {
    // What ends with a line break ends with that line.
    const last = lineOf(end > start && text[end - 1] === "\n" ? end - 1 : end);
    return { number, first: lineOf(start), last, isEmpty: start === end };
  });
  const holding = stretches.find(({ first, last }) => first <= line && line <= last);
  // Lines that are on the other side alone are here between the line above and the one below.
  return (holding ?? stretches.find(({ first, isEmpty }) => isEmpty && first === line + 1))?.number;
}
