#!/usr/bin/env python3
"""Measures what a long answer costs an editor: bytes and time, and how fast cancelling closes the connection.

    benches/stream.py BINARY [--deltas 100000] [--runs 30] [--jobs 64]

The agent is a program on loopback that speaks the Agents API and writes as fast as it is read. `stackspot-lsp/run` asks
it for an explanation, as a plug-in does, with partial results.

- answer: an answer of that many deltas of 6 bytes. Bytes that the client was sent, for each byte of the answer; frames a
  second; time; how much the server's memory grew at most (VmHWM).
- cancel: `$/cancelRequest` in the middle of an answer that never ends, until the agent sees its connection closed, and
  until the client has its response. Medians and the slowest.
- delay: jobs side by side, each with a delta of its own every 250 ms, then every 12 ms, which tells when it was written. How
  long until the client has it, at most 60 frames a second for each job included, beside a client that reads the same connections bare (the floor: loopback, threads and python).

Linux, python3 alone.
"""

import argparse
import json
import os
import random
import select
import selectors
import socket
import statistics
import tempfile
import threading
import time

from editor_load import Server

DELTA = "word, "
# Seconds between the deltas of a job: slower than frames, so that each goes out by itself, and faster, so that the 16 ms
# of a frame hold some back.
TICKS = [0.25, 0.012]
DELAY_SECONDS = 5
URI = "file:///tmp/stream.py"
STATE = tempfile.TemporaryDirectory()
DOCUMENT = "def total(prices):\n    return sum(prices)\n"


class Agent:
    """The Agents API on loopback: any token; an answer that is endless, counted, or tells the time."""

    def __init__(self, deltas, ticks=0, tick=0.0):
        self.deltas = deltas
        self.ticks = ticks
        self.tick = tick
        self.streaming = threading.Event()
        self.closed_at = None
        self.closed = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        requests = connection.makefile("rb")
        while line := requests.readline():
            path, length = line.split()[1], 0
            while (header := requests.readline()) not in (b"\r\n", b""):
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            requests.read(length)
            if b"/chat" in path:
                self.answer(connection)
                return
            body = b'{"access_token":"t","token_type":"bearer","expires_in":1200}'
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
            connection.sendall(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def answer(self, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        event = b"data: %b\n\n" % json.dumps({"message": DELTA}).encode()
        if self.ticks:
            self.tell_the_time(connection)
            return
        if self.deltas is None:
            self.until_closed(connection, event)
            return
        left = self.deltas
        while left > 0:
            count = min(left, 200)
            connection.sendall(event * count)
            left -= count
        last = {"message": "", "stop_reason": "stop", "tokens": {"input": 1, "output": self.deltas}, "message_id": "m"}
        connection.sendall(b"data: %b\n\n" % json.dumps(last).encode())
        connection.close()

    def tell_the_time(self, connection):
        # Not all at the same moment.
        time.sleep(random.random() * self.tick)
        for _ in range(self.ticks):
            time.sleep(self.tick)
            event = json.dumps({"message": f"{time.perf_counter():.6f} "}).encode()
            connection.sendall(b"data: %b\n\n" % event)
        connection.sendall(b'data: {"stop_reason":"stop"}\n\n')
        connection.close()

    def until_closed(self, connection, event):
        """A delta every 10 ms, and a watch on the socket that notices its end at once."""
        poll = select.poll()
        poll.register(connection, select.POLLIN | select.POLLRDHUP | select.POLLHUP | select.POLLERR)
        due = time.perf_counter()
        while True:
            if poll.poll(max(0, (due - time.perf_counter()) * 1e3)):
                self.closed_at = time.perf_counter()
                self.closed.set()
                connection.close()
                return
            try:
                connection.sendall(event)
            except OSError:
                continue
            self.streaming.set()
            due += 0.01


def set_environment(agent):
    """The servers that are started from now on have their account with this agent."""
    os.environ.update(
        XDG_STATE_HOME=STATE.name,
        STACKSPOT_TOKEN="t",
        STACKSPOT_REALM="bench",
        STACKSPOT_AGENT_ID="01BENCH",
        STACKSPOT_IDM_URL=agent.url,
        STACKSPOT_INFERENCE_URL=agent.url,
        STACKSPOT_DATA_URL=agent.url,
        STACKSPOT_AGENTS_URL=agent.url,
        STACKSPOT_LSP_LOG="error",
    )


def start(binary, agent, options=None):
    set_environment(agent)
    server = Server([binary], options)
    server.initialize()
    server.notify("initialized", {})
    document = {"uri": URI, "languageId": "python", "version": 1, "text": DOCUMENT}
    server.notify("textDocument/didOpen", {"textDocument": document})
    return server


def run_params(token="p"):
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 2, "character": 0}}
    return {"action": "explain", "textDocument": {"uri": URI, "version": 1}, "range": whole, "partialResultToken": token}


