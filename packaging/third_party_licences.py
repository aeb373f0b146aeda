#!/usr/bin/env python3
"""Prints the licences of everything that is linked into the binary for a target.

    packaging/third_party_licences.py TARGET > THIRD-PARTY-LICENCES.txt

Most of them ask that their text goes along with a binary. A text that several packages share is printed once.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

NAMES = re.compile(r"^(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)


def linked_packages(target):
    """Those in the binary for a target; for None, in that of any."""
    platform = ["--filter-platform", target] if target else []
    command = ["cargo", "metadata", "--locked", "--format-version", "1", *platform]
    metadata = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    root = metadata["resolve"]["root"]
    reached, waiting = set(), [root]
    while waiting:
        for dependency in nodes[waiting.pop()]["deps"]:
            # Neither what only builds nor what only tests is in the binary.
            linked = any(kind["kind"] is None for kind in dependency["dep_kinds"])
            if linked and dependency["pkg"] not in reached:
                reached.add(dependency["pkg"])
                waiting.append(dependency["pkg"])
    packages = [package for package in metadata["packages"] if package["id"] in reached - {root}]
    return sorted(packages, key=lambda package: (package["name"], package["version"]))


def texts(package):
    folder = Path(package["manifest_path"]).parent
    declared = [folder / package["license_file"]] if package["license_file"] else []
    found = sorted(path for path in folder.iterdir() if path.is_file() and NAMES.match(path.name))
    for path in dict.fromkeys(declared + found):
        if path.is_file():
            yield "\n".join(line.rstrip() for line in path.read_text("utf-8", "replace").strip().splitlines())


def main():
    packages = linked_packages(sys.argv[1])
    if len(packages) < 50:
        sys.exit(f"only {len(packages)} packages: the dependencies were not read")
    users = {}
    print(f"stackspot-lsp is linked with these {len(packages)} packages. The texts of their licences follow.\n")
    for package in packages:
        name = f"{package['name']} {package['version']}"
        found = list(texts(package))
        by = f"; by {', '.join(package['authors'])}" if package["authors"] and not found else ""
        print(f"  {name}: {package['license'] or 'see its text'}{by}")
        for text in found:
            users.setdefault(text, []).append(name)
    for text, names in users.items():
        print(f"\n{'=' * 100}\n{', '.join(names)}\n{'-' * 100}\n\n{text}")


if __name__ == "__main__":
    main()
