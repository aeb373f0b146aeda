#!/usr/bin/env python3
"""Writes the entries of a release for the registries that take it from its archives.

    packaging/registries.py OWNER/REPOSITORY VERSION DIST OUT

DIST holds SHA256SUMS of a whole release (packaging/release.sh for every target), or of a part of one: an entry whose archives
are missing is left out, and said to be. OUT gets, each where its registry wants it:

    winget/…/*.yaml        microsoft/winget-pkgs
    scoop/*.json           a bucket
    homebrew/*.rb          a tap
    aur/PKGBUILD, .SRCINFO the AUR
    nix/package.nix        nixpkgs, or a flake of one's own

The same release gives the same bytes.
"""

import json
import sys
from pathlib import Path

NAME = "stackspot-lsp"
DESCRIPTION = "A language server that puts StackSpot AI agents into every editor"
LICENCE = "MIT OR Apache-2.0"
IDENTIFIER = "StackspotLsp.StackspotLsp"


def main(repository, version, dist, out):
    release = Release(repository, version, dict(reversed(line.split()) for line in (dist / "SHA256SUMS").read_text().splitlines()))
    for entry in (winget, scoop, homebrew, aur, nix):
        try:
            files = entry(release)
        except KeyError as missing:
            print(f"{entry.__name__}: left out, for SHA256SUMS has no {missing.args[0]}", file=sys.stderr)
            continue
        for name, text in files.items():
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, newline="\n")


class Release:
    """Where the archives of a version are, and their digests."""

    def __init__(self, repository, version, digests):
        self.homepage = f"https://github.com/{repository}"
        self.version = version
        self.digests = digests

    def file(self, target):
        return f"{NAME}-{self.version}-{target}.{'zip' if 'windows' in target else 'tar.gz'}"

    def url(self, target):
        return f"{self.homepage}/releases/download/v{self.version}/{self.file(target)}"

    def digest(self, target):
        return self.digests[self.file(target)]


def winget(release):
    folder = f"winget/manifests/{IDENTIFIER[0].lower()}/{IDENTIFIER.replace('.', '/')}/{release.version}/{IDENTIFIER}"

    def manifest(kind, *lines):
        head = f"# yaml-language-server: $schema=https://aka.ms/winget-manifest.{kind}.1.6.0.schema.json\n"
        head += f"PackageIdentifier: {IDENTIFIER}\nPackageVersion: {release.version}\n"
        return head + "".join(f"{line}\n" for line in lines) + f"ManifestType: {kind}\nManifestVersion: 1.6.0\n"

    installers = []
    for architecture, target in (("x64", "x86_64-pc-windows-msvc"), ("arm64", "aarch64-pc-windows-msvc")):
        installers.append(f"- Architecture: {architecture}")
        installers.append(f"  InstallerUrl: {release.url(target)}")
        installers.append(f"  InstallerSha256: {release.digest(target).upper()}")
    return {
        f"{folder}.yaml": manifest("version", "DefaultLocale: en-US"),
        f"{folder}.locale.en-US.yaml": manifest(
            "defaultLocale",
            "PackageLocale: en-US",
            "Publisher: The stackspot-lsp authors",
            f"PackageName: {NAME}",
            f"PackageUrl: {release.homepage}",
            f"License: {LICENCE}",
            f"ShortDescription: {DESCRIPTION}",
            f"Moniker: {NAME}",
        ),
        f"{folder}.installer.yaml": manifest(
            "installer",
            "InstallerType: zip",
            "NestedInstallerType: portable",
            "NestedInstallerFiles:",
            f"- RelativeFilePath: {NAME}.exe",
            f"  PortableCommandAlias: {NAME}",
            "Installers:",
            *installers,
        ),
    }


def scoop(release):
    def architecture(target):
        return {"url": release.url(target), "hash": release.digest(target)}

    def renewed(target):
        return {"url": release.url(target).replace(release.version, "$version")}

    targets = {"64bit": "x86_64-pc-windows-msvc", "arm64": "aarch64-pc-windows-msvc"}
    entry = {
        "version": release.version,
        "description": DESCRIPTION,
        "homepage": release.homepage,
        "license": LICENCE.replace(" OR ", "|"),
        "architecture": {name: architecture(target) for name, target in targets.items()},
        "bin": f"{NAME}.exe",
        "checkver": "github",
        "autoupdate": {
            "architecture": {name: renewed(target) for name, target in targets.items()},
            "hash": {"url": "$baseurl/SHA256SUMS"},
        },
    }
    return {f"scoop/{NAME}.json": json.dumps(entry, indent=4) + "\n"}


