#!/usr/bin/env python3
"""What a user does in Helix, on the committed languages.toml and a real server in its sandbox: see terminal_stories.py."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from terminal_stories import HOME, Editor, Stories, is_commented, read, same, wait_for, waited


class Helix(Editor):
    def command(self, folder, name):
        config = f"{HOME}/.config{'-account' if folder == 'account' else ''}"
        return f"cd {folder} && XDG_CONFIG_HOME={config} exec hx {name}"

    def normal(self):
        """Back to normal mode."""
        self.escape()
        self.wait(r"(?m)^ NOR ")
        self.gone(r"with StackSpot AI \[sandbox\]$")

    def run(self, text):
        self.normal()
        self.type(f":{text}")
        self.wait(re.escape(f":{text}"))
        self.keys("Enter")

    def select(self, keys, shown):
        """Selects by keys; `shown` is in the status line then."""
        self.normal()
        self.type(keys)
        self.wait(shown)

    def menu(self, title, without=None):
        """Opens the menu of code actions until it has this entry, and none of the other kind, and leaves it open."""
        # Helix shows it when all servers have answered, and nothing at all while one of them still starts.
        for seconds in (2, 4, 8, 16):
            self.type(" a")
            if waited(seconds, lambda: re.search(title, self.screen())) and not (without and re.search(without, self.screen())):
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
        self.gone(r"(?s)Explain with.*Review with")  # Both, for what runs is named as well.

    def entries(self):
        """The entries of the open menu that are on the screen; the text around it, and what it is drawn over, are none."""
        entry = r"(with|to|Ask) StackSpot AI\b.*\[sandbox\]|(next|last) (question|answer)|(New|in a) conversation"
        return [line for line in self.screen().splitlines() if re.search(entry, line) and "⋅" not in line]

    def enter(self, title):
        """Chooses any entry of the menu, also one below those that are on the screen at first."""
        self.menu("New conversation|Explain with|Go on in")
        entries = self.entries()
        at = next((i for i, entry in enumerate(entries) if title in entry), None)
        for _ in range(len(entries) - 1 if at is None else at):
            self.keys("Down")
        for _ in range(40):
            # A row that was not there before is the chosen one.
            if any(title in entry for entry in self.entries()):
                break
            before = self.entries()
            self.keys("Down")
            waited(2, lambda before=before: self.entries() != before)
        self.keys("Enter")

    def check_first(self, title):
        """The first entry of the menu of code actions, which `Return` takes; the menu is closed again."""
        self.menu(title)
        first = next(line for line in self.screen().splitlines() if "StackSpot AI" in line)
        assert re.search(title, first), self.screen()
        self.normal()

    def saved(self):
        """The text as Helix has it."""
        # What the server says next takes the word off the screen; writing twice does no harm.
        for _ in range(3):
            self.run("write!")
            if waited(10, lambda: "written" in self.screen()):
                return read(self.file)
        raise AssertionError(f"nothing was written\n{self.screen()}")

    def close(self):
        self.run("quit-all!")
        self.wait_gone()


stories = Stories(Helix)
story = stories.story


def select_total(helix):
    """Selects the two lines of `total`; the status line tells where the cursor is."""
    helix.select("4ggxx", r"1 sel .*5:\d+")


@story("Explain opens the answer, beside the language's own server", "project/broken.py", "totl")
def _(helix):
    helix.wait("undefined name 'totl'")
    helix.type("5ggx")
    helix.check_first("Fix with")
    helix.type("ggx")
    helix.choose(r"Explain with StackSpot AI \[sandbox\]")
    helix.wait("What the sandbox agent received")
    helix.wait(r"explain-broken\.py-\w{4}\.md")
    helix.wait_ended()
    # The answer grew by edits, which Helix counts as unsaved; the server writes the file once it is closed.
    helix.run("buffer-close!")
    helix.wait("print")
    same(helix.saved(), helix.before, "the source")


@story("Refactor changes the selection, says so, and one undo brings it back")
def _(helix):
    select_total(helix)
    helix.choose("Refactor with")
    helix.wait("Reviewed by the StackSpot sandbox agent")
    helix.wait_ended()
    helix.wait("Refactor: done")
    helix.check_commented()
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
    after = helix.check_commented()
    assert "mean(prices):\n    #" in after, after


@story("letters of many bytes above and in the selection", "project/greeting.py", "TÍTULO")
def _(helix):
    helix.select("8ggxxx", r"1 sel .*10:")
    helix.choose("Refactor with")
    helix.wait("by the StackSpot sandbox agent")
    helix.wait_ended()
    helix.check_commented()


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


@story("typing does not stop an edit, and no typed text is lost")
def _(helix):
    select_total(helix)
    helix.choose("Refactor with")
    helix.normal()
    helix.type("ggO# ")
    typed = helix.type_until("Reviewed by the StackSpot sandbox agent")
    helix.type(" and on")
    helix.wait("x and on")
    helix.normal()
    helix.wait_ended()
    after = helix.saved()
    first = f"# {'x' * typed} and on\n"
    assert after.startswith(first), after
    assert is_commented(first + helix.before, after), after


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
    wait_for("a message", lambda: "code action" in "".join(helix.told()), helix.screen)
    typed = helix.before.replace("total(prices):\n    return sum", "total(prices):  # mine\n    return sum")
    same(helix.saved(), typed, "the text")
    helix.type("u")
    helix.gone("# mine")
    select_total(helix)
    helix.check_first("Apply “Refactor with")
    helix.choose("Apply “Refactor with StackSpot AI”")
    helix.wait("Reviewed by the StackSpot sandbox agent")
    helix.check_commented()


@story("an answer that waits is looked at as a diff, and discarded")
def _(helix):
    type_inside(helix)
    select_total(helix)
    helix.check_first("(Preview “|Apply “.* merged with)")
    helix.choose("Preview “Refactor with StackSpot AI”")
    helix.wait(r"\+ +# Reviewed by the StackSpot sandbox agent")
    helix.run("buffer-close")
    helix.wait("# mine")
    select_total(helix)
    helix.choose("Discard “Refactor with StackSpot AI”")
    helix.normal()
    helix.menu("Refactor with", without="Apply “")


def restarted(helix, servers=2):
    """Whether so many servers have begun, and the last one has the document."""
    opened = [m["params"]["textDocument"]["uri"] for m in helix.messages() if m.get("method") == "textDocument/didOpen"]
    begun = sum(m.get("method") == "initialized" for m in helix.messages())
    return begun == servers and bool(opened)


@story("after a restart of the server an edit that waits is applied, and an answer of before goes on in a conversation")
def _(helix):
    type_inside(helix)
    helix.type("u")
    helix.gone("# mine")
    helix.run("lsp-restart")
    wait_for("the next server", lambda: restarted(helix), helix.screen)
    select_total(helix)
    helix.check_first("Apply “Refactor with")
    helix.choose("Apply “Refactor with StackSpot AI”")
    helix.wait("Reviewed by the StackSpot sandbox agent")
    helix.check_commented()
    select_total(helix)
    helix.choose(r"Explain with StackSpot AI \[sandbox\]")
    helix.wait(r"explain-report\.py-\w{4}\.md")
    helix.wait_ended(2)
    helix.run("lsp-restart")
    wait_for("the next server", lambda: restarted(helix, 3), helix.screen)
    helix.enter("Continue in a conversation")
    # With the answer, and a heading for the next question.
    helix.wait(r"(?s)Functions:.*## You <!-- question.*conversations/report\.py-\w{4}\.md")


@story("an answer shows while it is written, and a conversation goes on with it")
def _(helix):
    select_total(helix)
    helix.choose(r"Ask StackSpot")
    helix.wait(r"(?s)# report\.py.*## You.*\.md")
    for number, question in ((1, "What for?"), (2, "And then?")):
        helix.normal()
        helix.type("geo")
        helix.type(question)
        helix.wait(re.escape(question))
        helix.normal()
        helix.enter("Send the question")
        helix.wait(re.escape(f'You asked: "{question}"'))
        helix.wait_ended(number)
    edits = [m for m in helix.messages() if m.get("method") == "workspace/applyEdit"]
    assert len(edits) > 4, len(edits)


@story("parts are added to the next question with their sizes, and sent once")
def _(helix):
    helix.select("9ggxx", r"1 sel .*10:")
    helix.enter("Add these lines to the next question")
    helix.wait_message("report.py:9")
    helix.wait(r"report\.py:9")
    helix.normal()
    select_total(helix)
    helix.choose(r"Explain with StackSpot AI \[sandbox\]")
    helix.wait_ended()
    helix.wait(r"explain-report\.py-\w{4}\.md")
    helix.run("buffer-close!")
    helix.normal()
    helix.menu("Explain with", without="Take “")


@story("a notebook is JSON: it gets answers about that text", "project/prices.ipynb", "cells")
def _(helix):
    helix.select("%", "1 sel")
    helix.choose(r"Explain with StackSpot AI \[sandbox\]")
    helix.wait("What the sandbox agent received")
    helix.wait_ended()
    helix.run("buffer-close!")
    helix.wait("cells")


@story("Cancel stops the agent and changes nothing")
def _(helix):
    select_total(helix)
    helix.check_first("Refactor with")
    helix.choose("Refactor with")
    helix.wait_streaming()
    helix.check_first("Cancel “")
    helix.choose("Cancel “Refactor with")
    helix.wait_ended()
    assert "cancel" in helix.progress("end")[0]["message"], helix.progress("end")
    same(helix.saved(), helix.before, "the text")


def remark_entry(helix, line, title):
    """Chooses an entry of the menu on a line with a remark; they stand in front of the others."""
    helix.select(f"{line}gg", rf"1 sel .*{line}:1\b")
    helix.menu(title)
    entries = [row for row in helix.screen().splitlines() if re.search(r"Apply: |Apply all|Dismiss|Ask about|with StackSpot", row)]
    for _ in range(next(i for i, row in enumerate(entries) if re.search(title, row))):
        helix.keys("Down")
    helix.keys("Enter")
    helix.gone("Explain with")


@story("remarks stand at their lines and follow what is typed; one is applied and undone, another dismissed", "project/orders.py", "def mean")
def _(helix):
    # On the line of the cursor it stands below, else behind it.
    at = lambda *lines: "(?s)" + ".*".join(rf"\b{line} [^\n]*# TODO: [^\n]*\n?[^\n]*This open end is nobody's" for line in lines)  # noqa: E731
    helix.select("%", r"1 sel .*11:")
    helix.choose("Review with")
    helix.wait(at(5, 10))
    helix.wait_ended()
    helix.select("ggO# typed above", "# typed above")
    helix.normal()
    helix.wait(at(6, 11))
    typed = "# typed above\n" + helix.before
    remark_entry(helix, 6, "Apply: This open end")
    helix.wait(r"TODO\(team\): leave out refunds")
    same(helix.saved(), typed.replace("TODO: leave", "TODO(team): leave"), "the text with the suggestion")
    helix.type("u")
    helix.gone(r"TODO\(team\)")
    helix.wait(at(6, 11))
    same(helix.saved(), typed, "the text after one undo")
    remark_entry(helix, 11, r"Dismiss(?! all)")
    helix.normal()
    helix.gone(at(11))
    helix.wait(at(6))


@story("without an account, one message that says what to do", "account/report.py", "def total")
def _(helix):
    select_total(helix)
    helix.choose("Explain with StackSpot AI")
    helix.wait("stackspot-lsp login")
    same(len(helix.told()), 1, "messages")
    assert "stackspot-lsp login" in helix.told()[0], helix.told()


sys.exit(stories.code())
