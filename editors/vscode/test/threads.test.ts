import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunParams } from "../src/protocol.ts";
import { readBack, type Thread, threadFor, written } from "../src/threads.ts";

const NOW = Date.parse("2026-03-01");
const asked: RunParams = {
  action: "explain",
  textDocument: { uri: "file:///a.py", version: 7 },
  range: { start: { line: 0, character: 0 }, end: { line: 2, character: 0 } },
  diagnostics: [],
};
const thread = (id: string, body = "It adds.", grows = false): Thread => ({
  id,
  began: NOW,
  title: "Explain a.py",
  conversationId: `service-${id}`,
  turns: [{ id: `${id}-1`, asked, text: { title: "Explain", subject: "a.py:1–2", body, footer: "1 s" }, grows }],
});

test("what was written is read back, without what only its own window knew", () => {
  const [back] = readBack(written([thread("one")]), NOW, "incomplete");
  assert.equal(back?.conversationId, "service-one");
  assert.equal(back?.turns[0]?.text.body, "It adds.");
  assert.deepEqual(back?.turns[0]?.asked.textDocument, { uri: "file:///a.py" });
  assert.equal(back?.turns[0]?.asked.diagnostics, undefined);
});

test("what was still being written is told to be incomplete, and is left out where nothing had come", () => {
  const back = readBack(written([thread("half", "It", true), thread("none", "", true)]), NOW, "incomplete");
  assert.deepEqual(
    back.map(({ id, turns }) => [id, turns[0]?.text.footer, turns[0]?.grows]),
    [["half", "incomplete", false]],
  );
});

test("what is old goes, and of too much the oldest", () => {
  assert.deepEqual(readBack(written([thread("old")]), NOW + 31 * 24 * 3_600_000, ""), []);
  const many = Array.from({ length: 40 }, (_, number) => thread(String(number)));
  assert.deepEqual(
    readBack(written(many), NOW, "")
      .map(({ id }) => id)
      .at(0),
    "10",
  );
  const large = [thread("first", "x".repeat(1_500_000)), thread("second", "x".repeat(1_500_000))];
  assert.deepEqual(
    readBack(written(large), NOW, "").map(({ id }) => id),
    ["second"],
  );
});

test("what is no such file is none", () => {
  for (const text of ["", "{", "null", '[{"id": 1}]', '[{"id":"a","began":0,"title":"","turns":[null]}]'])
    assert.deepEqual(readBack(text, 0, ""), [], text);
});

test("a question goes on with the conversation that it names", () => {
  const threads = [thread("one"), thread("two")];
  assert.equal(threadFor(threads, { ...asked, conversationId: "service-one" })?.id, "one");
  assert.equal(threadFor(threads, asked), undefined);
});
