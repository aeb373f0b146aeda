import assert from "node:assert/strict";
import { test } from "node:test";
import { logLine } from "../src/server_log.ts";

test("a line of the server keeps its level, and leaves its time to the editor", () => {
  const said = '2026-01-31T10:20:30.123456Z  INFO job{id=01 action=fix}: the job ended outcome="applied"';
  assert.deepEqual(logLine(said), { level: "info", text: 'job{id=01 action=fix}: the job ended outcome="applied"' });
  assert.deepEqual(logLine("2026-01-31T10:20:30.1Z ERROR the filter"), { level: "error", text: "the filter" });
  assert.deepEqual(logLine("2026-01-31T10:20:30.1Z TRACE <- {}"), { level: "trace", text: "<- {}" });
});

test("what the server did not mean to say is an error, as it stands", () => {
  for (const said of ["thread 'main' panicked at src/x.rs:1:2:", "INFO without a time", ""])
    assert.deepEqual(logLine(said), { level: "error", text: said });
});
