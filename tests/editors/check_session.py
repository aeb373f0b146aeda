#!/usr/bin/env python3
"""Holds a session that `record.py` wrote down against what any client may rely on; prints what is wrong with it.

    check_session.py LOG [--cut-off | --may-be-cut-off]        exit code 0: nothing wrong

With --cut-off the client went without a word, as multiplexers do: the server ends with code 1. With --may-be-cut-off it
goes in either way.

- The server's bytes are frames, and every frame is a JSON-RPC 2.0 message of a right shape.
- Every request got exactly one response.
- The client took every registration.
- Every progress was created, or its token came with a request, before it began; it has one begin, and ends exactly once.
- The server sent only what the client had declared.
- The server ended with exit code 0 after `shutdown` and `exit`.
"""

import collections
import json
import sys

REGISTRABLE = {
    "textDocument/hover": ("textDocument", "hover"),
    "textDocument/codeAction": ("textDocument", "codeAction"),
    "workspace/didChangeConfiguration": ("workspace", "didChangeConfiguration"),
    "workspace/didChangeWatchedFiles": ("workspace", "didChangeWatchedFiles"),
}
DECLARED = {
    "workspace/applyEdit": ("workspace", "applyEdit"),
    "workspace/configuration": ("workspace", "configuration"),
    "workspace/workspaceFolders": ("workspace", "workspaceFolders"),
    "workspace/codeLens/refresh": ("workspace", "codeLens", "refreshSupport"),
    "window/workDoneProgress/create": ("window", "workDoneProgress"),
    "window/showDocument": ("window", "showDocument", "support"),
}
BASE = {"window/showMessageRequest", "client/registerCapability", "client/unregisterCapability"}
NOTIFICATIONS = {"$/progress", "$/logTrace", "window/showMessage", "window/logMessage", "textDocument/publishDiagnostics"}


def declared(capabilities, path):
    for name in path:
        if not isinstance(capabilities, dict):
            return False
        capabilities = capabilities.get(name)
    return bool(capabilities) or capabilities == {}


def main():
    entries = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
    wrong = []
    capabilities = {}
    owed = {"client": {}, "server": {}}  # requests by their sender, until they are answered
    progress = collections.defaultdict(list)
    created = set()
    requests = 0

    def check_server_request(method, params):
        path = DECLARED.get(method)
        if path and not declared(capabilities, path):
            wrong.append(f"{method} was sent, and the client never declared {'.'.join(path)}")
        if not path and method not in BASE:
            wrong.append(f"unknown request to the client: {method}")
        if method == "window/workDoneProgress/create":
            created.add(params["token"])
        if method == "client/registerCapability":
            for registration in params["registrations"]:
                path = REGISTRABLE.get(registration["method"])
                if not path or not declared(capabilities, (*path, "dynamicRegistration")):
                    wrong.append(f"{registration['method']} was registered, and the client never declared that it may be")
        if method == "workspace/applyEdit" and "documentChanges" in params["edit"]:
            edits = capabilities.get("workspace", {}).get("workspaceEdit", {})
            if not (edits.get("documentChanges") or edits.get("resourceOperations")):
                wrong.append("documentChanges were sent, and the client declared neither them nor resource operations")

    def check_progress(params):
        token, value = params["token"], params["value"]
        kind = value.get("kind") if isinstance(value, dict) else None
        if kind is None:
            return
        progress[token].append(kind)
        if kind == "begin" and token not in created:
            wrong.append(f"progress {token} began before it was created")

    for entry in entries:
        if "exit" in entry:
            continue
        side = entry["from"]
        other = "server" if side == "client" else "client"
        if "broken" in entry:
            wrong.append(f"bytes of the {side} are no frame: {entry['broken']}")
            continue
        message = entry["message"]
        method, identity = message.get("method"), message.get("id")
        if message.get("jsonrpc") != "2.0":
            wrong.append(f"no JSON-RPC 2.0 message: {json.dumps(message)[:120]}")
        if side == "client" and method is not None and "workDoneToken" in (message.get("params") or {}):
            created.add(message["params"]["workDoneToken"])
        if method == "initialize":
            capabilities = message["params"]["capabilities"]
        if side == "client" and method is not None:
            # A token that the client brings itself, with a request or with the argument of a command.
            params = message.get("params") or {}
            for holder in [params, *params.get("arguments", [])] if isinstance(params, dict) else []:
                if isinstance(holder, dict) and "workDoneToken" in holder:
                    created.add(holder["workDoneToken"])
        if method is not None and identity is not None:
            requests += 1
            if identity in owed[side]:
                wrong.append(f"the {side} used the id {identity} twice")
            owed[side][identity] = method
            if side == "server":
                check_server_request(method, message.get("params"))
        elif method is not None:
            if side == "server" and method not in NOTIFICATIONS:
                wrong.append(f"unknown notification to the client: {method}")
            if side == "server" and method == "$/progress":
                check_progress(message["params"])
        else:
            answered = owed[other].pop(identity, None)
            if answered == "client/registerCapability" and "error" in message:
                wrong.append(f"the client refused a registration: {message['error']}")
            if answered is None:
                wrong.append(f"the {side} answered {identity}, which was not asked, or twice")
            if ("result" in message) == ("error" in message):
                wrong.append(f"a response needs a result or an error: {json.dumps(message)[:120]}")

    for identity, method in owed["client"].items():
        wrong.append(f"{method} ({identity}) was never answered")
    for token, kinds in progress.items():
        if kinds[0] != "begin" or kinds[-1] != "end" or kinds.count("begin") != 1 or kinds.count("end") != 1:
            wrong.append(f"progress {token} went {', '.join(kinds)}")
    code = next((entry["exit"] for entry in entries if "exit" in entry), None)
    codes = {"--cut-off": [1], "--may-be-cut-off": [0, 1]}.get("".join(sys.argv[2:]), [0])
    if code not in codes:
        wrong.append(f"the server ended with exit code {code}")
    if not any("message" in entry and entry["from"] == "server" for entry in entries):
        wrong.append("the server said nothing")

    for line in wrong:
        print(f"      {line}")
    if not wrong:
        print(f"      {len(entries)} entries, {requests} requests, {len(progress)} progresses, nothing wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
