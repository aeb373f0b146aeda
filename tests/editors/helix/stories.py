#!/usr/bin/env python3
"""What a user does in Helix, on the committed languages.toml and a real server in its sandbox.

`run-helix.sh` starts it in a home that was set up as editors/helix/README.md says, with `project/` and `account/` (whose
server is not in the sandbox). It prints a line per story; exit code 0 when all passed. Keys go to a real Helix in a
terminal (tmux), and what is waited for is on its screen, in the recorded session, or on the disk.
"""

import glob
import json
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from picture import Terminal  # noqa: E402

HOME = os.environ["HOME"]
DEADLINE = 30
SIZE = (130, 34)
started = time.monotonic()
failed = 0


class Helix:
    """Helix on one file, in a terminal of its own."""

    def __init__(self, file, ready):
        self.file = os.path.join(HOME, file)
        self.before = read(self.file)
        # Each Helix has servers of its own, so the sessions that are there are none of its.
        self.earlier = set(glob.glob(f"{HOME}/sessions/*.jsonl"))
        folder, name = os.path.split(file)
        config = f"{HOME}/.config{'-account' if folder == 'account' else ''}"
        start = f"cd {folder} && XDG_CONFIG_HOME={config} exec hx {name}"
        self.terminal = Terminal(HOME, start, *SIZE, dict(os.environ))
        self.wait(ready)

    def screen(self):
        return self.terminal.screen()

    def wait(self, pattern):
        return wait_for(f"{pattern!r} on the screen", lambda: re.search(pattern, self.screen()), self.screen)

    def gone(self, pattern):
        wait_for(f"{pattern!r} to go", lambda: not re.search(pattern, self.screen()), self.screen)

    def keys(self, *keys):
        for key in keys:
            self.terminal.tmux("send-keys", key)

    def type(self, text):
        self.terminal.tmux("send-keys", "-l", text)

    def normal(self):
        """Back to normal mode. Escape and the next key in one write would be Alt and that key."""
        self.keys("Escape")
        self.wait(r"(?m)^ NOR ")
        self.gone(r"with StackSpot AI \[sandbox\]$")

    def command(self, text):
        self.normal()
        self.type(f":{text}")
        self.wait(re.escape(f":{text}"))
        self.keys("Enter")

    def select(self, keys, shown):
        """Selects by keys; `shown` is in the status line then."""
        self.normal()
        self.type(keys)
        self.wait(shown)

    def menu(self, title):
        """Opens the menu of code actions until it has this entry, and leaves it open."""
        # Helix shows it when all servers have answered, and nothing at all while one of them still starts.
        for seconds in (2, 4, 8, 16):
            self.type(" a")
            if waited(seconds, lambda: re.search(title, self.screen())):
                return
            self.normal()
        raise AssertionError(f"no {title!r} in the menu\n{self.screen()}")

    def choose(self, title):
        """Chooses an entry of the menu by its place; the first one is chosen already."""
        self.menu(title)
        entries = [line for line in self.screen().splitlines() if "StackSpot AI" in line]
        for _ in range(next(i for i, line in enumerate(entries) if re.search(title, line))):
            self.keys("Down")
        self.keys("Enter")
        self.gone(r"Review with StackSpot AI")

    def messages(self):
        session = next(iter(set(glob.glob(f"{HOME}/sessions/*.jsonl")) - self.earlier), None)
        lines = read(session).splitlines() if session else []
        # The last line may be half written.
        return [json.loads(line).get("message", {}) for line in lines if line.endswith("}")]

    def progress(self, kind):
        told = [m["params"]["value"] for m in self.messages() if m.get("method") == "$/progress"]
        return [value for value in told if value.get("kind") == kind]

    def told(self):
        """What the server told the user by message."""
        return [m["params"]["message"] for m in self.messages() if m.get("method") == "window/showMessage"]

    def wait_ended(self, count=1):
        """Waits until so many jobs have ended."""
        wait_for(f"{count} ends of progress", lambda: len(self.progress("end")) >= count, self.screen)

    def wait_streaming(self):
        wait_for("the first words", lambda: len(self.progress("report")) > 2, self.screen)

    def saved(self):
        """The text as Helix has it."""
        self.command("write!")
        self.wait("written")
        return read(self.file)

    def is_gone(self):
        return self.terminal.tmux("display-message", "-p", "#{pane_dead}").strip() == "1"

    def close(self):
        self.command("quit-all!")
        wait_for("the end of Helix", self.is_gone, self.screen)

    def clean_up(self):
        self.terminal.close()
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(self.before)


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


def waited(seconds, condition):
    end = time.monotonic() + seconds
    while not (seen := condition()):
        if time.monotonic() > end:
            return None
        time.sleep(0.03)
    return seen


def wait_for(what, condition, screen):
    seen = waited(DEADLINE, condition)
    assert seen, f"{what}: did not happen; the screen is\n{screen()}"
    return seen


def same(actual, expected, what):
    assert actual == expected, f"{what}\n        is        {actual!r}\n        should be {expected!r}"


def is_commented(before, after):
    """Whether `after` is `before` with comments of the sandbox, and nothing else."""
    lines, added = before.split("\n"), []
    for line in after.split("\n"):
        if lines and line == lines[0]:
            lines.pop(0)
        else:
            added.append(line.strip())
    return not lines and bool(added) and all(line.startswith("#") for line in added) and "sandbox" in added[-1]


