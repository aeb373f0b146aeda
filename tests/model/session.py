#!/usr/bin/env python3
"""An editor's session with a real model behind the sandbox. The model may say what it likes: what is checked is what must
hold whatever it says.

    tests/model/session.py BINARY MODEL_URL
"""

import sys

from editor import Editor

SOURCE = '''\
"""A basket."""


def total(items):
    result = 0
    for item in items:
        result = result + item.price
    return result


def count(items):
    return len(items)
'''
URI = "file:///shop/basket.py"
FIRST, LAST = 3, 8

results = {"passed": 0, "failed": 0}


def check(what, holds, shown=""):
    results["passed" if holds else "failed"] += 1
    print(f"{'ok    ' if holds else 'FAILED'} {what}{'' if holds else f': {shown}'}")


def main(binary, model_url):
    editor = Editor([binary, "--sandbox", "--model-url", model_url])
    editor.open(URI, "python", SOURCE)

    response, deltas = editor.run("explain", URI, FIRST, LAST)
    result = response.get("result", {})
    answer = "".join(text for _, text in deltas)
    check("an explanation is answered", result.get("outcome") == "answered" and answer.strip(), response)
    check("it comes in several parts, one after the other", len({time for time, _ in deltas}) > 2, deltas)
    check("the parts are the answer", answer == result.get("answer"), (answer, result.get("answer")))
    usage = result.get("usage", {})
    check("its tokens are counted", usage.get("inputTokens", 0) > 50 and usage.get("outputTokens", 0) > 1, usage)
    check("it changes no text", editor.text(URI) == SOURCE, editor.text(URI))

    response, _ = editor.run("refactor", URI, FIRST, LAST)
    outcome = response.get("result", {}).get("outcome")
    check("a refactoring ends in an outcome", outcome in ("applied", "proposed", "answered", "unchanged"), response)
    lines = SOURCE.splitlines(keepends=True)
    before, after = "".join(lines[:FIRST]), "".join(lines[LAST:])
    text = editor.text(URI)
    check("what was not selected is as it was", text.startswith(before) and text.endswith(after), text)
    check("the text changes only where an edit was applied", (text != SOURCE) == (outcome == "applied"), (outcome, text))
    check("no fence gets into the text", "```" not in text, text)

    check("the session ends with 0", editor.close() == 0)
    print(f"{results['passed']} passed, {results['failed']} failed")
    return results["failed"] > 0


sys.exit(main(*sys.argv[1:]))