def homebrew(release):
    def archive(indent, target):
        return f'{indent}url "{release.url(target)}"\n{indent}sha256 "{release.digest(target)}"\n'

    def system(name, arm, intel):
        return (
            f"  on_{name} do\n    on_arm do\n{archive('      ', arm)}    end\n"
            f"    on_intel do\n{archive('      ', intel)}    end\n  end\n"
        )

    text = f'class StackspotLsp < Formula\n  desc "{DESCRIPTION.removeprefix("A ").capitalize()}"\n'
    text = text.replace("stackspot ai agents", "StackSpot AI agents")
    text += f'  homepage "{release.homepage}"\n  version "{release.version}"\n  license any_of: ["MIT", "Apache-2.0"]\n\n'
    text += system("macos", "aarch64-apple-darwin", "x86_64-apple-darwin") + "\n"
    text += system("linux", "aarch64-unknown-linux-gnu", "x86_64-unknown-linux-gnu")
    text += f"""
  def install
    bin.install "{NAME}"
    man1.install "man/{NAME}.1"
    bash_completion.install "completions/{NAME}.bash" => "{NAME}"
    zsh_completion.install "completions/_{NAME}"
    fish_completion.install "completions/{NAME}.fish"
    doc.install Dir["*.md"], "docs", "editors"
  end

  test do
    assert_match version.to_s, shell_output("#{{bin}}/{NAME} --version")
    assert_match "one step to undo", shell_output("#{{bin}}/{NAME} demo")
  end
end
"""
    return {f"homebrew/{NAME}.rb": text}


def aur(release):
    package = f"{NAME}-bin"
    targets = {"x86_64": "x86_64-unknown-linux-gnu", "aarch64": "aarch64-unknown-linux-gnu"}
    version = release.version.replace("-", "_")
    build = f"""# Made by packaging/registries.py of the release.
pkgname={package}
pkgver={version}
pkgrel=1
pkgdesc="{DESCRIPTION}"
arch=({" ".join(f"'{name}'" for name in targets)})
url="{release.homepage}"
license=('MIT OR Apache-2.0')
depends=('gcc-libs' 'glibc')
provides=('{NAME}')
conflicts=('{NAME}')
"""
    for name, target in targets.items():
        build += f"source_{name}=('{release.url(target)}')\nsha256sums_{name}=('{release.digest(target)}')\n"
    build += f"""
package() {{
    install -Dm755 {NAME} "$pkgdir/usr/bin/{NAME}"
    install -Dm644 man/{NAME}.1 "$pkgdir/usr/share/man/man1/{NAME}.1"
    install -Dm644 completions/{NAME}.bash "$pkgdir/usr/share/bash-completion/completions/{NAME}"
    install -Dm644 completions/_{NAME} "$pkgdir/usr/share/zsh/site-functions/_{NAME}"
    install -Dm644 completions/{NAME}.fish "$pkgdir/usr/share/fish/vendor_completions.d/{NAME}.fish"
    install -Dm644 LICENSE-MIT THIRD-PARTY-LICENSES.txt -t "$pkgdir/usr/share/licenses/{package}"
    install -d "$pkgdir/usr/share/doc/{NAME}"
    cp -r *.md docs editors "$pkgdir/usr/share/doc/{NAME}"
}}
"""
    info = f"pkgbase = {package}\n"
    fields = [("pkgdesc", DESCRIPTION), ("pkgver", version), ("pkgrel", "1"), ("url", release.homepage)]
    fields += [("arch", name) for name in targets] + [("license", LICENCE), ("depends", "gcc-libs"), ("depends", "glibc")]
    fields += [("provides", NAME), ("conflicts", NAME)]
    for name, target in targets.items():
        fields += [(f"source_{name}", release.url(target)), (f"sha256sums_{name}", release.digest(target))]
    info += "".join(f"\t{name} = {value}\n" for name, value in fields) + f"\npkgname = {package}\n"
    return {"aur/PKGBUILD": build, "aur/.SRCINFO": info}


def nix(release):
    systems = {
        "x86_64-linux": "x86_64-unknown-linux-musl",
        "x86_64-darwin": "x86_64-apple-darwin",
        "aarch64-darwin": "aarch64-apple-darwin",
    }
    archives = "".join(
        f'    {name} = {{\n      url = "{release.url(target)}";\n      sha256 = "{release.digest(target)}";\n    }};\n'
        for name, target in systems.items()
    )
    text = f"""# Made by packaging/registries.py of the release. `nix-build -E 'with import <nixpkgs> {{}}; callPackage ./package.nix {{}}'`
{{
  lib,
  stdenvNoCC,
  fetchurl,
  installShellFiles,
}}:

let
  archives = {{
{archives}  }};
in
stdenvNoCC.mkDerivation {{
  pname = "{NAME}";
  version = "{release.version}";

  src = fetchurl archives.${{stdenvNoCC.hostPlatform.system}};
  sourceRoot = ".";
  nativeBuildInputs = [ installShellFiles ];

  installPhase = ''
    runHook preInstall
    install -Dm755 {NAME} -t $out/bin
    installManPage man/{NAME}.1
    installShellCompletion completions/{NAME}.bash completions/{NAME}.fish --zsh completions/_{NAME}
    runHook postInstall
  '';

  meta = {{
    description = "{DESCRIPTION.removeprefix("A ").replace("language server", "Language server")}";
    homepage = "{release.homepage}";
    license = with lib.licenses; [ mit asl20 ];
    platforms = builtins.attrNames archives;
    mainProgram = "{NAME}";
    sourceProvenance = [ lib.sourceTypes.binaryNativeCode ];
  }};
}}
"""
    return {"nix/package.nix": text}


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
