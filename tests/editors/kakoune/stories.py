#!/usr/bin/env python3
"""What a user does in Kakoune with kak-lsp, on the committed stackspot.kak and a real server in its sandbox: see
terminal_stories.py."""

import itertools
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from terminal_stories import HOME, Editor, Stories, is_commented, read, same, wait_for, waited


class Kakoune(Editor):
    numbers = itertools.count(1)

    def command(self, folder, name):
        config = f"{HOME}/.config{'-account' if folder == 'account' else ''}"
        return f"cd {folder} && XDG_CONFIG_HOME={config} exec kak {name}"

    def normal(self):
        """Back to normal mode. Escape goes where there is a mode to leave: behind it, the next key could be Alt and that key."""
        mode = r"(insert|prompt) .*- client"
        if re.search(mode, self.screen()):
            self.keys("Escape")
            self.gone(mode)

    def run(self, text):
        self.normal()
        self.type(f":{text}")
        self.keys("Enter")

    def select(self, keys, shown):
        """Selects by keys; `shown` is in the status line then."""
        self.normal()
        self.type(keys)
        self.wait(shown)

    def menu(self):
        """The entries of the menu that is open, in the rows that are on the screen."""
        rows = [line.rstrip() for line in self.screen().splitlines()]
        return [row.rstrip("█░ ") for row in rows if row.endswith(("█", "░"))]

    def open_menu(self):
        # kak-lsp shows it when all servers have answered, and nothing at all while one of them still starts. Where it comes
        # late, the keys that ask for it again may stand in its prompt.
        for seconds in (2, 4, 8, 16):
            self.type(" a")
            if waited(seconds, lambda: self.menu() and re.search(r"(?m)^ {10}.*prompt .*- client", self.screen())):
                return
            self.normal()
        raise AssertionError(f"no menu\n{self.screen()}")

    def check_first(self, title):
        """The first entry of the menu of code actions, which `Return` takes; the menu is closed again."""
        self.open_menu()
        assert self.menu()[0].startswith(title), self.screen()
        self.normal()

    def choose(self, title):
        """Chooses the entry of the menu of code actions that starts so."""
        self.normal()
        self.open_menu()
        self.type(title)
        # Of the menu the entries stay that fit, and the one that fits best is the first.
        fits = lambda: (self.menu() or [""])[0].startswith(title) and f"\n{title} " in self.screen()  # noqa: E731
        wait_for(f"{title!r} in the menu", fits, self.screen)
        self.keys("Tab", "Enter")
        self.gone(r"prompt .*- client")

    def saved(self):
        """The text as Kakoune has it."""
        number = next(self.numbers)
        self.run(f"write; echo saved {number}")
        self.wait(rf"(?m)^saved {number}\b")
        return read(self.file)

    def back(self):
        """To the source, from a document that was opened."""
        self.run(f"buffer {self.file}")
        self.wait(re.escape(os.path.basename(self.file)))

    def close(self):
        self.run("quit!")
        self.wait_gone()


stories = Stories(Kakoune)
story = stories.story


def select_total(kak):
    """Selects the two lines of `total`; the status line tells where the cursor is."""
    kak.select("4gJx", r"report\.py(?: \[\+\])? 5:23 ")


@story("Explain shows the answer in a buffer, beside the language's own server", "project/broken.py", "totl")
def _(kak):
    kak.select("5gx", r"5:17 ")
    kak.choose("Explain with")
    kak.wait(r"(?s)StackSpot AI \[sandbox\]: *\n *\n *## What the sandbox agent received.*\*stackspot\* 1:1 \[scratch\]")
    assert "a follow-up question continues" in " ".join(kak.screen().split()), kak.screen()
    kak.wait_ended()
    kak.type("ga")
    kak.wait(r"broken\.py 5:17 ")
    same(kak.saved(), kak.before, "the source")
    kak.run("lsp-diagnostics")
    kak.wait("undefined name 'totl'")


@story("Refactor changes the selection, and one undo brings it back")
def _(kak):
    select_total(kak)
    kak.choose("Refactor with")
    kak.wait("Reviewed by the StackSpot sandbox agent")
    kak.wait_ended()
    kak.check_commented()
    kak.type("u")
    kak.gone("Reviewed by the StackSpot")
    same(kak.saved(), kak.before, "the text after one undo")


