import assert from "node:assert/strict";
import { test } from "node:test";
import { remedies } from "../src/remedies.ts";

/** The kinds of the server's errors, as its documentation for plug-ins lists them. */
const KINDS =
  "credentials forbidden rateLimited quota promptTooLarge network timeout truncated server protocol refused outOfSync".split(
    " ",
  );

test("every failure has a remedy, and three at most, which is what a message holds", () => {
  for (const kind of [...KINDS, undefined, "a kind of tomorrow"]) {
    for (const isSignedOut of [true, false]) {
      const offered = remedies(kind, isSignedOut);
      assert.ok(offered.length >= 1 && offered.length <= 3, `${kind}: ${offered}`);
    }
  }
});

test("without a credential sign-in is offered; with one, the choice of an agent", () => {
  assert.equal(remedies("credentials", true)[0], "signIn");
  assert.equal(remedies("credentials", false)[0], "chooseAgent");
});
