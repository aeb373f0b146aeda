#!/usr/bin/env python3
"""What a user does in Vim with vim-lsp, on the committed vim-lsp.vim and a real server in its sandbox: see
terminal_stories.py."""

import itertools
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from terminal_stories import Editor, Stories, is_commented, read, same, wait_for, waited

FILTER = "lsp-quickpick-filter"


class Vim(Editor):
    numbers = itertools.count(1)

    def command(self, folder, name):
        return f"cd {folder} && exec vim {name}"

    def run(self, text):
        self.escape()
        self.type(f":{text}")
        self.keys("Enter")

    def select(self, line, count):
        """Selects whole lines, and leaves visual mode, as `:` does."""
        self.escape()
        self.type(f"{line}GV{count - 1}j" if count > 1 else f"{line}GV")
        self.wait("-- VISUAL LINE --")

    def open_menu(self, command=":LspCodeAction"):
        # vim-lsp says that there is nothing while no server has started.
        for seconds in (1, 2, 4, 8, 16):
            self.type(command)
            self.keys("Enter")
            if waited(seconds, lambda: FILTER in self.screen()):
                return
            self.type("gv" if command.startswith(":Lsp") else "")
        raise AssertionError(f"no menu\n{self.screen()}")

    def choose(self, title, command=":LspCodeAction"):
        """Chooses the entry of the menu that holds this title, by the filter of the menu."""
        self.open_menu(command)
        self.type(title)
        rows = lambda: re.findall(r"(?m)^  (\[[\w-]+\] .*)$", self.screen())  # noqa: E731
        # The filter is a fuzzy one; the entry that fits best is the first.
        wait_for(f"{title!r} in the menu", lambda: title in (rows() or [""])[0] and f"\n  {title}" in self.screen(), self.screen)
        self.keys("Enter")
        self.gone(FILTER)

    def saved(self):
        """The text as Vim has it."""
        number = next(self.numbers)
        self.run(f"silent write | echo 'saved' {number}")
        self.wait(rf"(?m)^saved {number}\b")
        return read(self.file)

    def close(self):
        self.run("quitall!")
        self.wait_gone()


stories = Stories(Vim)
story = stories.story


@story("Explain shows the answer beside the code, in which the cursor stays; pylsp goes on", "project/broken.py", "totl")
def _(vim):
    vim.select(5, 1)
    vim.choose("Explain with")
    vim.wait(r"What the sandbox agent received")
    vim.wait_message("What the sandbox agent")
    same(vim.saved(), vim.before, "the source")
    vim.run("LspDocumentDiagnostics")
    vim.wait("undefined name 'totl'")


@story("Refactor tells how far it is, changes the selection, and one undo brings it back")
def _(vim):
    vim.select(4, 2)
    vim.choose("Refactor with")
    vim.wait(r"StackSpot: \d+ characters …")
    vim.wait("Reviewed by the StackSpot sandbox agent")
    vim.wait("StackSpot: applied")
    vim.check_commented()
    vim.type("u")
    vim.gone("Reviewed by the StackSpot")
    same(vim.saved(), vim.before, "the text after one undo")


@story("letters of many bytes above and in the selection", "project/greeting.py", "TÍTULO")
def _(vim):
    vim.select(8, 3)
    vim.choose("Refactor with")
    vim.wait("by the StackSpot sandbox agent")
    vim.wait_ended()
    vim.check_commented()


@story("typing above while the agent answers: the edit lands where the code is now")
def _(vim):
    vim.select(4, 2)
    vim.choose("Refactor with")
    vim.type("ggO# typed meanwhile")
    vim.wait("# typed meanwhile")
    vim.wait_ended()
    vim.escape()
    after = vim.saved()
    assert after.startswith("# typed meanwhile\n"), after
    assert is_commented("# typed meanwhile\n" + vim.before, after), after


@story("an answer does not come between what is typed")
def _(vim):
    vim.select(4, 2)
    vim.choose("Explain with")
    vim.type("ggO# typed")
    vim.wait("What the sandbox agent received")
    vim.type(" to the end")
    vim.wait("# typed to the end")
    same(vim.saved(), "# typed to the end\n" + vim.before, "the text")


@story("typing inside: nothing is overwritten, and the answer waits until it is applied")
def _(vim):
    vim.select(4, 2)
    vim.choose("Refactor with")
    vim.type("4GA  # mine")
    vim.wait("# mine")
    vim.wait_message("code action")
    vim.escape()
    typed = vim.before.replace("total(prices):\n    return sum", "total(prices):  # mine\n    return sum")
    same(vim.saved(), typed, "the text")
    vim.type("u")
    vim.gone("# mine")
    vim.select(4, 2)
    vim.choose("Apply “Refactor")
    vim.wait("Reviewed by the StackSpot sandbox agent")
    vim.check_commented()


@story("Cancel stops the agent and changes nothing")
def _(vim):
    vim.select(4, 2)
    # The longest answer of the sandbox's agent; the menu has to be faster.
    vim.choose("Explain with")
    vim.choose("Cancel “Explain with")
    vim.wait_ended()
    assert "cancel" in vim.progress("end")[0]["message"], vim.progress("end")
    same(vim.saved(), vim.before, "the text")


@story("an empty question opens a conversation, in which the agent answers")
def _(vim):
    vim.select(4, 2)
    vim.choose("Ask StackSpot")
    vim.wait(r"## You")
    vim.type("GoWhat for?")
    vim.wait(r"What for\?")
    vim.escape()
    vim.choose("Send the question")
    vim.wait_ended()
    vim.run("$")
    vim.wait(r"(?s)You asked: .What for\?.*tokens.*## You <!-- question")


@story("without an account, one error that says what to do", "account/report.py", "def total")
def _(vim):
    vim.select(4, 2)
    vim.choose("Explain with")
    vim.wait_message("stackspot-lsp login")
    vim.run("messages")
    vim.wait("error: StackSpot AI: .*stackspot-lsp login")
    same(len(vim.told()), 1, "messages")


sys.exit(stories.code())
