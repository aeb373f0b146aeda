import assert from "node:assert/strict";
import { test } from "node:test";
import { marks, openQuestion } from "../src/turns.ts";

const BEGUN = [
  "<!-- stackspot-lsp {} -->",
  "# cart.py",
  "",
  "## You <!-- question TC8Y2KQ0M4 -->",
  "",
  "In which unit?",
];

test("the next question stands below the last heading of the user", () => {
  assert.equal(openQuestion(BEGUN), 3);
  const answered = [...BEGUN, "", "## StackSpot AI <!-- answer TC8Y2KQ0M4 -->", "", "In cents."];
  assert.equal(openQuestion([...answered, "", "## Você <!-- question TC8Y2KQ0M4 -->", ""]), answered.length + 1);
});

test("while an answer is written there is no question to send, and none where there is no conversation", () => {
  assert.equal(openQuestion([...BEGUN, "", "## StackSpot AI <!-- answer TC8Y2KQ0M4 -->", "", "In"]), -1);
  assert.equal(openQuestion(["# Notes", "", "## You", ""]), -1);
  assert.equal(openQuestion([]), -1);
});

test("the comments of the server are told from those of a reader", () => {
  const text = [...BEGUN, "<!-- mine -->", "## Mine <!-- too -->"];
  const hidden = marks(text).map(({ line, start, end }) => text[line]?.slice(start, end));
  assert.deepEqual(hidden, ["<!-- stackspot-lsp {} -->", " <!-- question TC8Y2KQ0M4 -->"]);
  assert.deepEqual(marks(["# Notes", "<!-- stackspot-lsp {} -->"]), []);
});
