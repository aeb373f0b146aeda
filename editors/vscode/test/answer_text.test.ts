import assert from "node:assert/strict";
import { test } from "node:test";
import { answerMarkdown, asCode, asMessage, asText, closingFence } from "../src/answer_text.ts";

test("an answer is shown as it is, between what was asked and what became of it", () => {
  const text = answerMarkdown(
    {
      title: "Explain with StackSpot AI [sandbox]",
      subject: "src/a_b.py:1–3",
      instruction: "Is it *safe*?\nReally?",
      body: "It **adds** up.\n\n",
      footer: "answered: 1 s",
      sources: [{ name: "Rules" }, { slug: "rules" }, { name: "Rules" }, {}],
    },
    "Sources",
  );
  assert.equal(
    text,
    [
      "**Explain with StackSpot AI \\[sandbox\\]** · src/a\\_b.py:1–3",
      "> Is it \\*safe\\*?\n> Really?",
      "It **adds** up.",
      "**Sources**",
      "- Rules\n- rules",
      "---",
      "*answered: 1 s*\n",
    ].join("\n\n"),
  );
});

test("what follows a fence that is still open is not taken for code", () => {
  const cases: [string, string][] = [
    ["", ""],
    ["```py\nx = 1", "\n```"],
    ["```py\nx = 1\n```", ""],
    ["````\n```\ncode", "\n````"],
    ["~~~\n```", "\n~~~"],
    ["```py\nx\n``` not the end", "\n```"],
    ["`a` and ```b```", ""],
    ["   ```\nx", "\n```"],
    ["    ```\nindented code", ""],
  ];
  for (const [text, closing] of cases) assert.equal(closingFence(text), closing, JSON.stringify(text));
});

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
