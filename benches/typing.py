#!/usr/bin/env python3
"""Measures what the user feels while answers stream: from a keystroke to the hover over what was typed.

    benches/typing.py BINARY [--answers 8] [--keystrokes 2000] [--surface virtual|file|message] [--rate 100]

An agent on loopback writes that many answers side by side, each `--rate` deltas of 6 bytes a second, for as long as it
takes. The client opens what it is asked to, fetches virtual documents, and applies the edits of files, as an editor
does. Meanwhile it types: each keystroke is a `didChange` outside of the explained function and, right behind it, a
`textDocument/hover` over the function, which an earlier answer explains. The time is from the first byte of the change
to the last byte of the reply: the median, the 99th percentile and the slowest. Linux, python3 alone.
"""

import argparse
import json
import os
import select
import threading
import time

from editor_load import Server
from stream import DELTA, DOCUMENT, URI, Agent, run_params, set_environment

CAPABILITIES = {
    "general": {"positionEncodings": ["utf-8"]},
    "workspace": {"applyEdit": True, "workspaceEdit": {"documentChanges": True}, "textDocumentContent": {}},
    "textDocument": {"hover": {"contentFormat": ["markdown"]}},
    "window": {"workDoneProgress": True, "showDocument": {"support": True}},
}


class Steady(Agent):
    """The first answer is short and whole; every other one goes on until its reader is gone."""

    def __init__(self, rate):
        self.rate = rate
        self.answers = 0
        self.lock = threading.Lock()
        super().__init__(None)

    def answer(self, connection):
        with self.lock:
            self.answers += 1
            is_first = self.answers == 1
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        event = b"data: %b\n\n" % json.dumps({"message": DELTA}).encode()
        if is_first:
            connection.sendall(event + b'data: {"message":"","stop_reason":"stop"}\n\n')
            connection.close()
            return
        try:
            while True:
                connection.sendall(event)
                time.sleep(1 / self.rate)
        except OSError:
            connection.close()


class Editor:
    """A client that shows answers as an editor does, and keeps what it was sent."""

    def __init__(self, binary, agent, surface):
        set_environment(agent)
        options = {"answer": {"surface": surface}, "limits": {"concurrentJobs": 64, "requestsPerMinute": 10_000}}
        self.server = Server([binary], options)
        params = {"processId": os.getpid(), "rootUri": None, "capabilities": CAPABILITIES, "initializationOptions": options}
        self.server.request("initialize", params)
        self.server.notify("initialized", {})
        self.versions = {}
        self.open(URI, "python", DOCUMENT + "\n\n")
        self.shown = set()
        self.edits = self.fetched = 0

    def open(self, uri, language, text):
        self.versions[uri] = 1
        document = {"uri": uri, "languageId": language, "version": 1, "text": text}
        self.server.notify("textDocument/didOpen", {"textDocument": document})

    def change(self, uri, edits):
        self.versions[uri] += 1
        document = {"uri": uri, "version": self.versions[uri]}
        changes = [{"range": edit["range"], "text": edit["newText"]} for edit in edits]
        self.server.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})

    def take(self, message):
        """Does what the server asks for; returns what is a reply."""
        method, params, reply = message.get("method"), message.get("params"), None
        if method is None:
            return message
        if method == "window/showDocument":
            uri, reply = params["uri"], {"success": True}
            self.shown.add(uri)
            if uri.startswith("file:"):
                with open(uri.removeprefix("file://")) as file:
                    self.open(uri, "markdown", file.read())
            else:
                self.fetch(uri)
        elif method == "workspace/textDocumentContent/refresh":
            self.fetch(params["uri"])
        elif method == "workspace/applyEdit":
            self.edits += 1
            for change in params["edit"]["documentChanges"]:
                self.change(change["textDocument"]["uri"], change["edits"])
            reply = {"applied": True}
        if "id" in message:
            self.server.send({"id": message["id"], "result": reply})
        return None

    def fetch(self, uri):
        self.fetched += 1
        self.server.send({"id": f"fetch {self.fetched}", "method": "workspace/textDocumentContent", "params": {"uri": uri}})

    def wait(self, until):
        while not until():
            self.take(self.server.receive())

    def drain(self, seconds):
        """What comes within this time."""
        deadline = time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            if self.server.received or select.select([self.server.from_server], [], [], left)[0]:
                self.take(self.server.receive())

    def hover_after_typing(self, number):
        end = {"line": 4 + number // 80, "character": number % 80}
        typed = "\n" if number % 80 == 79 else "x"
        self.change(URI, [{"range": {"start": end, "end": end}, "newText": typed}])
        position = {"line": 1, "character": 6}
        identity = f"hover {number}"
        params = {"textDocument": {"uri": URI}, "position": position}
        self.server.send({"id": identity, "method": "textDocument/hover", "params": params})
        while True:
            message = self.take(self.server.receive())
            if message and message.get("id") == identity:
                if not message["result"]:
                    raise SystemExit("the hover recalled nothing")
                return


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--answers", type=int, default=8)
    parser.add_argument("--keystrokes", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--surface", choices=["virtual", "file", "message"], action="append")
    arguments = parser.parse_args()
    for surface in arguments.surface or ["virtual", "file"]:
        agent = Steady(arguments.rate)
        editor = Editor(os.path.abspath(arguments.binary), agent, surface)
        run = {key: value for key, value in run_params().items() if key != "partialResultToken"}
        editor.server.send({"id": "explain", "method": "stackspot-lsp/run", "params": run})
        while (message := editor.take(editor.server.receive())) is None or message.get("id") != "explain":
            pass
        for _ in range(arguments.answers):
            command = {"command": "stackspot-lsp.run", "arguments": [run]}
            editor.server.send({"id": "run", "method": "workspace/executeCommand", "params": command})
        if surface != "message":
            editor.wait(lambda: len(editor.shown) >= arguments.answers)
        times = []
        for number in range(arguments.keystrokes):
            started = time.perf_counter()
            editor.hover_after_typing(number)
            times.append((time.perf_counter() - started) * 1e3)
            editor.drain(0.01)
        times.sort()
        median, late, slowest = times[len(times) // 2], times[len(times) * 99 // 100], times[-1]
        print(
            f"{surface}: {arguments.answers} answers, {arguments.keystrokes} keystrokes: "
            f"didChange to hover {median:.2f} ms, 99 % {late:.2f} ms, slowest {slowest:.2f} ms "
            f"({editor.fetched} fetches, {editor.edits} edits meanwhile)"
        )
        editor.server.end()


if __name__ == "__main__":
    main()
