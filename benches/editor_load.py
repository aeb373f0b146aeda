#!/usr/bin/env python3
"""Measures what a language server costs an editor, from outside, beside a floor and beside other servers.

    benches/editor_load.py NAME=COMMAND... [--runs 30] [--only start,memory,edits,menu] [--options NAME=FILE] [--json FILE]

- start: from the call that creates the process to the last byte of the `initialize` reply.
- memory: resident set (VmRSS) when idle after `initialized`, and what opening a document of 5 MiB adds to it.
- edits: 300 edits of one line each, in that document, and then a code action: from the first edit's first byte to the
  last byte of the reply. A code action that the server answers in order has seen every edit.
- menu: 2,000 code action requests, each after an edit of one line, in that document and a workspace with 200 prompt
  files of stackspot-lsp: the median, the 99th percentile and the slowest, from the request's first byte on.

Every round measures each server once, in a new order, so that what else the machine does hits all alike. The table has
medians, the fastest run, and the ratio of medians to the first server; for `start` also to `floor`, a program that
only reads and answers that one frame (benches/support/minimal_server.rs, built here by rustc). Linux, python3 alone.

`--options NAME=FILE` gives a server its initializationOptions, for those that do nothing without.
"""

import argparse
import gc
import json
import os
import random
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
DOCUMENT = "file:///tmp/large.py"
MIB = 1024 * 1024
EDITS = 300
MENUS = 2000
PROMPT_FILES = 200
CAPABILITIES = {
    "general": {"positionEncodings": ["utf-16"]},
    "workspace": {"applyEdit": True, "workspaceEdit": {"documentChanges": True}, "configuration": True},
    "textDocument": {
        "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "refactor"]}}}
    },
}


class Server:
    """A server as a child process, spoken to in frames."""

    def __init__(self, command, options):
        self.options = options
        self.next_id = 0
        self.received = bytearray()
        to_server_read, self.to_server = os.pipe()
        self.from_server, from_server_write = os.pipe()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        program = command[0]
        self.started = time.perf_counter()
        self.pid = os.posix_spawn(
            program,
            command,
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, to_server_read, 0),
                (os.POSIX_SPAWN_DUP2, from_server_write, 1),
                (os.POSIX_SPAWN_DUP2, nowhere, 2),
            ],
        )
        for descriptor in (to_server_read, from_server_write, nowhere):
            os.close(descriptor)

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def write(self, data):
        view = memoryview(data)
        while view:
            view = view[os.write(self.to_server, view) :]

    def receive(self):
        return json.loads(self.receive_body())

    def receive_body(self):
        while True:
            end = self.received.find(b"\r\n\r\n")
            if end >= 0:
                length = int(self.received[:end].lower().split(b"content-length:")[1].split(b"\r\n")[0])
                if len(self.received) >= end + 4 + length:
                    body = bytes(self.received[end + 4 : end + 4 + length])
                    del self.received[: end + 4 + length]
                    return body
            data = os.read(self.from_server, 65536)
            if not data:
                raise EOFError("the server ended")
            self.received += data

    def time_to_reply(self, method, params):
        """Sends a request; the milliseconds until the last byte of its reply is here. To read it is the client's affair."""
        self.next_id += 1
        self.send({"id": self.next_id, "method": method, "params": params})
        started = time.perf_counter()
        while True:
            body = self.receive_body()
            elapsed = (time.perf_counter() - started) * 1e3
            if json.loads(body).get("id") == self.next_id:
                return elapsed

    def request(self, method, params):
        """Sends a request and returns its result; answers what the server asks meanwhile with the least it accepts."""
        self.next_id += 1
        self.send({"id": self.next_id, "method": method, "params": params})
        while True:
            message = self.receive()
            if "method" in message:
                if "id" in message:
                    items = (message.get("params") or {}).get("items")
                    self.send({"id": message["id"], "result": None if items is None else [None] * len(items)})
            elif message["id"] == self.next_id:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]

    def notify(self, method, params):
        self.send({"method": method, "params": params})

    def initialize(self, root=None):
        params = {"processId": os.getpid(), "rootUri": root, "capabilities": CAPABILITIES}
        if self.options is not None:
            params["initializationOptions"] = self.options
        return self.request("initialize", params)

    def resident(self):
        """VmRSS in bytes, when it has stopped changing."""
        last = -1
        for _ in range(100):
            with open(f"/proc/{self.pid}/status") as status:
                now = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))
            if now == last:
                return now
            last = now
            time.sleep(0.02)
        return last

    def end(self):
        os.close(self.to_server)
        os.close(self.from_server)
        try:
            os.kill(self.pid, 9)
        except ProcessLookupError:
            pass
        os.waitpid(self.pid, 0)


def large_text():
    """5 MiB of code-like text, the same in each run."""
    lines, size, number = [], 0, 0
    while size < 5 * MIB:
        line = f"def function_{number}(argument): return argument * {number} + {number * 7919 % 104729}  # line {number}"
        lines.append(line)
        size += len(line) + 1
        number += 1
    return lines


LINES = large_text()
TEXT = "\n".join(LINES) + "\n"


def code_action(line):
    position = {"start": {"line": line, "character": 0}, "end": {"line": line, "character": 20}}
    return {"textDocument": {"uri": DOCUMENT}, "range": position, "context": {"diagnostics": [], "triggerKind": 1}}


def open_document(server):
    document = {"uri": DOCUMENT, "languageId": "python", "version": 1, "text": TEXT}
    server.notify("textDocument/didOpen", {"textDocument": document})
    if not server.request("textDocument/codeAction", code_action(10)):
        raise RuntimeError("no code actions")


