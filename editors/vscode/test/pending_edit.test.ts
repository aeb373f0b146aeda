import assert from "node:assert/strict";
import { test } from "node:test";
import {
  applied,
  type Change,
  changeAt,
  meets,
  moved,
  movedByAll,
  overruns,
  placeOf,
  placesAfter,
  type Replacement,
} from "../src/pending_edit.ts";

const changed = (text: string, change: Change) =>
  text.slice(0, change.rangeOffset) + change.text + text.slice(change.rangeOffset + change.rangeLength);

test("replacements are made whatever their order", () => {
  const replacements = [
    { start: 8, end: 11, text: "C" },
    { start: 0, end: 3, text: "A" },
    { start: 11, end: 11, text: "!" },
  ];
  assert.equal(applied("one two xyz", replacements), "A two C!");
});

test("an edit stays where it was meant to be, wherever the user types beside it", () => {
  const text = "alpha beta gamma";
  const replacement = { start: 6, end: 10, text: "BETA" };
  let tried = 0;
  for (let at = 0; at <= text.length; at += 1) {
    for (let length = 0; at + length <= text.length; length += 1) {
      const isBeside = at + length <= replacement.start || at >= replacement.end;
      if (!isBeside) continue;
      for (const typed of ["", "x", "two words"]) {
        const change = { rangeOffset: at, rangeLength: length, text: typed };
        const after = applied(changed(text, change), moved([replacement], change));
        // The same as making the edit first and typing around it.
        const expected =
          at >= replacement.end
            ? changed(applied(text, [replacement]), change)
            : applied(text, [replacement]).slice(0, at) + typed + applied(text, [replacement]).slice(at + length);
        assert.equal(after, expected, JSON.stringify(change));
        tried += 1;
      }
    }
  }
  assert.ok(tried > 100);
});

test("what is typed inside goes with the rest", () => {
  const text = "alpha beta gamma";
  const change = { rangeOffset: 8, rangeLength: 0, text: "--" };
  const after = applied(changed(text, change), moved([{ start: 6, end: 10, text: "BETA" }], change));
  assert.equal(after, "alpha BETA gamma");
});

test("several changes of one event count together", () => {
  const text = "a b c d";
  const replacement: Replacement = { start: 4, end: 5, text: "C" };
  const changes = [
    { rangeOffset: 0, rangeLength: 1, text: "aaa" },
    { rangeOffset: 2, rangeLength: 1, text: "" },
    { rangeOffset: 6, rangeLength: 1, text: "dd" },
  ];
  const after = [...changes].reverse().reduce(changed, text);
  assert.equal(after, "aaa  c dd");
  assert.equal(applied(after, movedByAll([replacement], changes)), "aaa  C dd");
});

test("what is typed at the edges of an edit is beside it, and what is typed or deleted inside meets it", () => {
  const replacements = [{ start: 6, end: 10, text: "BETA" }];
  const typed = (rangeOffset: number, rangeLength = 0) => meets(replacements, { rangeOffset, rangeLength, text: "x" });
  assert.deepEqual([typed(0), typed(6), typed(10), typed(2, 4)], [false, false, false, false]);
  assert.deepEqual([typed(7), typed(9), typed(5, 2), typed(9, 4), typed(0, 20)], [true, true, true, true, true]);
});

test("a line belongs to the change that stands there, on either side of a diff", () => {
  const text = "one\ntwo\nthree\nfour\nfive\nsix\n";
  const at = (part: string) => text.indexOf(part);
  // A line more, a line that goes, and a word that is another one.
  const replacements = [
    { start: at("two"), end: at("two"), text: "more\n" },
    { start: at("four"), end: at("five"), text: "" },
    { start: at("six"), end: at("six") + 3, text: "seven" },
  ];
  const changes = replacements.map(({ start, end }, number) => ({ number, start, end }));
  const numbersOf = (content: string, all: typeof changes) =>
    content.split("\n").map((_, line) => changeAt(all, line, content));
  assert.deepEqual(numbersOf(text, changes), [0, 0, undefined, 1, undefined, 2, undefined]);
  const after = applied(text, replacements);
  assert.equal(after, "one\nmore\ntwo\nthree\nfive\nseven\n");
  assert.deepEqual(numbersOf(after, placesAfter(changes, replacements)), [undefined, 0, undefined, 1, 1, 2, undefined]);
  // Where one is gone, the others keep their numbers.
  assert.equal(changeAt(changes.slice(2), 5, text), 2);
});

test("a change that takes more than the replaced text along leaves no place, and one inside or beside it does", () => {
  const replacements = [{ start: 10, end: 20, text: "new" }];
  const change = (rangeOffset: number, rangeLength: number) => ({ rangeOffset, rangeLength, text: "x" });
  for (const [at, length] of [
    [0, 30],
    [5, 10],
    [15, 10],
  ] as const) {
    assert.ok(overruns(replacements, change(at, length)), `${at}, ${length}`);
  }
  for (const [at, length] of [
    [10, 10],
    [12, 3],
    [0, 10],
    [20, 5],
  ] as const) {
    assert.ok(!overruns(replacements, change(at, length)), `${at}, ${length}`);
  }
});

test("a place is where the piece stands once", () => {
  assert.equal(placeOf("b", "abc"), 1);
  assert.equal(placeOf("b", "abcb"), undefined);
  assert.equal(placeOf("d", "abc"), undefined);
  assert.equal(placeOf("", "abc"), undefined);
});
