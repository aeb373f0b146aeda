import assert from "node:assert/strict";
import { test } from "node:test";
import { type Configuration, type Inspected, settingsToSend } from "../src/sent_settings.ts";

/** A configuration in which these keys are set; everything else has a default, as all settings of an extension do. */
function configuration(set: Record<string, Inspected>): Configuration {
  return {
    inspect: (key) => ({ ...set[key] }),
    get(key) {
      const { globalValue, workspaceValue, workspaceFolderValue } = set[key] ?? {};
      return workspaceFolderValue ?? workspaceValue ?? globalValue ?? "the default";
    },
  };
}

const KEYS = ["agent", "edit.apply", "timeouts.idleMs", "timeouts.connectMs", "streaming"];
const RESTRICTED = new Set(["agent"]);

test("only what the user set is sent, nested as the server expects it", () => {
  const set = configuration({
    "edit.apply": { globalValue: "review" },
    "timeouts.idleMs": { workspaceValue: 5 },
    streaming: { globalValue: false },
  });
  assert.deepEqual(settingsToSend(KEYS, set, RESTRICTED, true), {
    edit: { apply: "review" },
    timeouts: { idleMs: 5 },
    streaming: false,
  });
  assert.deepEqual(settingsToSend(KEYS, configuration({}), RESTRICTED, true), {});
});

test("the nearer scope counts", () => {
  const set = configuration({ agent: { globalValue: "mine", workspaceValue: "theirs" } });
  assert.deepEqual(settingsToSend(KEYS, set, RESTRICTED, true), { agent: "theirs" });
});

test("a workspace that is not trusted chooses no agent", () => {
  const both = configuration({
    agent: { globalValue: "mine", workspaceValue: "theirs" },
    streaming: { workspaceValue: false },
  });
  assert.deepEqual(settingsToSend(KEYS, both, RESTRICTED, false), { agent: "mine", streaming: false });
  const theirs = configuration({ agent: { workspaceValue: "theirs" } });
  assert.deepEqual(settingsToSend(KEYS, theirs, RESTRICTED, false), {});
});

test("a box that was emptied is unset", () => {
  const set = configuration({ agent: { globalValue: "" }, "edit.apply": { globalValue: "review" } });
  assert.deepEqual(settingsToSend(KEYS, set, RESTRICTED, true), { edit: { apply: "review" } });
});
