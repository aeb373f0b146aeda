"""What the stories of editors in a terminal share: an editor on one file, what is waited for, and how a story is told.

A runner starts the stories of its editor in a home made as the editor's README says, with `project/` and `account/` (whose
server is not in the sandbox). Keys go to the real editor in a terminal (tmux), and what is waited for is on its screen, in
the recorded session, or on the disk. A line is printed per story.
"""

import fcntl
import glob
import json
import os
import re
import struct
import termios
import time

from picture import Terminal

HOME = os.environ["HOME"]
DEADLINE = 30
SIZE = (130, 34)
started = time.monotonic()


class Editor:
    """An editor on one file, in a terminal of its own. `command`, `saved` and `close` are the editor's own."""

    def __init__(self, file, ready):
        self.file = os.path.join(HOME, file)
        self.before = read(self.file)
        # Each editor has servers of its own, so the sessions that are there are none of its.
        self.earlier = set(glob.glob(f"{HOME}/sessions/*.jsonl"))
        folder, name = os.path.split(file)
        self.terminal = Terminal(HOME, self.command(folder, name), *SIZE, dict(os.environ))
        try:
            self.wait(ready)
        except AssertionError:
            self.terminal.close()
            raise

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

    def type_until(self, pattern):
        """Types a letter every 80 ms, as a user does who does not stop, until the screen has the pattern; how many there were."""
        end, typed = time.monotonic() + DEADLINE, 0
        while not re.search(pattern, self.screen()):
            assert time.monotonic() < end, f"{pattern!r} while one types: did not happen; the screen is\n{self.screen()}"
            self.type("x")
            typed += 1
            time.sleep(0.08)
        return typed

    def escape(self):
        """Escape, read by the editor before the next key is sent: in one read they would be Alt and that key."""
        self.keys("Escape")
        # tmux has handed the key on when it has answered this.
        terminal = os.open(self.terminal.tmux("display-message", "-p", "#{pane_tty}").strip(), os.O_RDONLY | os.O_NOCTTY)
        try:
            unread = lambda: struct.unpack("i", fcntl.ioctl(terminal, termios.FIONREAD, b"\0\0\0\0"))[0]  # noqa: E731
            wait_for("a look at the keyboard", lambda: unread() == 0, self.screen)
        finally:
            os.close(terminal)

    def messages(self):
        """What went between this editor and its servers; after a restart those of the next one come behind."""
        sessions = sorted(set(glob.glob(f"{HOME}/sessions/*.jsonl")) - self.earlier, key=os.path.getmtime)
        lines = [line for session in sessions for line in read(session).splitlines()]
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

    def wait_message(self, text):
        """Waits until the server has told the user so."""
        wait_for(f"{text!r} in a message", lambda: any(text in told for told in self.told()), self.screen)

    def check_commented(self):
        """Checks that the text is the one that was there with comments of the sandbox, and returns it."""
        after = self.saved()
        assert is_commented(self.before, after), after
        return after

    def wait_gone(self):
        wait_for("the end of the editor", self.is_gone, self.screen)

    def is_gone(self):
        return self.terminal.tmux("display-message", "-p", "#{pane_dead}").strip() == "1"

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


class Stories:
    """Tells the stories of one kind of editor, those that match $STORY."""

    def __init__(self, editor):
        self.editor = editor
        self.failed = 0

    def story(self, name, file="project/report.py", ready="def total"):
        def tell(body):
            if not re.search(os.environ.get("STORY", ""), name):
                return
            verdict, details, editor = "PASS", "", None
            try:
                editor = self.editor(file, ready)
                body(editor)
                editor.close()
            except (AssertionError, SystemExit) as problem:
                verdict, details = "FAIL", f"\n        {problem}"
                self.failed += 1
            finally:
                if editor:
                    editor.clean_up()
            print(f"{time.monotonic() - started:6.2f}  {verdict}  {name}{details}", flush=True)

        return tell

    def code(self):
        """The exit code: 0 when all passed."""
        return 1 if self.failed else 0
