#!/usr/bin/env bash
# tests/windows/package.sh BINARY.exe: makes the .zip and the .vsix for Windows of a build for it, takes both apart as users do,
# in a folder with spaces and accents, and runs what is in them under Wine. Prints a line per check and "N passed, N failed".
#
# It is for what tests/windows/run.sh has built, and is called by hand.
set -euo pipefail
binary=$(realpath "${1:?usage: tests/windows/package.sh BINARY.exe}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
cache=${STACKSPOT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stackspot-lsp-ci}/windows
# Below what is seen inside as /target, where Wine finds it.
scratch=$(mktemp -d "$cache/target/package.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
export PACKAGING_LEVEL=1
source tests/checks.sh

version=$(cargo pkgid --locked | sed 's/.*[#@]//')
objcopy --strip-all "$binary" "$scratch/stackspot-lsp.exe" 2>/dev/null || cp "$binary" "$scratch/stackspot-lsp.exe"

the_archive_is_made() {
    packaging/release.sh --target x86_64-pc-windows-msvc --binary "$scratch/stackspot-lsp.exe" --runner "$here/wine.sh" --out "$scratch/dist"
}

# runs FOLDER: what is in it says its version, plays its demo, and ends with the codes that the documentation tells.
runs() {
    local program=$1/stackspot-lsp.exe code=0
    [[ $("$here/wine.sh" "$program" --version | tr -d '\r') == "stackspot-lsp $version" ]]
    "$here/wine.sh" "$program" demo >"$scratch/demo"
    grep -q 'one step to undo' "$scratch/demo"
    "$here/wine.sh" "$program" no-such-command || code=$?
    ((code == 2))
}

the_archive_is_used() {
    local folder="$scratch/Área de trabalho/StackSpot (novo)"
    mkdir -p "$folder"
    python3 -m zipfile -e "$scratch"/dist/*.zip "$folder"
    [[ -s $folder/completions/_stackspot-lsp.ps1 && -s $folder/docs/install.md ]]
    grep -q 'Register-ArgumentCompleter' "$folder/completions/_stackspot-lsp.ps1"
    runs "$folder"
    (cd "$scratch/dist" && sha256sum --check --strict SHA256SUMS)
}

the_extension_is_made_and_its_server_runs() {
    local folder="$scratch/extensão"
    tests/editors/build-vscode.sh "$scratch/stackspot-lsp.exe" "$scratch/stackspot-lsp-win32-x64.vsix" win32-x64
    mkdir -p "$folder"
    python3 -m zipfile -e "$scratch/stackspot-lsp-win32-x64.vsix" "$folder"
    grep -q 'TargetPlatform="win32-x64"' "$folder/extension.vsixmanifest"
    cmp "$scratch/stackspot-lsp.exe" "$folder/extension/server/stackspot-lsp.exe"
    runs "$folder/extension/server"
}

check "the .zip for Windows is made, with what its program says of itself" the_archive_is_made
check "its program runs from a folder with spaces and accents" the_archive_is_used
check "the .vsix for Windows is made, and the server in it runs" the_extension_is_made_and_its_server_runs
echo "$passed passed, $failed failed"
((failed == 0))
