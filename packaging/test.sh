#!/usr/bin/env bash
# Makes what is released from a binary, takes it apart again as its users do, and runs it.
#
#   packaging/test.sh BINARY [--all]      --all: a tool that is missing is a failure, and not skipped
#
# A debug binary will do: its symbols are stripped first. Prints a line per check and, last, "N passed, N failed".
set -euo pipefail

binary=$(realpath "${1:?usage: packaging/test.sh BINARY [--all]}")
all=${2:-}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export HOME=$scratch/home XDG_CONFIG_HOME=$scratch/home/.config XDG_STATE_HOME=$scratch/home/.local/state
# cargo itself goes on with the registry of whoever runs this.
export CARGO_HOME=${CARGO_HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)/.cargo}
export RUSTUP_HOME=${RUSTUP_HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)/.rustup}
export PACKAGING_LEVEL=1 LANG=C.UTF-8
mkdir -p "$HOME"

source tests/checks.sh

# check_with TOOL NAME COMMAND...: a check that needs a tool.
check_with() {
    local tool=$1
    shift
    if command -v "$tool" >/dev/null; then
        check "$@"
    elif [[ $all == --all ]]; then
        check "$1" sh -c "echo '$tool is not installed'; exit 1"
    else
        echo "skipped $1: $tool is not installed"
    fi
}

same() {
    [[ $1 == "$2" ]] || {
        printf 'found:\n%s\nexpected:\n%s\n' "$1" "$2"
        return 1
    }
}

version=$(cargo pkgid --locked | sed 's/.*[#@]//')
host=$(rustc -vV | sed -n 's/^host: //p')
archive=stackspot-lsp-$version-$host.tar.gz
strip -o "$scratch/stackspot-lsp" "$binary"

release() {
    packaging/release.sh --binary "$scratch/stackspot-lsp" "$@"
}

checksums() {
    cd "$scratch/dist"
    sha256sum --check --strict SHA256SUMS
    same "$(printf '%s\n' stackspot*)" "$(cut -d' ' -f3 SHA256SUMS)"
}

contents() {
    same "$(tar tzf "$scratch/dist/$archive")" "$(
        cat <<FILES
CHANGELOG.md
LICENSE-APACHE
LICENSE-MIT
$(ls README*.md)
THIRD-PARTY-LICENSES.txt
completions/_stackspot-lsp
completions/_stackspot-lsp.ps1
completions/stackspot-lsp.bash
completions/stackspot-lsp.fish
$(git ls-tree -r --name-only HEAD docs editors | awk '!/^editors\/vscode\// || /\/README.md$/')
man/stackspot-lsp.1
stackspot-lsp
FILES
    )"
    grep -qx editors/neovim/lsp/stackspot_lsp.lua <(tar tzf "$scratch/dist/$archive")
    mkdir -p "$scratch/unpacked"
    tar xzf "$scratch/dist/$archive" -C "$scratch/unpacked"
    grep -q 'serde_json 1' "$scratch/unpacked/THIRD-PARTY-LICENSES.txt"
    grep -q 'Permission is hereby granted' "$scratch/unpacked/THIRD-PARTY-LICENSES.txt"
}

# links_lead_somewhere FOLDER: every page has what it links to, pictures as well; a link that leads nowhere would be seen.
links_lead_somewhere() {
    packaging/pages.py --check "$1" | tee "$scratch/links"
    local relative
    relative=$(sed -n 's/.* pages, \([0-9]*\) relative links, 0 of them dead/\1/p' "$scratch/links")
    ((relative > 80))
    [[ -s $1/docs/images/neovim-answer.png ]]
    rm -rf "$scratch/without"
    cp -r "$1" "$scratch/without"
    rm "$scratch/without/docs/settings.md"
    if packaging/pages.py --check "$scratch/without" >"$scratch/links"; then
        return 1
    fi
    grep -q '^docs/actions.md leads to settings.md, which is not in the package' "$scratch/links"
}

# runs BINARY: it says its version, and plays its demo to the end.
runs() {
    same "$("$1" --version)" "stackspot-lsp $version"
    timeout 120 "$1" demo >"$scratch/demo"
    grep -q 'one step to undo' "$scratch/demo"
}