def measure_start(command, options):
    server = Server(command, options)
    try:
        server.initialize()
        return {"start ms": (time.perf_counter() - server.started) * 1e3}
    finally:
        server.end()


def measure_memory(command, options):
    server = Server(command, options)
    try:
        server.initialize()
        server.notify("initialized", {})
        time.sleep(0.1)
        idle = server.resident()
        open_document(server)
        return {"idle MiB": idle / MIB, "5 MiB open adds MiB": (server.resident() - idle) / MIB}
    finally:
        server.end()


def measure_edits(command, options):
    server = Server(command, options)
    try:
        server.initialize()
        server.notify("initialized", {})
        open_document(server)
        frames = []
        for edit in range(EDITS):
            # Each edit replaces a word of another line, all over the document, as one `didChange`.
            line = edit * 7919 % len(LINES)
            position = {"start": {"line": line, "character": 0}, "end": {"line": line, "character": 3}}
            body = json.dumps(
                {
                    "jsonrpc": "2.0",
                    "method": "textDocument/didChange",
                    "params": {
                        "textDocument": {"uri": DOCUMENT, "version": edit + 2},
                        "contentChanges": [{"range": position, "text": "fed"}],
                    },
                }
            ).encode()
            frames.append(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        started = time.perf_counter()
        for frame in frames:
            server.write(frame)
        if not server.request("textDocument/codeAction", code_action(10)):
            raise RuntimeError("no code actions")
        return {f"{EDITS} edits, then a code action ms": (time.perf_counter() - started) * 1e3}
    finally:
        server.end()


def write_prompt_files(folder):
    actions = os.path.join(folder, ".stackspot", "actions")
    os.makedirs(actions)
    for number in range(PROMPT_FILES):
        with open(os.path.join(actions, f"prompt-{number}.md"), "w") as file:
            file.write(f"---\ntitle: Prompt {number} of the team\nresult: {['answer', 'replace'][number % 2]}\n---\n")
            file.write("Look at this {{ language }} code of {{ path }}:\n{{ selection }}\n")


def measure_menu(command, options):
    with tempfile.TemporaryDirectory() as folder:
        write_prompt_files(folder)
        server = Server(command, options)
        try:
            server.initialize(f"file://{folder}")
            server.notify("initialized", {})
            open_document(server)
            # Files may be read behind the first menu.
            time.sleep(0.5)
            offered = len(server.request("textDocument/codeAction", code_action(10)))
            times = []
            # Python's own collector of garbage stops for milliseconds.
            gc.disable()
            for number in range(MENUS):
                line = number * 7919 % len(LINES)
                position = {"start": {"line": line, "character": 0}, "end": {"line": line, "character": 3}}
                change = {"range": position, "text": "fed"}
                document = {"uri": DOCUMENT, "version": number + 2}
                server.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})
                asked = code_action(line)
                if number % 2:
                    asked["range"]["end"] = asked["range"]["start"]
                times.append(server.time_to_reply("textDocument/codeAction", asked))
            times.sort()
            return {
                "offered": offered,
                "menu ms": statistics.median(times),
                "menu, 99th percentile ms": times[len(times) * 99 // 100],
                "menu, slowest ms": times[-1],
            }
        finally:
            server.end()


MEASURES = {"menu": measure_menu, "start": measure_start, "memory": measure_memory, "edits": measure_edits}


def build_floor(folder):
    program = os.path.join(folder, "minimal_server")
    source = os.path.join(HERE, "support", "minimal_server.rs")
    # What `cargo build --release` passes for a crate that says nothing about its profile.
    subprocess.run(
        ["rustc", "--edition", "2024", "-C", "opt-level=3", "-C", "strip=debuginfo", source, "-o", program], check=True
    )
    return program


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("servers", nargs="+", metavar="NAME=COMMAND")
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--only", default="start,memory,edits,menu")
    parser.add_argument("--options", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--json", metavar="FILE", help="every single figure, for whoever wants to look closer")
    arguments = parser.parse_args()

    servers = {}
    for server in arguments.servers:
        name, _, command = server.partition("=")
        servers[name] = shlex.split(command)
    options = {}
    for option in arguments.options:
        name, _, file = option.partition("=")
        with open(file) as content:
            options[name] = json.load(content)

    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        floor = build_floor(folder)
        for measure in arguments.only.split(","):
            commands = dict(servers)
            if measure == "start":
                commands["floor"] = [floor]
            for _ in range(arguments.runs):
                for name in random.sample(list(commands), len(commands)):
                    try:
                        result = MEASURES[measure](commands[name], options.get(name))
                    except (EOFError, OSError, RuntimeError) as error:
                        sys.exit(f"{name}, {measure}: {error}")
                    for figure, value in result.items():
                        figures.setdefault(figure, {}).setdefault(name, []).append(value)

    first = next(iter(servers))
    print(f"{arguments.runs} interleaved runs each; medians")
    print(f"{'':34} {'':16} {'median':>9} {'fastest':>9} {'/ ' + first:>16} {'/ floor':>9}")
    for figure, by_server in figures.items():
        for name, values in by_server.items():
            median = statistics.median(values)
            ratio = median / statistics.median(by_server[first])
            over_floor = f"{median / statistics.median(by_server['floor']):9.2f}" if "floor" in by_server else ""
            print(f"{figure:34} {name:16} {median:9.2f} {min(values):9.2f} {ratio:16.2f} {over_floor}")
    if arguments.json:
        with open(arguments.json, "w") as output:
            json.dump(figures, output, indent=1)


if __name__ == "__main__":
    main()