@story("without a selection, the function around the cursor")
def _(kak):
    kak.select("9gl", r"report\.py 9:2 ")
    kak.choose("Document with")
    kak.wait("Documented by the StackSpot sandbox agent")
    kak.wait_ended()
    after = kak.check_commented()
    assert "mean(prices):\n    #" in after, after


@story("letters of many bytes above and in the selection", "project/greeting.py", "TÍTULO")
def _(kak):
    kak.select("8gJJx", r"greeting\.py 10:2 ")
    kak.choose("Refactor with")
    kak.wait("by the StackSpot sandbox agent")
    kak.wait_ended()
    kak.check_commented()


def remarks_at(kak, *lines):
    """Waits until the list of problems has the remarks at these lines, and no others; the list is of the moment that it is asked for."""
    at = lambda: [int(line) for line in re.findall(r"(?m)^ *\S*orders\.py:(\d+):.*This open end", kak.screen())]  # noqa: E731
    for _ in range(8):
        kak.run("lsp-diagnostics")
        found = waited(3, lambda: at() == list(lines))
        shown = kak.screen()
        kak.run("buffer " + kak.file)
        kak.wait(r"orders\.py(?: \[\+\])? \d+:\d+ ")
        if found:
            return
    raise AssertionError(f"no remarks at {lines}\n{shown}")


@story("remarks stand at their lines and follow what is typed; one is applied and undone, another dismissed", "project/orders.py", "def mean")
def _(kak):
    kak.select("%", r"orders\.py 11:")
    kak.choose("Review with")
    kak.wait_ended()
    kak.back()
    remarks_at(kak, 5, 10)
    kak.select("ggO# typed above", "# typed above")
    kak.normal()
    typed = "# typed above\n" + kak.before
    remarks_at(kak, 6, 11)
    kak.select("6g", r" 6:1 ")
    kak.choose("Apply: This open end")
    kak.wait(r"TODO\(team\): leave out refunds")
    same(kak.saved(), typed.replace("TODO: leave", "TODO(team): leave"), "the text with the suggestion")
    remarks_at(kak, 11)
    kak.type("u")
    kak.gone(r"TODO\(team\)")
    same(kak.saved(), typed, "the text after one undo")
    remarks_at(kak, 6, 11)
    kak.select("11g", r" 11:1 ")
    kak.choose("Dismiss")
    remarks_at(kak, 6)


@story("typing above while the agent answers: the edit lands where the code is now")
def _(kak):
    select_total(kak)
    kak.choose("Refactor with")
    kak.type("ggO# typed meanwhile")
    kak.wait("# typed meanwhile")
    assert not kak.progress("end"), "the agent was done before"
    kak.wait_ended()
    kak.normal()
    kak.wait("Reviewed by the StackSpot sandbox agent")
    after = kak.saved()
    assert after.startswith("# typed meanwhile\n"), after
    assert is_commented("# typed meanwhile\n" + kak.before, after), after


@story("typing does not stop an edit, and no typed text is lost")
def _(kak):
    select_total(kak)
    kak.choose("Refactor with")
    kak.type("ggO# ")
    typed = kak.type_until("Reviewed by the StackSpot sandbox agent")
    kak.type(" and on")
    kak.wait("x and on")
    kak.normal()
    kak.wait_ended()
    after = kak.saved()
    first = f"# {'x' * typed} and on\n"
    assert after.startswith(first), after
    assert is_commented(first + kak.before, after), after


@story("the progress is on the screen, and an answer does not come between what is typed")
def _(kak):
    select_total(kak)
    kak.choose("Explain with")
    kak.type("ggO# typed")
    kak.wait(r"\d+ characters …")
    kak.wait_ended()
    kak.gone(r"\d+ characters …")
    kak.type(" to the end")
    kak.wait("# typed to the end")
    kak.normal()
    kak.wait("What the sandbox agent received")
    kak.back()
    same(kak.saved(), "# typed to the end\n" + kak.before, "the text")
    kak.run("stackspot-answer")
    kak.wait("What the sandbox agent received")


