"""An editor in a few lines: it starts a language server, opens texts, runs actions and applies edits."""

import json
import subprocess
import time


class Editor:
    def __init__(self, command, environment=None):
        self.server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        )
        self.next_id = 0
        self.texts = {}
        capabilities = {
            "general": {"positionEncodings": ["utf-32"]},
            "workspace": {"applyEdit": True, "workspaceEdit": {"documentChanges": True}},
        }
        self.request("initialize", {"processId": None, "rootUri": None, "capabilities": capabilities})
        self.send({"method": "initialized", "params": {}})

    def open(self, uri, language, text):
        self.texts[uri] = (1, text)
        document = {"uri": uri, "languageId": language, "version": 1, "text": text}
        self.send({"method": "textDocument/didOpen", "params": {"textDocument": document}})

    def run(self, action, uri, first, last, instruction=None):
        """Runs an action on whole lines, from 0, `last` excluded. Gives the result or the error, and the deltas, each with
        its time."""
        span = {"start": {"line": first, "character": 0}, "end": {"line": last, "character": 0}}
        params = {"action": action, "textDocument": {"uri": uri}, "range": span, "partialResultToken": "deltas"}
        if instruction:
            params["instruction"] = instruction
        deltas = []
        return self.request("stackspot-lsp/run", params, deltas), deltas

    def text(self, uri):
        return self.texts[uri][1]

    def close(self):
        """Ends the session; gives the exit code."""
        self.request("shutdown", None)
        self.send({"method": "exit", "params": None})
        self.server.stdin.close()
        return self.server.wait(timeout=30)

    def request(self, method, params, deltas=None):
        self.next_id += 1
        self.send({"id": self.next_id, "method": method, "params": params})
        while True:
            message = self.receive()
            if message.get("id") == self.next_id and "method" not in message:
                return message
            if message.get("method") == "$/progress" and deltas is not None:
                value = message["params"]["value"]
                if message["params"]["token"] == "deltas" and value.get("delta"):
                    deltas.append((time.monotonic(), value["delta"]))
            elif message.get("method") == "workspace/applyEdit":
                self.apply(message)
            elif "method" in message and "id" in message:
                self.send({"id": message["id"], "result": None})

    def apply(self, message):
        change = message["params"]["edit"]["documentChanges"][0]
        uri = change["textDocument"]["uri"]
        version, text = self.texts[uri]
        applied = change["textDocument"]["version"] in (version, None)
        if applied:
            for edit in reversed(change["edits"]):
                start, end = (offset(text, edit["range"][side]) for side in ("start", "end"))
                text = text[:start] + edit["newText"] + text[end:]
            self.texts[uri] = (version + 1, text)
        self.send({"id": message["id"], "result": {"applied": applied}})
        if applied:
            document = {"uri": uri, "version": version + 1}
            params = {"textDocument": document, "contentChanges": [{"text": text}]}
            self.send({"method": "textDocument/didChange", "params": params})

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.server.stdin.flush()

    def receive(self):
        length = 0
        while (line := self.server.stdout.readline()) != b"\r\n":
            if not line:
                raise EOFError("the server has ended")
            name, _, value = line.decode().partition(":")
            if name.lower() == "content-length":
                length = int(value)
        return json.loads(self.server.stdout.read(length))


def offset(text, position):
    """The character at a position that counts characters."""
    lines = text.splitlines(keepends=True)
    return sum(map(len, lines[: position["line"]])) + position["character"]