# renders FILE: as man shows it, without a warning, with every command.
renders() {
    local text command
    text=$(MANWIDTH=100 man --warnings=all -l "$1" 2>"$scratch/warnings" | col -b)
    cat "$scratch/warnings"
    [[ ! -s $scratch/warnings ]]
    for command in ask run demo sandbox agents login logout doctor schema completions; do
        grep -q "^   stackspot-lsp $command\$" <<<"$text" || {
            echo "no command $command in the man page"
            return 1
        }
    done
}

lints_as_a_man_page() {
    # It has no date, so that two builds make the same page.
    same "$(mandoc -T lint -W warning "$1" | grep -v 'missing date')" ""
}

# Bash is asked for real: what it completes after `stackspot-lsp do`, sourced from the file.
bash_completes() {
    bash -n "$1"
    bash --norc -c 'source "$1"; COMP_WORDS=(stackspot-lsp do) COMP_CWORD=1
        _stackspot__lsp stackspot-lsp do stackspot-lsp; printf "%s\n" "${COMPREPLY[@]}"' bash "$1" >"$scratch/completed"
    same "$(<"$scratch/completed")" doctor
}

fish_completes() {
    fish --no-execute "$1"
    same "$(fish --no-config --command "source '$1'; complete --do-complete 'stackspot-lsp do' | cut -f1")" doctor
}

installs() {
    local root=$scratch/root as=()
    ((EUID == 0)) || as=(fakeroot)
    mkdir -p "$root"/var/lib/dpkg/{info,updates,triggers}
    touch "$root"/var/lib/dpkg/{status,available}
    # Its libraries are those of this machine, so that the empty root need not have them.
    "${as[@]}" dpkg --root="$root" --log=/dev/null --force-not-root --force-depends --install "$scratch"/dist/*.deb
    runs "$root/usr/bin/stackspot-lsp"
    man --warnings=all -M "$root/usr/share/man" stackspot-lsp | grep -q STACKSPOT_REALM
    bash_completes "$root/usr/share/bash-completion/completions/stackspot-lsp"
    links_lead_somewhere "$root/usr/share/doc/stackspot-lsp"
    "${as[@]}" dpkg --root="$root" --log=/dev/null --force-not-root --force-depends --remove stackspot-lsp
    same "$(find "$root/usr" -type f)" ""
}

lintian_is_content() {
    local complaints
    complaints=$(lintian --allow-root --fail-on error,warning "$scratch"/dist/*.deb 2>&1 | grep -v 'root privileges') || true
    same "$complaints" ""
}

same_bytes_again() {
    release --out "$scratch/again"
    same "$(<"$scratch/again/SHA256SUMS")" "$(<"$scratch/dist/SHA256SUMS")"
}

# The archive for Windows is made by the same script, here of a binary of this machine: what it is called, and what is in it.
zip_for_windows() {
    release --target x86_64-pc-windows-msvc --out "$scratch/windows"
    same "$(ls "$scratch/windows")" "$(printf '%s\n' SHA256SUMS "stackspot-lsp-$version-x86_64-pc-windows-msvc.zip")"
    python3 -m zipfile -l "$scratch"/windows/*.zip | awk 'NR > 1 { print $1 }' | sort >"$scratch/names"
    grep -qx stackspot-lsp.exe "$scratch/names"
    same "$(wc -l <"$scratch/names")" "$(tar tzf "$scratch/dist/$archive" | wc -l)"
}

a_wrong_binary_is_refused() {
    if packaging/release.sh --binary /bin/true --out "$scratch/wrong"; then
        return 1
    fi
    [[ ! -e $scratch/wrong/$archive ]]
}

# Every name in the entry for mason is one that release.sh gives to an archive.
mason_entry() {
    packaging/mason-entry.sh example/stackspot-lsp "$version" >"$scratch/package.yaml"
    grep -q "pkg:github/example/stackspot-lsp@v$version" "$scratch/package.yaml"
    local named built
    named=$(sed -n "s/^ *file: '\(.*\)'/\1/p" "$scratch/package.yaml" | sed "s/{{ version | strip_prefix \"v\" }}/$version/" | sort)
    built=$(sed -n 's/^ *- { target: \([^,]*\),.*/\1/p' .github/workflows/release.yml |
        sed -e "s/.*/stackspot-lsp-$version-&/" -e '/windows/s/$/.zip/' -e '/windows/!s/$/.tar.gz/' | sort)
    same "$named" "$built"
}

