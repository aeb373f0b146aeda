import assert from "node:assert/strict";
import { test } from "node:test";
import { asCode, asMessage, asText } from "../src/answer_text.ts";

test("an answer of which nobody says what may be shown is code, whatever fences it has", () => {
  assert.equal(asCode("![x](https://e)"), "```\n![x](https://e)\n```");
  assert.equal(asCode("a\n````\n![x](y)\n"), "`````\na\n````\n![x](y)\n`````");
});

test("a notification makes no link of somebody's words", () => {
  assert.equal(asMessage("see [this](command:x)"), "see [this] (command:x)");
});

test("names mean themselves in Markdown", () => {
  assert.equal(asText("a\n<b> [c](d) `e` #f"), "a \\<b\\> \\[c\\]\\(d\\) \\`e\\` \\#f");
});