def story(name, file="project/report.py", ready="def total"):
    def run(body):
        global failed
        if not re.search(os.environ.get("STORY", ""), name):
            return
        verdict, details, helix = "PASS", "", None
        try:
            helix = Helix(file, ready)
            body(helix)
            helix.close()
        except (AssertionError, SystemExit) as problem:
            verdict, details = "FAIL", f"\n        {problem}"
            failed += 1
        finally:
            if helix:
                helix.clean_up()
        print(f"{time.monotonic() - started:6.2f}  {verdict}  {name}{details}", flush=True)

    return run


def select_total(helix):
    """Selects the two lines of `total`; the status line tells where the cursor is."""
    helix.select("4ggxx", r"1 sel .*5:\d+")


@story("Explain opens the answer, beside the language's own server", "project/broken.py", "totl")
def _(helix):
    helix.wait("undefined name 'totl'")
    helix.type("x")
    helix.choose(r"Explain with StackSpot AI \[sandbox\]")
    helix.wait("What the sandbox agent received")
    helix.wait(r"explain-\w+\.md")
    helix.wait_ended()
    # The answer grew by edits, which Helix counts as unsaved; the server writes the file once it is closed.
    helix.command("buffer-close!")
    helix.wait("print")
    same(helix.saved(), helix.before, "the source")


@story("Refactor changes the selection, says so, and one undo brings it back")
def _(helix):
    select_total(helix)
    helix.choose("Refactor with")
    helix.wait("Reviewed by the StackSpot sandbox agent")
    helix.wait_ended()
    helix.wait("“Refactor with StackSpot AI” is done")
    after = helix.saved()
    assert is_commented(helix.before, after), after
    helix.normal()
    helix.type("u")
    helix.gone("Reviewed by the StackSpot")
    same(helix.saved(), helix.before, "the text after one undo")


@story("without a selection, the function around the cursor")
def _(helix):
    helix.select("9ggl", r"1 sel .*9:2")
    helix.choose("Document with")
    helix.wait("Documented by the StackSpot sandbox agent")
    helix.wait_ended()
    after = helix.saved()
    assert is_commented(helix.before, after) and "mean(prices):\n    #" in after, after


@story("letters of many bytes above and in the selection", "project/greeting.py", "TÍTULO")
def _(helix):
    helix.select("8ggxxx", r"1 sel .*10:")
    helix.choose("Refactor with")
    helix.wait("by the StackSpot sandbox agent")
    helix.wait_ended()
    after = helix.saved()
    assert is_commented(helix.before, after), after


@story("the progress is on the screen, and typing above does no harm")
def _(helix):
    select_total(helix)
    helix.choose("Refactor with")
    helix.wait(r"characters …")
    helix.normal()
    helix.type("ggO# typed meanwhile")
    helix.wait_ended()
    helix.normal()
    helix.wait("Reviewed by the StackSpot sandbox agent")
    after = helix.saved()
    assert after.startswith("# typed meanwhile\n"), after
    assert is_commented("# typed meanwhile\n" + helix.before, after), after


def type_inside(helix):
    """Has `total` refactored, and types in it meanwhile."""
    select_total(helix)
    helix.choose("Refactor with")
    helix.wait_streaming()
    helix.normal()
    helix.type("4ggA  # mine")
    helix.wait("# mine")
    helix.wait_ended()
    helix.normal()


@story("typing inside: nothing is overwritten, and the answer waits until it is applied")
def _(helix):
    type_inside(helix)
    # The next key takes a message off the screen.
    wait_for("a message", lambda: "changed inside the range" in "".join(helix.told()), helix.screen)
    typed = helix.before.replace("total(prices):\n    return sum", "total(prices):  # mine\n    return sum")
    same(helix.saved(), typed, "the text")
    helix.type("u")
    helix.gone("# mine")
    select_total(helix)
    helix.choose("Apply “Refactor with StackSpot AI”")
    helix.wait("Reviewed by the StackSpot sandbox agent")
    after = helix.saved()
    assert is_commented(helix.before, after), after


@story("an answer that waits is looked at as a diff, and discarded")
def _(helix):
    type_inside(helix)
    select_total(helix)
    helix.choose("Preview “Refactor with StackSpot AI”")
    helix.wait(r"\+ +# Reviewed by the StackSpot sandbox agent")
    helix.command("buffer-close")
    helix.wait("# mine")
    select_total(helix)
    helix.choose("Discard “Refactor with StackSpot AI”")
    helix.normal()
    helix.menu("Refactor with")
    assert "Apply “" not in helix.screen(), helix.screen()


@story("Cancel stops the agent and changes nothing")
def _(helix):
    select_total(helix)
    helix.choose("Refactor with")
    helix.wait_streaming()
    helix.choose("Cancel “Refactor with")
    helix.wait_ended()
    assert "cancel" in helix.progress("end")[0]["message"], helix.progress("end")
    same(helix.saved(), helix.before, "the text")


@story("without an account, one message that says what to do", "account/report.py", "def total")
def _(helix):
    select_total(helix)
    helix.choose("Explain with StackSpot AI")
    helix.wait("STACKSPOT_")
    same(len(helix.told()), 1, "messages")
    assert "STACKSPOT_" in helix.told()[0], helix.told()


sys.exit(1 if failed else 0)
