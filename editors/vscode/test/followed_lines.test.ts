import assert from "node:assert/strict";
import { test } from "node:test";
import { type Change, movedByAll } from "../src/followed_lines.ts";

/** Lines 4 to 6 of a text, of which the last has 10 characters. */
const HERE = { start: { line: 4, character: 0 }, end: { line: 6, character: 10 } };

function change(from: [number, number], to: [number, number], text: string): Change {
  const place = ([line, character]: [number, number]) => ({ line, character });
  return { range: { start: place(from), end: place(to) }, text };
}

/** The first and the last line, and the character at which that one ends, after the changes. */
function after(...changes: Change[]): [number, number, number] {
  const { start, end } = movedByAll(HERE, changes);
  return [start.line, end.line, end.character];
}

test("what is typed above moves the lines, also right before the first one", () => {
  assert.deepEqual(after(change([1, 3], [1, 3], "x")), [4, 6, 10]);
  assert.deepEqual(after(change([1, 3], [1, 3], "\n")), [5, 7, 10]);
  assert.deepEqual(after(change([4, 0], [4, 0], "above\n")), [5, 7, 10]);
  assert.deepEqual(after(change([1, 0], [3, 0], "")), [2, 4, 10]);
  assert.deepEqual(after(change([3, 5], [4, 0], "")), [3, 5, 10], "the line above is joined to the first");
});

test("what is typed below is no part of them, also right behind the last one", () => {
  assert.deepEqual(after(change([7, 0], [7, 0], "x\n")), [4, 6, 10]);
  assert.deepEqual(after(change([6, 10], [6, 10], "\nbelow\n")), [4, 6, 10]);
  assert.deepEqual(after(change([6, 10], [6, 10], "# x"), change([9, 0], [9, 0], "\n")), [4, 6, 10]);
});

test("what is typed inside is part of them", () => {
  assert.deepEqual(after(change([5, 1], [5, 1], "a\nb")), [4, 7, 10]);
  assert.deepEqual(after(change([4, 2], [5, 3], "")), [4, 5, 10]);
  assert.deepEqual(after(change([6, 4], [6, 6], "longer")), [4, 6, 14]);
  assert.deepEqual(after(change([4, 0], [6, 10], "one line")), [4, 4, 8], "all of it is replaced");
});

test("changes of one event all refer to the text before it", () => {
  assert.deepEqual(
    after(change([0, 0], [0, 0], "\n"), change([5, 0], [5, 0], "\n"), change([8, 0], [8, 0], "\n")),
    [5, 8, 10],
  );
});

test("of a text that is replaced with them they keep what took its place", () => {
  assert.deepEqual(after(change([0, 0], [9, 0], "a\nb\n")), [0, 2, 0]);
  assert.deepEqual(after(change([2, 0], [5, 0], "a\n")), [2, 4, 10]);
});
