#!/usr/bin/env python3
"""Writes src/start.ld: which functions stand together in the program, because they run from its start to its first menu.

    CARGO_PROFILE_RELEASE_STRIP=none cargo build --release
    python3 benches/start_order.py target/release/stackspot-lsp > src/start.ld

The program is run under valgrind (callgrind); it needs `nm`, too. Do it anew when the idle memory of docs/performance.md has
grown, for instance with another version of Rust: a name that is not there any more does no harm, and orders nothing. The
hash at the end of a name is left out, but where many functions share the rest of it.
"""

import collections
import os
import re
import subprocess
import sys
import tempfile
import time

import editor_load

TEXT = "def f(a):\n    return a\n"


def executed(program, with_menus):
    """The functions that run, in the order in which callgrind lists them."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        valgrind = ["/usr/bin/valgrind", "--tool=callgrind", "--demangle=no", "--dump-line=no"]
        server = editor_load.Server([*valgrind, f"--callgrind-out-file={out}", program], None)
        server.initialize()
        server.notify("initialized", {})
        time.sleep(1)
        if with_menus:
            document = {"uri": editor_load.DOCUMENT, "languageId": "python", "version": 1, "text": TEXT}
            server.notify("textDocument/didOpen", {"textDocument": document})
            for version in (2, 3):
                place = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 3}}
                named = {"uri": editor_load.DOCUMENT, "version": version}
                changes = [{"range": place, "text": "def"}]
                server.notify("textDocument/didChange", {"textDocument": named, "contentChanges": changes})
                server.request("textDocument/codeAction", editor_load.code_action(0))
        server.request("shutdown", None)
        server.notify("exit", None)
        os.waitpid(server.pid, 0)
        with open(out) as profile:
            named = (re.match(r"c?fn=\(\d+\) (.*)$", line.strip()) for line in profile)
            # Callgrind counts the calls of itself: name'2.
            return [re.sub(r"'\d+$", "", match.group(1)) for match in named if match]


def sizes(program):
    """The functions of the program, and how many bytes each has."""
    listed = subprocess.run(["nm", "-S", "--defined-only", program], capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in listed.splitlines())
    return {row[3]: int(row[1], 16) for row in rows if len(row) == 4 and row[2] in "tTwW"}


def without_hash(name):
    match = re.match(r"(_ZN.*17h)[0-9a-f]{16}E", name)
    return match and match.group(1)


def main():
    program = os.path.abspath(sys.argv[1])
    known = sizes(program)
    names = executed(program, False) + executed(program, True)
    names = [name for name in dict.fromkeys(names) if name in known]
    in_all, wanted = collections.Counter(), collections.Counter()
    for name, size in known.items():
        in_all[without_hash(name)] += size
    for name in names:
        wanted[without_hash(name)] += known[name]
    patterns = []
    for name in names:
        short = without_hash(name)
        few = short and in_all[short] <= max(2 * wanted[short], wanted[short] + 2048)
        patterns.append(f"{short}*" if few else name)
    print("/* Written by benches/start_order.py. */\nSECTIONS\n{\n  .text.start :\n  {")
    for pattern in dict.fromkeys(patterns):
        print(f"    *(.text.{pattern} .text.unlikely.{pattern})")
    print("  }\n}\nINSERT BEFORE .text;")


main()