# A release says what its section of the CHANGELOG says, and is not made without one.
release_notes() {
    packaging/notes.sh Unreleased >"$scratch/notes"
    grep -qx '### Added' "$scratch/notes"
    ! packaging/notes.sh 999.0.0 2>/dev/null
}

# What crates.io would get is all that is needed to build, and nothing else.
crate_contents() {
    cargo package --list --locked --allow-dirty >"$scratch/files"
    for wanted in Cargo.lock LICENSE-MIT LICENSE-APACHE README.md build.rs src/main.rs packaging/stackspot-lsp.1; do
        grep -qx "$wanted" "$scratch/files" || {
            echo "$wanted is not in the crate"
            return 1
        }
    done
    if grep -E '^(tests|benches|fuzz|editors|packaging/(.*\.sh|debian/)|docs/images|\.github|\.ci)/?' "$scratch/files"; then
        echo "this is not needed to build"
        return 1
    fi
}

# The bill of materials names every package that is linked, each once, with its digest, and is the same a second time.
bill_of_materials() {
    packaging/sbom.py >"$scratch/bill.json"
    packaging/sbom.py >"$scratch/bill-again.json"
    cmp "$scratch/bill.json" "$scratch/bill-again.json"
    python3 - "$scratch/bill.json" "$(rustc -vV | sed -n 's/^host: //p')" <<'CHECK'
import json, re, sys
sys.path.insert(0, "packaging")
from third_party_licences import linked_packages
bill = json.load(open(sys.argv[1]))
assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5"), bill["specVersion"]
refs = [it["bom-ref"] for it in bill["components"]]
assert len(refs) == len(set(refs)) and len(refs) > 150, len(refs)
named = {(it["name"], it["version"]) for it in bill["components"] if it["purl"].startswith("pkg:cargo/")}
linked = {(it["name"], it["version"]) for it in linked_packages(sys.argv[2])}
assert linked <= named, linked - named
assert any(ref.startswith("pkg:npm/vscode-languageclient@") for ref in refs)
for it in bill["components"]:
    [digest] = it["hashes"]
    assert re.fullmatch("[0-9a-f]{40,128}", digest["content"]), it
CHECK
}

check "the release is made" release --out "$scratch/dist"
check "every file has its checksum" checksums
check "the archive holds what it should, the binary on top" contents
check "the links of its pages lead to what is in it" links_lead_somewhere "$scratch/unpacked"
check "the binary of the archive runs" runs "$scratch/unpacked/stackspot-lsp"
check_with man "the man page renders" renders "$scratch/unpacked/man/stackspot-lsp.1"
check_with mandoc "mandoc finds no fault in the man page" lints_as_a_man_page "$scratch/unpacked/man/stackspot-lsp.1"
check "bash completes" bash_completes "$scratch/unpacked/completions/stackspot-lsp.bash"
check_with zsh "zsh reads its completions" zsh -n "$scratch/unpacked/completions/_stackspot-lsp"
check_with fish "fish completes" fish_completes "$scratch/unpacked/completions/stackspot-lsp.fish"
# Debian has no PowerShell, so this is never asked for.
all='' check_with pwsh "PowerShell reads its completions" pwsh -NoProfile -File "$scratch/unpacked/completions/_stackspot-lsp.ps1"
check_with dpkg-deb "the Debian package installs, runs and goes away" installs
check_with lintian "lintian has no complaint" lintian_is_content
check "the same files make the same bytes" same_bytes_again
check "the archive for Windows" zip_for_windows
check "a binary of another version is refused" a_wrong_binary_is_refused
check "the entry for mason names the archives" mason_entry
check "the notes of a release are its section of the CHANGELOG" release_notes
check "the entries for winget, scoop, Homebrew, the AUR and Nix" packaging/check-registries.py "$version"
check "the bill of materials" bill_of_materials
check "what crates.io would get" crate_contents

echo "$passed passed, $failed failed"
((failed == 0))
