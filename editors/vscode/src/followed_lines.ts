// Lines of a document that are followed while somebody types. Nothing here knows VS Code, so that it can be tested alone.

/** A place of a text: line and character, counted from 0 in UTF-16 units. */
export interface Place {
  line: number;
  character: number;
}

/** A change of the text, as VS Code tells it. */
export interface Change {
  range: { start: Place; end: Place };
  text: string;
}

/** From the beginning of the first line to the end of the last one. */
export interface Stretch {
  start: Place;
  end: Place;
}

/** The stretch after the changes of one event, whose ranges all refer to the text before it. */
export function movedByAll(stretch: Stretch, changes: readonly Change[]): Stretch {
  // From the end backwards, so that no change moves the ones that are still to come.
  const backwards = [...changes].sort((a, b) => compare(b.range.start, a.range.start));
  return backwards.reduce<Stretch>(moved, stretch);
}

/** What is typed before or after the stretch stays beside it; what is typed inside belongs to it. */
function moved({ start, end }: Stretch, change: Change): Stretch {
  return { start: after(start, change, false), end: after(end, change, true) };
}

/** Where a place is after a change. One at which something is put in stays before it, or goes behind it. */
function after(place: Place, { range, text }: Change, stays: boolean): Place {
  if (compare(place, range.start) < 0) return place;
  const isInsertion = compare(range.start, range.end) === 0;
  if (compare(place, range.start) === 0 && (isInsertion ? stays : !stays)) return place;
  const lines = text.split("\n");
  const last = lines.at(-1)?.length ?? 0;
  const end = {
    line: range.start.line + lines.length - 1,
    character: lines.length === 1 ? range.start.character + last : last,
  };
  // Inside of what was replaced the stretch keeps all that took its place.
  if (compare(place, range.end) < 0) return stays ? end : range.start;
  const isOnItsLine = place.line === range.end.line;
  return {
    line: place.line + end.line - range.end.line,
    character: isOnItsLine ? end.character + place.character - range.end.character : place.character,
  };
}

function compare(a: Place, b: Place): number {
  return a.line - b.line || a.character - b.character;
}
