#!/usr/bin/env python3
"""summary.py LOG WHOLE: what the tests did under Wine, of the log of `cargo test`; and the tests that are not built for Windows.

A test that cannot run there says so in one word, which this prints: `#[cfg_attr(windows, ignore = "pty")]`, or, where it
does not even compile, `#[cfg(unix)] // pty` on the test or on the module of tests, or `#![cfg(unix)] // pty` in its file.
One that says no word is a failure; so is more than 3 % of skipped tests. WHOLE is 1 where all tests ran, else 0.
"""

import collections
import pathlib
import re
import sys

MOST_SKIPPED = 0.03
# Of this file of tests nothing is counted: it takes minutes, and each part is asked for by its name.
NOT_RUN = {"endurance"}
TEST = re.compile(r"^\s*#\[(tokio::)?test\b.*?\]\n(?:\s*(?:#\[.*\]|//.*)\n)*\s*(?:async )?fn (\w+)", re.MULTILINE)
GUARD = re.compile(
    r"^(\s*)#\[cfg\((?:all\()?(?:test, )?(?:unix|target_os = \"linux\")(?:, not\(target_os = \"macos\"\))?\)+\](?: // (\S+))?\n", re.MULTILINE
)
WHOLE_FILE = re.compile(r"^#!\[cfg\(unix\)\](?: // (\S+))?$", re.MULTILINE)


def main(log, whole):
    checkout = pathlib.Path(__file__).resolve().parents[2]
    text = log.read_text(errors="replace")
    failed = sorted(set(re.findall(r"^test (\S+) \.\.\. FAILED", text, re.MULTILINE)))
    passed = len(re.findall(r"^test \S+(?: - should panic)? \.\.\. ok$", text, re.MULTILINE))
    skipped = collections.defaultdict(list)
    for name, reason in re.findall(r"^test (\S+) \.\.\. ignored(?:, (.*))?$", text, re.MULTILINE):
        skipped[reason or ""].append(name)
    if whole:
        # A test that is left out may stand in a module that is.
        for reason, name in {name.rsplit("::")[-1]: (reason, name) for reason, name in not_built(checkout)}.values():
            skipped[reason].append(name)
    for name in failed:
        print(f"failed   {name}")
    for reason, names in sorted(skipped.items()):
        for name in sorted(names):
            print(f"skipped  {name} ({reason or 'it does not say why'})")
    count = sum(map(len, skipped.values()))
    problems = len(failed)
    # A program that broke off has no line for its tests.
    problems += len(re.findall(r"^error: test failed", text, re.MULTILINE)) if not failed else 0
    problems += len(skipped[""])
    if whole and count > MOST_SKIPPED * (passed + count):
        print(f"{count} skipped is more than {MOST_SKIPPED:.0%} of {passed + count}")
        problems += 1
    reasons = ", ".join(f"{len(names)} {reason}" for reason, names in sorted(skipped.items()) if names)
    print(f"skipped for: {reasons or 'nothing'}")
    print(f"{passed} passed, {problems} failed, {count} skipped")
    return 1 if problems or not passed else 0


def not_built(checkout):
    """The tests that are left out of a build for Windows, each with its word."""
    for path in sorted([*checkout.glob("src/**/*.rs"), *checkout.glob("tests/**/*.rs")]):
        if NOT_RUN & set(path.parts):
            continue
        text = path.read_text()
        name = path.relative_to(checkout).with_suffix("").as_posix()
        if whole := WHOLE_FILE.search(text):
            yield from ((whole[1] or "", f"{name}::{test[2]}") for test in TEST.finditer(text))
            continue
        for guard in GUARD.finditer(text):
            rest = text[guard.end() :]
            if test := TEST.match(rest):
                # One of the same name may stand beside it, for Windows.
                if text.count(f"fn {test[2]}(") > 1:
                    continue
                yield guard[2] or "", f"{name}::{test[2]}"
            elif module := re.match(r"\s*mod (\w+);", rest):
                below = path.parent / f"{module[1]}.rs"
                inside = below if below.exists() else path.parent / module[1] / "mod.rs"
                for test in TEST.finditer(inside.read_text() if inside.exists() else ""):
                    yield guard[2] or "", f"{name}::{module[1]}::{test[2]}"
            elif re.match(r"\s*mod (\w+) \{", rest):
                block = rest.split(f"\n{guard[1]}}}\n")[0]
                yield from ((guard[2] or "", f"{name}::{test[2]}") for test in TEST.finditer(block))


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), sys.argv[2] == "1"))
