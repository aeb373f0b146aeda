#!/usr/bin/env python3
"""What a user does in Kate, on a screen of its own ($DISPLAY): the steps of editors/kate/README.md.

    story.py [PICTURE]

`run-kate.sh` starts it in a home that was set up as that page says. What is waited for is in the recorded session, or a
window. It prints a line for the story; exit code 0 when it passed.
"""

import glob
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from terminal_stories import HOME, read, started, waited

FILE = f"{HOME}/project/broken.py"


def do(*arguments):
    return subprocess.run(["xdotool", *arguments], capture_output=True, text=True, timeout=30).stdout.strip()


def messages(method, part=""):
    lines = [line for log in glob.glob(f"{HOME}/sessions/*.jsonl") for line in read(log).splitlines()]
    all_messages = [json.loads(line).get("message", {}) for line in lines if line.endswith("}")]
    return [m for m in all_messages if m.get("method") == method and part in json.dumps(m.get("params"))]


def until(what, condition, again=lambda: None, seconds=40):
    """Waits until the condition holds, and does something again and again meanwhile: the screen tells no other way."""
    end = time.monotonic() + seconds
    while not waited(1.5, condition):
        assert time.monotonic() < end, f"{what} did not happen"
        again()


def take_picture(path):
    from PIL import ImageGrab

    geometry = do("search", "--onlyvisible", "--name", "broken.py", "getwindowgeometry", "--shell").splitlines()
    size = dict(line.split("=") for line in geometry)
    width, height = int(size["WIDTH"]), int(size["HEIGHT"])
    # The output view is behind the first button below.
    do("mousemove", "30", str(height - 12), "click", "1")
    time.sleep(2)  # for the picture alone: Kate draws what it was told
    ImageGrab.grab(xdisplay=os.environ["DISPLAY"]).crop((0, 0, width, height)).quantize(64).save(path)


def explain():
    before = read(FILE)
    until("the window", lambda: do("search", "--onlyvisible", "--name", "broken.py"))
    # Kate asks whether the server may be started.
    until("the start of the server", lambda: messages("textDocument/didOpen"), lambda: do("key", "alt+y"))

    def ask_for_the_menu():
        # Without a window manager the focus is where was clicked.
        do("mousemove", "300", "230", "click", "1")
        do("key", "--delay", "50", "ctrl+Home", "shift+Down", "shift+Down", "alt+Return")

    ask_for_the_menu()
    until("the menu", lambda: messages("textDocument/codeAction"), ask_for_the_menu)
    # The menu opens when all servers have answered.
    until("Explain", lambda: messages("workspace/executeCommand", '"explain"'), lambda: do("key", "Down", "Return"))
    until("the answer", lambda: messages("window/showMessage", "What the sandbox agent received"))
    if len(sys.argv) > 1:
        take_picture(sys.argv[1])
    assert read(FILE) == before, "the source changed"


name = "Explain shows the answer in the output view, beside the language's own server"
kate = subprocess.Popen(["dbus-run-session", "--", "kate", "--block", FILE], start_new_session=True)
try:
    explain()
    print(f"{time.monotonic() - started:6.2f}  PASS  {name}")
    code = 0
except AssertionError as problem:
    print(f"{time.monotonic() - started:6.2f}  FAIL  {name}\n        {problem}")
    code = 1
try:
    until("the end of Kate", lambda: kate.poll() is not None, lambda: do("mousemove", "300", "230", "click", "1", "key", "ctrl+q"))
except AssertionError:
    os.killpg(kate.pid, signal.SIGKILL)
sys.exit(code)
