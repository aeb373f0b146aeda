import assert from "node:assert/strict";
import { test } from "node:test";
import type { Words } from "../src/view_messages.ts";
import { createRenderer } from "../view/render.ts";

const words = { copy: "Copy", insert: "Insert", replace: "Replace", diff: "Diff" } as Words;
const rendered = createRenderer(words);

test("HTML is text, a picture is none, and only the web, mail and lines of files are links", () => {
  const html = rendered(
    [
      '<img src="https://evil.example/a.png"><script>alert(1)</script>',
      "![b](https://evil.example/b.png) ![c][ref] [run](command:x) [do](javascript:alert(1)) [data](data:text/html,x)",
      "[web](https://good.example) [line](file:///a/b.py#L4)",
      "",
      "[ref]: https://evil.example/c.png",
    ].join("\n"),
  );
  assert.doesNotMatch(html, /<(img|script|style|link|iframe|svg)/);
  const links = [...html.matchAll(/<a href="([^"]*)"/g)].map(([, href]) => href);
  // What was a picture is a link that nobody follows but by a click.
  assert.deepEqual(
    links.filter((href) => !href?.startsWith("https://")),
    ["file:///a/b.py#L4"],
  );
});

test("code is to the letter, with what can be done about it above", () => {
  const html = rendered('```py\nif a < b: print("&amp;")\n```\n');
  const [, code = ""] = /<code>([\s\S]*)<\/code>/.exec(html) ?? [];
  const text = code
    .replace(/<[^>]+>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");
  assert.equal(text, 'if a < b: print("&amp;")\n');
  assert.deepEqual(
    [...html.matchAll(/data-step="(\w+)">(\w+)</g)].map(([, step, word]) => `${step} ${word}`),
    ["copy Copy", "insert Insert", "replace Replace", "diff Diff"],
  );
});

test("a word behind a fence names a language and nothing else", () => {
  assert.doesNotMatch(rendered('```"><b>x\ny\n```'), /<b>/);
  assert.match(rendered("```no-such-language\n<b>\n```"), /&lt;b&gt;/);
});

test("a fence that is still open is code as far as it has come", () => {
  assert.match(rendered("Look:\n\n```py\nx = 1"), /<pre tabindex="0"><code>x = /);
});
