#!/usr/bin/env python3
"""A small language server to stand beside the one that is tested: it counts in UTF-16, reports each word `TODO` as a
problem, and offers one code action, which turns a line into capitals."""

import json
import sys


def send(message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    sys.stdout.buffer.flush()


def receive():
    length = 0
    while (line := sys.stdin.buffer.readline()) not in (b"\r\n", b""):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return json.loads(sys.stdin.buffer.read(length)) if length else None


def units(text):
    return len(text.encode("utf-16-le")) // 2


def publish(uri, text):
    problems = []
    for number, line in enumerate(text.split("\n")):
        at = line.find("TODO")
        if at >= 0:
            start, end = units(line[:at]), units(line[: at + 4])
            around = {"start": {"line": number, "character": start}, "end": {"line": number, "character": end}}
            problems.append({"range": around, "severity": 2, "source": "todos", "code": "T1", "message": "to be done"})
    send({"method": "textDocument/publishDiagnostics", "params": {"uri": uri, "diagnostics": problems}})


texts = {}
while message := receive():
    method, identity, params = message.get("method"), message.get("id"), message.get("params")
    if method == "initialize":
        capabilities = {"textDocumentSync": 1, "codeActionProvider": True, "positionEncoding": "utf-16"}
        send({"id": identity, "result": {"capabilities": capabilities}})
    elif method == "textDocument/didOpen":
        texts[params["textDocument"]["uri"]] = params["textDocument"]["text"]
        publish(params["textDocument"]["uri"], params["textDocument"]["text"])
    elif method == "textDocument/didChange":
        texts[params["textDocument"]["uri"]] = params["contentChanges"][-1]["text"]
        publish(params["textDocument"]["uri"], params["contentChanges"][-1]["text"])
    elif method == "textDocument/codeAction":
        uri, number = params["textDocument"]["uri"], params["range"]["start"]["line"]
        line = texts[uri].split("\n")[number]
        around = {"start": {"line": number, "character": 0}, "end": {"line": number, "character": units(line)}}
        edit = {"changes": {uri: [{"range": around, "newText": line.upper()}]}}
        send({"id": identity, "result": [{"title": "In capitals", "kind": "refactor.rewrite", "edit": edit}]})
    elif method == "exit":
        break
    elif identity is not None and method is not None:
        send({"id": identity, "result": None})