def peak(server):
    with open(f"/proc/{server.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024


def measure_answer(binary, deltas):
    agent = Agent(deltas)
    server = start(binary, agent)
    try:
        before = peak(server)
        started = time.perf_counter()
        server.send({"id": "run", "method": "stackspot-lsp/run", "params": run_params()})
        sent, frames, parts = 0, 0, []
        while True:
            message = server.receive()
            if message.get("id") == "run":
                break
            if message.get("method") == "$/progress" and message["params"]["token"] == "p":
                frames += 1
                sent += len(json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode())
                parts.append(message["params"]["value"]["delta"])
            elif "method" in message and "id" in message:
                server.send({"id": message["id"], "result": None})
        seconds = time.perf_counter() - started
        if "error" in message:
            raise SystemExit(f"the run failed: {message['error']}")
        answer = message["result"]["answer"]
        if answer != DELTA * deltas or "".join(parts) != answer:
            raise SystemExit("the deltas, joined, are not the answer that the agent gave")
        return {
            "bytes of deltas for a byte of answer": sent / len(answer),
            "frames": frames,
            "frames a second": frames / seconds,
            "seconds": seconds,
            "peak memory grew MiB": peak(server) - before,
        }
    finally:
        server.end()


def measure_cancel(binary):
    agent = Agent(None)
    server = start(binary, agent)
    try:
        server.send({"id": "run", "method": "stackspot-lsp/run", "params": run_params()})
        while True:
            message = server.receive()
            if message.get("method") == "$/progress" and message["params"]["token"] == "p":
                break
            if "method" in message and "id" in message:
                server.send({"id": message["id"], "result": None})
        cancelled = time.perf_counter()
        server.notify("$/cancelRequest", {"id": "run"})
        while message.get("id") != "run":
            message = server.receive()
        answered = time.perf_counter()
        code = message.get("error", {}).get("code")
        if code != -32800:
            raise SystemExit(f"not a cancelled request: {message}")
        if not agent.closed.wait(10):
            raise SystemExit("the connection to the agent was still open after 10 s")
        return {"closed ms": (agent.closed_at - cancelled) * 1e3, "answered ms": (answered - cancelled) * 1e3}
    finally:
        server.end()


def measure_delay(binary, jobs, tick):
    agent = Agent(None, int(DELAY_SECONDS / tick), tick)
    limits = {"concurrentJobs": jobs, "requestsPerMinute": 10_000}
    server = start(binary, agent, {"limits": limits})
    delays, left = [], jobs
    try:
        for job in range(jobs):
            server.send({"id": f"run{job}", "method": "stackspot-lsp/run", "params": run_params(f"p{job}")})
        while left:
            message = server.receive()
            now = time.perf_counter()
            if message.get("method") == "$/progress" and message["params"]["token"].startswith("p"):
                delays += [now - float(written) for written in message["params"]["value"]["delta"].split()]
            elif "method" in message and "id" in message:
                server.send({"id": message["id"], "result": None})
            elif "method" not in message:
                if "error" in message:
                    raise SystemExit(f"a run failed: {message['error']}")
                left -= 1
        return delays
    finally:
        server.end()


def measure_bare_delay(jobs, tick):
    agent = Agent(None, int(DELAY_SECONDS / tick), tick)
    address = agent.listener.getsockname()
    delays, waiting = [], selectors.DefaultSelector()
    for _ in range(jobs):
        connection = socket.create_connection(address)
        connection.sendall(b"POST /chat HTTP/1.1\r\n\r\n")
        waiting.register(connection, selectors.EVENT_READ)
    while waiting.get_map():
        for key, _ in waiting.select():
            data = key.fileobj.recv(65536)
            now = time.perf_counter()
            if not data:
                waiting.unregister(key.fileobj)
                key.fileobj.close()
            events = [line[6:] for line in data.split(b"\n") if line.startswith(b"data: ")]
            messages = [json.loads(event).get("message") for event in events]
            delays += [now - float(written) for written in messages if written]
    return delays


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--deltas", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--jobs", type=int, default=64)
    arguments = parser.parse_args()
    binary = os.path.abspath(arguments.binary)

    answers = [measure_answer(binary, arguments.deltas) for _ in range(3)]
    print(f"an answer of {arguments.deltas} deltas, median of {len(answers)}")
    for figure in answers[0]:
        print(f"    {figure:40} {statistics.median(answer[figure] for answer in answers):10.2f}")
    cancels = [measure_cancel(binary) for _ in range(arguments.runs)]
    print(f"cancel, {arguments.runs} runs{'':32} {'median':>10} {'slowest':>10}")
    for figure in cancels[0]:
        values = [cancel[figure] for cancel in cancels]
        print(f"    {figure:40} {statistics.median(values):10.2f} {max(values):10.2f}")
    for tick in TICKS:
        title = f"delay of a delta every {tick * 1e3:.0f} ms, {arguments.jobs} jobs"
        print(f"{title:44} {'median':>10} {'99 %':>10} {'slowest':>10}")
        for name, delays in [
            ("the server ms", measure_delay(binary, arguments.jobs, tick)),
            ("read bare ms", measure_bare_delay(arguments.jobs, tick)),
        ]:
            delays.sort()
            figures = [statistics.median(delays), delays[len(delays) * 99 // 100], delays[-1]]
            print(f"    {name:40} " + " ".join(f"{figure * 1e3:10.2f}" for figure in figures))


if __name__ == "__main__":
    main()