def type_inside(kak):
    """Has `total` refactored, and types in it meanwhile."""
    select_total(kak)
    kak.choose("Refactor with")
    kak.wait_streaming()
    kak.type("4gA  # mine")
    kak.wait("# mine")
    kak.wait_ended()
    kak.normal()
    wait_for("a message", lambda: "code action" in "".join(kak.told()), kak.screen)


@story("typing inside: nothing is overwritten, and the answer waits until it is applied")
def _(kak):
    type_inside(kak)
    typed = kak.before.replace("total(prices):\n    return sum", "total(prices):  # mine\n    return sum")
    same(kak.saved(), typed, "the text")
    kak.type("u")
    kak.gone("# mine")
    select_total(kak)
    kak.check_first("Apply “Refactor")
    kak.choose("Apply “Refactor")
    kak.wait("Reviewed by the StackSpot sandbox agent")
    kak.check_commented()


@story("an answer that waits is discarded")
def _(kak):
    type_inside(kak)
    kak.choose("Discard “Refactor")
    kak.open_menu()
    assert "Explain with" in kak.screen() and "Apply “" not in kak.screen(), kak.screen()
    kak.normal()


def restart(kak):
    """Ends the servers of kak-lsp and starts them anew, as its commands do."""
    begun = lambda: sum(m.get("method") == "initialized" for m in kak.messages())  # noqa: E731
    before = begun()
    kak.run("lsp-restart")
    wait_for("the next server", lambda: begun() > before, kak.screen)


@story("after a restart of the server an edit that waits is applied, and an answer of before is shown")
def _(kak):
    select_total(kak)
    kak.choose("Explain with")
    kak.wait("What the sandbox agent received")
    kak.wait_ended()
    kak.back()
    select_total(kak)
    kak.choose("Refactor with")
    wait_for("the first words", lambda: len(kak.progress("begin")) > 1 and len(kak.progress("report")) > 6, kak.screen)
    kak.type("4gA  # mine")
    kak.wait("# mine")
    kak.wait_ended(2)
    kak.normal()
    kak.type("u")
    kak.gone("# mine")
    restart(kak)
    select_total(kak)
    kak.choose("Apply “Refactor")
    kak.wait("Reviewed by the StackSpot sandbox agent")
    kak.check_commented()
    kak.run("stackspot-answer")
    kak.wait("What the sandbox agent received")


@story("parts are added to the next question with their sizes, and sent once")
def _(kak):
    kak.select("9gJx", r"10:\d+ ")
    kak.choose("Add these lines to the next question")
    kak.wait_message("report.py:9")
    kak.back()
    select_total(kak)
    kak.choose("Explain with")
    kak.wait("What the sandbox agent received")
    kak.wait_ended()
    kak.back()
    kak.open_menu()
    kak.type("Take")
    kak.gone("Take “report")


@story("a notebook with the file type of JSON gets answers about that text", "project/prices.ipynb", "cells")
def _(kak):
    kak.select("%", "sel")
    kak.run("set-option buffer filetype json")
    kak.choose("Explain with")
    kak.wait("What the sandbox agent received")
    kak.wait_ended()


@story("Cancel stops the agent and changes nothing")
def _(kak):
    select_total(kak)
    # The longest answer of the sandbox's agent; the menu has to be faster.
    kak.choose("Explain with")
    kak.wait_streaming()
    kak.choose("Cancel “Explain with")
    kak.wait_ended()
    assert "cancel" in kak.progress("end")[0]["message"], kak.progress("end")
    same(kak.saved(), kak.before, "the text")


@story("an empty question opens a conversation, in which the agent answers")
def _(kak):
    select_total(kak)
    kak.choose("Ask StackSpot")
    kak.wait(r"(?s)# .*## You.*\.md \d+:")
    kak.type("oWhat for?")
    kak.wait(r"What for\?")
    kak.normal()
    kak.choose("Send the question")
    kak.wait_ended()
    kak.wait(r'You asked: "What for\?"')
    # Its heading may be above what a window shows.
    same(kak.screen().count('You asked: "What for?"'), 1, "answers")


