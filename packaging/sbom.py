#!/usr/bin/env python3
"""Prints what a release is made of, as a CycloneDX 1.5 bill of materials.

    packaging/sbom.py > stackspot-lsp-VERSION.cdx.json

It holds every crate that is linked into the binary of any target, with the checksum of its registry, and every npm package
that is bundled into the extension for VS Code. Two runs on the same commit give the same bytes.
"""

import base64
import json
import os
import re
import subprocess
import sys
import tomllib
import uuid
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "packaging"))
from third_party_licences import linked_packages  # noqa: E402

HASHES = {"sha1": "SHA-1", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}


def licence(expression):
    """An SPDX expression; crates of old times write `/` for `OR`."""
    return [{"expression": re.sub(r"\s*/\s*", " OR ", expression)}] if expression else []


def crates():
    lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
    checksums = {(it["name"], it["version"]): it.get("checksum") for it in lock["package"]}
    for package in linked_packages(None):
        name, version = package["name"], package["version"]
        purl = f"pkg:cargo/{quote(name)}@{quote(version)}"
        yield {
            "type": "library",
            "bom-ref": purl,
            "name": name,
            "version": version,
            "purl": purl,
            "licenses": licence(package["license"]),
            "hashes": [{"alg": "SHA-256", "content": checksums[name, version]}],
        }


IMPORT = re.compile(r'\bfrom "((?:@[^/"]+/)?[^./"][^/"]*)')


def bundled(packages):
    """Where the packages lie that the sources import, and those that they need: esbuild makes one file of them."""
    sources = sorted((ROOT / "editors/vscode/src").glob("*.ts"))
    names = {name for source in sources for name in IMPORT.findall(source.read_text())}
    waiting = [f"node_modules/{name}" for name in names if name != "vscode" and not name.startswith("node:")]
    reached = set()
    while waiting:
        place = waiting.pop()
        if place in reached:
            continue
        reached.add(place)
        for name in packages[place].get("dependencies", {}):
            # The nearest one counts, as Node.js finds it.
            folders = [place, *(place[: at.start()] for at in reversed(list(re.finditer("/?node_modules/", place))))]
            found = [f"{folder}/node_modules/{name}".lstrip("/") for folder in folders]
            waiting.append(next(it for it in found if it in packages))
    return reached


def npm_packages():
    lock = json.loads((ROOT / "editors/vscode/package-lock.json").read_text())
    for place in sorted(bundled(lock["packages"])):
        package = lock["packages"][place]
        name = place.rsplit("node_modules/", 1)[-1]
        purl = f"pkg:npm/{quote(name, safe='/')}@{quote(package['version'])}"
        kind, digest = package["integrity"].split(" ")[0].split("-", 1)
        yield {
            "type": "library",
            "bom-ref": purl,
            "name": name,
            "version": package["version"],
            "purl": purl,
            "licenses": licence(package.get("license")),
            "hashes": [{"alg": HASHES[kind], "content": base64.b64decode(digest).hex()}],
        }


def bill():
    manifest = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]
    purl = f"pkg:cargo/{manifest['name']}@{manifest['version']}"
    # The same package may lie in two places of a lock file.
    components = list({it["bom-ref"]: it for it in [*crates(), *npm_packages()]}.values())
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()
    identity = "\n".join([purl, epoch, *(it["bom-ref"] for it in components)])
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, identity)}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application",
                "bom-ref": purl,
                "name": manifest["name"],
                "version": manifest["version"],
                "purl": purl,
                "licenses": licence(manifest["license"]),
            },
        },
        "components": components,
    }


if __name__ == "__main__":
    print(json.dumps(bill(), indent=1))
