#!/usr/bin/env python3
"""Makes the Markdown pages of a package lead to what is in the package.

    packaging/pages.py FOLDER [OLD=NEW]...     links to a file OLD of FOLDER lead to NEW; those that lead to no file there
                                               are taken off, and their words stay
    packaging/pages.py --check PLACE           names every relative link that leads nowhere; PLACE is a folder or a .zip

What code shows is left as it is.
"""

import os
import re
import sys
import zipfile
from pathlib import Path
from urllib.parse import unquote

# Blocks and spans of code come first, so that no link is found in them.
CODE = r"^ {0,3}(?P<fence>```+|~~~+).*?^ {0,3}(?P=fence)[`~]*[ \t]*$|(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`)"
LINK = r'(?P<picture>!?)\[(?P<words>[^\[\]]*)\]\((?P<target>[^()\s]+)(?P<title>\s+"[^"]*")?\)'
PATTERN = re.compile(f"{CODE}|{LINK}", re.DOTALL | re.MULTILINE)
# The check takes whatever looks like a link, in every way that Markdown knows; it does not trust the pattern above.
ANY_LINK = re.compile(r'\]\(\s*<?([^)\s>]+)|(?:src|href)="([^"]+)"|^ {0,3}\[[^\]]+\]:\s*(\S+)', re.MULTILINE)


def elsewhere(target):
    return target.startswith("#") or re.match(r"[a-z][a-z0-9+.-]*:", target, re.IGNORECASE)


def place(page, target):
    """Where in the package a target leads, as a path from its top; a page is named so as well."""
    path = unquote(target.partition("#")[0])
    return os.path.normpath(os.path.join(os.path.dirname(page), path)).replace(os.sep, "/")


def adapted(text, page, exists, renamed):
    def replace(match):
        target = match["target"]
        if not target or elsewhere(target):
            return match[0]
        leads_to = place(page, target)
        new = renamed.get(leads_to, leads_to)
        if not exists(new):
            return "" if match["picture"] else match["words"]
        if new == leads_to:
            return match[0]
        target = os.path.relpath(new, os.path.dirname(page) or ".").replace(os.sep, "/")
        return f"{match['picture']}[{match['words']}]({target}{match['title'] or ''})"

    return PATTERN.sub(replace, text)


def adapt(folder, renamed):
    for path in sorted(folder.rglob("*.md")):
        text = path.read_bytes().decode()
        page = path.relative_to(folder).as_posix()
        new = adapted(text, page, lambda name: not name.startswith("..") and (folder / name).exists(), renamed)
        if new != text:
            path.write_bytes(new.encode())


def pages(package):
    """Whether the package has a path, and its pages with their texts."""
    if package.is_dir():
        found = {path.relative_to(package).as_posix(): path for path in package.rglob("*.md")}

        def exists(name):
            return not name.startswith("..") and (package / name).exists()

        return exists, {name: path.read_bytes().decode() for name, path in found.items()}
    with zipfile.ZipFile(package) as archive:
        names = archive.namelist()
        known = {".", *names} | {"/".join(name.split("/")[:i]) for name in names for i in range(1, name.count("/") + 1)}
        return known.__contains__, {name: archive.read(name).decode() for name in names if name.lower().endswith(".md")}


def check(package):
    exists, found = pages(package)
    dead, links = [], 0
    for name, text in sorted(found.items()):
        text = PATTERN.sub(lambda match: match[0] if match["target"] else "", text)
        targets = [next(filter(None, match.groups())) for match in ANY_LINK.finditer(text)]
        relative = [target for target in targets if not elsewhere(target)]
        links += len(relative)
        dead += [f"{name} leads to {target}, which is not in the package" for target in relative if not exists(place(name, target))]
    print(*dead, f"{len(found)} pages, {links} relative links, {len(dead)} of them dead", sep="\n")
    return 1 if dead or not found else 0


def main(arguments):
    if arguments[0] == "--check":
        return check(Path(arguments[1]))
    return adapt(Path(arguments[0]), dict(argument.split("=") for argument in arguments[1:]))


sys.exit(main(sys.argv[1:]))
