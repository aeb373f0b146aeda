#!/usr/bin/env python3
"""Holds what packaging/registries.py writes against the form that each registry wants, and against the release.

    packaging/check-registries.py VERSION       makes the entries of a release with digests of its own, in a folder of its own
"""

import hashlib
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = "example/stackspot-lsp"


def main(version):
    workflow = (HERE.parent / ".github/workflows/release.yml").read_text()
    targets = re.findall(r"- { target: ([^,]*),", workflow)
    assert len(targets) > 5, targets
    names = [f"stackspot-lsp-{version}-{target}.{'zip' if 'windows' in target else 'tar.gz'}" for target in targets]
    digests = {name: hashlib.sha256(name.encode()).hexdigest() for name in names}
    with tempfile.TemporaryDirectory() as scratch:
        dist, out, again = (Path(scratch) / name for name in ("dist", "out", "again"))
        dist.mkdir()
        (dist / "SHA256SUMS").write_text("".join(f"{digest}  {name}\n" for name, digest in digests.items()))
        for folder in (out, again):
            subprocess.run([HERE / "registries.py", REPOSITORY, version, dist, folder], check=True)
        files = {path.relative_to(out).as_posix(): path.read_text() for path in sorted(out.rglob("*")) if path.is_file()}
        assert files == {name: (again / name).read_text() for name in files}
        for name, text in files.items():
            has_digests_of_its_archives(name, text, digests)
        check_winget({name: text for name, text in files.items() if name.startswith("winget/")}, version)
        check_scoop(files["scoop/stackspot-lsp.json"], version)
        check_homebrew(files["homebrew/stackspot-lsp.rb"])
        check_aur(out / "aur", files)
        check_nix(files["nix/package.nix"])
        check_binstall(version, names, targets)
        # Of a part of a release nothing is made up.
        (dist / "SHA256SUMS").write_text(f"{digests[names[0]]}  {names[0]}\n")
        part = Path(scratch) / "part"
        said = subprocess.run([HERE / "registries.py", REPOSITORY, version, dist, part], check=True, capture_output=True, text=True)
        assert said.stderr.count("left out") == 5 and not part.exists(), said
    print(f"{len(files)} files of 5 registries have the form that is wanted")


def has_digests_of_its_archives(name, text, digests):
    """Each address in an entry stands before the digest of its archive, and there is no other digest."""
    found = re.findall(r"releases/download/v[^/]+/([^\"'\s]+)[\"',\s]+?[^/]*?\b([0-9a-fA-F]{64})\b", text)
    assert len(found) == len(re.findall(r"\b[0-9a-fA-F]{64}\b", text)), (name, found)
    for archive, digest in found:
        assert digests[archive] == digest.lower(), (name, archive)
    expected = {"winget": 2, "scoop": 2, "homebrew": 4, "aur": 2, "nix": 3}[name.split("/")[0]]
    if not name.endswith("StackspotLsp.yaml") and ".locale." not in name:
        assert len(found) == expected, (name, found)


def check_binstall(version, names, targets):
    """What cargo binstall makes of the metadata are the names of the archives."""
    package = tomllib.loads((HERE.parent / "Cargo.toml").read_text())["package"]
    metadata = package["metadata"]["binstall"]
    for name, target in zip(names, targets, strict=True):
        kind = metadata["overrides"].get(target, metadata)["pkg-fmt"]
        values = {"repo": "R", "version": version, "name": package["name"], "target": target}
        values["archive-suffix"] = {"tgz": ".tar.gz", "zip": ".zip"}[kind]
        url = re.sub(r"{ ([a-z-]+) }", lambda found: values[found[1]], metadata["pkg-url"])
        assert url == f"R/releases/download/v{version}/{name}", url


def yaml(text):
    """The little of YAML that the manifests use: keys, texts, and lists of maps."""
    root, current = {}, None
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        key, value = re.fullmatch(r"(?:- |  )?([A-Za-z0-9]+):(?: (.+))?", line).groups()
        if line.startswith("- "):
            current[1].append({key: value})
        elif line.startswith("  "):
            current[1][-1][key] = value
        else:
            root[key] = value if value is not None else []
            current = (key, root[key])
    return root


def check_winget(files, version):
    by_kind = {yaml(text)["ManifestType"]: yaml(text) for text in files.values()}
    assert set(by_kind) == {"version", "defaultLocale", "installer"} and len(files) == 3
    for name, text in files.items():
        manifest = yaml(text)
        identifier = manifest["PackageIdentifier"]
        folder = f"winget/manifests/{identifier[0].lower()}/{identifier.replace('.', '/')}/{version}/{identifier}"
        assert name.startswith(folder) and manifest["PackageVersion"] == version, name
        assert manifest["ManifestVersion"] == "1.6.0"
    locale = by_kind["defaultLocale"]
    assert locale["PackageLocale"] == by_kind["version"]["DefaultLocale"]
    assert all(locale[key] for key in ("Publisher", "PackageName", "License", "ShortDescription"))
    assert len(locale["ShortDescription"]) <= 256
    installer = by_kind["installer"]
    assert (installer["InstallerType"], installer["NestedInstallerType"]) == ("zip", "portable")
    assert installer["NestedInstallerFiles"][0]["RelativeFilePath"] == "stackspot-lsp.exe"
    assert [it["Architecture"] for it in installer["Installers"]] == ["x64", "arm64"]
    assert all(re.fullmatch("[0-9A-F]{64}", it["InstallerSha256"]) for it in installer["Installers"])


def check_scoop(text, version):
    entry = json.loads(text)
    assert {"version", "description", "homepage", "license", "architecture", "bin"} <= set(entry)
    assert entry["version"] == version and set(entry["architecture"]) == {"64bit", "arm64"}
    for name, renewed in entry["autoupdate"]["architecture"].items():
        assert renewed["url"].replace("$version", version) == entry["architecture"][name]["url"]


def check_homebrew(text):
    opened = len(re.findall(r"\bdo$|^class |^  def ", text, re.MULTILINE))
    assert opened == len(re.findall(r"^ *end$", text, re.MULTILINE)), text
    described = re.search(r'desc "(.*)"', text)[1]
    # What `brew audit` says of descriptions.
    assert len(described) < 80 and not described.startswith(("A ", "The ")) and not described.endswith("."), described


def check_aur(folder, files):
    subprocess.run(["bash", "-n", folder / "PKGBUILD"], check=True)
    # What makepkg would read of it is what .SRCINFO says.
    read = 'source "$1"; for it in pkgver pkgrel url pkgdesc arch license depends provides conflicts source_x86_64 ' \
        'sha256sums_x86_64 source_aarch64 sha256sums_aarch64; do declare -n values=$it; ' \
        'for value in "${values[@]}"; do printf "\\t%s = %s\\n" "$it" "$value"; done; done'
    told = subprocess.run(["bash", "-c", read, "bash", folder / "PKGBUILD"], check=True, capture_output=True, text=True).stdout
    info = files["aur/.SRCINFO"]
    assert sorted(told.splitlines()) == sorted(line for line in info.splitlines() if line.startswith("\t")), (told, info)


def check_nix(text):
    for opening, closing in ("{}", "[]", "()"):
        assert text.count(opening) == text.count(closing), opening
    assert text.count("''") == 2 and text.rstrip().endswith("}")
    # Every attribute of the derivation ends as Nix wants it.
    for line in text.splitlines():
        if re.match(r"^\s+\w+ = .*[^{\[(;']$", line):
            assert line.endswith("="), line


if __name__ == "__main__":
    main(sys.argv[1])