@story("what looks like a secret is asked about, and stays here", "project/secret.py", "PASSWORD")
def _(kak):
    kak.select("4gJx", r"5:\d+ ")
    kak.choose("Explain with")
    kak.wait("🔔1")
    kak.run("lsp-show-message-request-next")
    kak.wait(r"(?s)GitHub token.*Send it")
    kak.type("Cancel")
    kak.keys("Tab", "Enter")
    kak.wait("Not sent")
    kak.wait_ended()


@story("without an account, one error that says what to do, in the language of the settings", "account/report.py", "def total")
def _(kak):
    select_total(kak)
    kak.choose("Explicar com")
    kak.wait("stackspot-lsp login")
    same(len(kak.told()), 1, "messages")
    assert "stackspot-lsp login" in kak.told()[0], kak.told()


def quoted(text):
    """A string of Kakoune's."""
    return "'" + text.replace("'", "''") + "'"


@story("a hostile answer of one line runs nothing and opens nothing, in any mode")
def _(kak):
    own = f"{HOME}/.local/state/stackspot-lsp/conversations"
    odd = "~;nop %sh{touch ran};nop ~"
    # What a repository may hold, and what an answer may name of it.
    for folder in (f"{HOME}/project/{odd}/stackspot-lsp/conversations", f"{HOME}/project/stackspot-lsp/conversations", own):
        os.makedirs(folder, exist_ok=True)
    names = [
        f"/proc/self/cwd/{odd}/stackspot-lsp/conversations/x.md",
        f"{HOME}/project/stackspot-lsp/conversations/x.md",
        f"{own}/'; nop %sh{{touch ran}}; nop '.md",
        f"{own}/~; nop %sh{{touch ran}}; nop ~.md",
    ]
    for name in names:
        with open(name.replace("/proc/self/cwd", f"{HOME}/project"), "w", encoding="utf-8") as file:
            file.write("## A trap\n")
    os.symlink(f"{HOME}/project/stackspot-lsp/conversations/x.md", f"{own}/link.md")
    hostile = names[:2] + [
        f"{own}/../conversations/../../x.md",
        f"{own}/link.md",
        "%sh{touch ran} `touch ran` $(touch ran) '; nop %sh{touch ran}; nop '",
        '%arg{1}; nop %sh{touch ran} "; nop %sh{touch ran}; nop "',
        "evaluate-commands %sh{touch ran}",
    ]
    session = re.search(r"client0@\[([^]]+)\]", kak.screen())[1]

    def tell(number, text):
        message = f"StackSpot AI: {text}" if number % 2 else text
        command = f"lsp-show-message-info stackspot-lsp {quoted(message)}"
        said = f"evaluate-commands -client client0 {quoted(command)}\n"
        subprocess.run(["kak", "-p", session], input=said, text=True, check=True)

    for mode in ("", "i", ":"):
        kak.type(mode)
        for number, text in enumerate(hostile * 2):
            tell(number, text)
        # Each `kak -p` is a connection of its own, and Kakoune reads those in any order: the last one is told until it is seen.
        last = f"told all {mode or 'n'}"
        for _ in range(10):
            tell(0, last)
            if waited(3, lambda: last in kak.screen()):
                break
        kak.wait(last)
        kak.normal()
    # What hangs on the end of a mode has had its turn as well.
    kak.run("echo all is quiet")
    kak.wait("all is quiet")
    assert "A trap" not in kak.screen(), kak.screen()
    same([path for path in (f"{HOME}/ran", f"{HOME}/project/ran") if os.path.exists(path)], [], "what was run")
    # One that is the server's own is opened, whatever its name.
    tell(0, f"It is in {own}/~; nop %sh{{touch ran}}; nop ~.md")
    kak.wait("A trap")
    tell(0, f"It is in {own}/'; nop %sh{{touch ran}}; nop '.md")
    kak.wait(r"nop '\.md 1:1")
    same([path for path in (f"{HOME}/ran", f"{HOME}/project/ran") if os.path.exists(path)], [], "what was run")


sys.exit(stories.code())
