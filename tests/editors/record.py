#!/usr/bin/env python3
"""Stands between an editor and a language server, passes every byte on unchanged, and writes down what was said.

    record.py LOG SERVER [ARGS...]

LOG gets one JSON object a line: {"at": seconds, "from": "client"|"server", "message": {...}}, or "broken": "why" in
place of the message when the bytes are no frame, and last {"exit": code of the server}. `check_session.py` reads it.
"""

import json
import os
import subprocess
import sys
import threading
import time


class Frames:
    """Cuts a byte stream into messages; reports what is no frame and stops looking after it."""

    def __init__(self):
        self.pending = bytearray()
        self.broken = False

    def feed(self, data):
        if self.broken:
            return
        self.pending += data
        while True:
            end = self.pending.find(b"\r\n\r\n")
            if end < 0:
                if len(self.pending) > 4096:
                    yield self.give_up("no end of headers in 4096 bytes")
                return
            length = None
            for header in bytes(self.pending[:end]).split(b"\r\n"):
                name, _, value = header.partition(b":")
                if name.strip().lower() == b"content-length" and value.strip().isdigit():
                    length = int(value)
            if length is None:
                yield self.give_up("no Content-Length")
                return
            body = bytes(self.pending[end + 4 : end + 4 + length])
            if len(body) < length:
                return
            del self.pending[: end + 4 + length]
            try:
                yield {"message": json.loads(body.decode("utf-8"))}
            except ValueError as error:
                yield {"broken": f"body is no JSON: {error}: {body[:80]!r}"}

    def give_up(self, why):
        self.broken = True
        return {"broken": f"{why}: {bytes(self.pending[:80])!r}"}

    def rest(self):
        if self.pending and not self.broken:
            yield self.give_up("bytes left at the end")


def main():
    log = open(sys.argv[1], "a", buffering=1, encoding="utf-8")
    started = time.monotonic()
    lock = threading.Lock()
    server = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def note(**entry):
        with lock:
            log.write(json.dumps({"at": round(time.monotonic() - started, 4), **entry}) + "\n")

    def carry(side, source, target):
        frames = Frames()
        while data := source.read1(65536):
            # Written down before it is passed on, so that no reply stands before its request.
            for entry in frames.feed(data):
                note(**{"from": side}, **entry)
            try:
                target.write(data)
                target.flush()
            except OSError:
                break
        for entry in frames.rest():
            note(**{"from": side}, **entry)
        try:
            target.close()
        except OSError:
            pass

    threading.Thread(target=carry, args=("client", sys.stdin.buffer, server.stdin), daemon=True).start()
    carry("server", server.stdout, sys.stdout.buffer)
    code = server.wait()
    note(exit=code)
    # The thread may still be blocked on a client that keeps its end open; nothing is left to carry.
    log.flush()
    os._exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
