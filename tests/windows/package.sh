#!/usr/bin/env bash
# tests/windows/package.sh [BINARY.exe]: makes the .zip and the .vsix for Windows of a build for it, takes both apart as users do,
# in a folder with spaces and accents, and runs what is in them under Wine. Prints a line per check and "N passed, N failed".
#
# Without an argument it takes what tests/windows/run.sh has built.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
cache=${STACKSPOT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stackspot-lsp-ci}/windows
binary=$(realpath "${1:-$cache/target/x86_64-pc-windows-gnu/debug/stackspot-lsp.exe}")
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

# runs FOLDER: what is in it says its version, plays its demo, and says what it does not know. The status that Wine's loader itself
# ends with is not always the program's; that is what tests/process looks at, from inside.
runs() {
    local program=$1/stackspot-lsp.exe
    [[ $("$here/wine.sh" "$program" --version | tr -d '\r') == "stackspot-lsp $version" ]]
    "$here/wine.sh" "$program" demo >"$scratch/demo" || true
    grep -q 'one step to undo' "$scratch/demo"
    "$here/wine.sh" "$program" no-such-command 2>"$scratch/unknown" || true
    grep -q 'unrecognized subcommand' "$scratch/unknown"
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

# The proxy that nothing but the settings of Windows names is asked for the way to the service.
the_proxy_of_the_system_is_used() {
    python3 - "$scratch/port" "$scratch/asked" <<'PROXY' &
import pathlib, socket, sys
port, asked = map(pathlib.Path, sys.argv[1:])
server = socket.create_server(("127.0.0.1", 0))
server.settimeout(120)
port.write_text(str(server.getsockname()[1]))
asked.write_bytes(server.accept()[0].recv(1000))
PROXY
    until [[ -s $scratch/port ]]; do sleep 0.1; done
    # shellcheck disable=SC2016 # The inner shell expands it.
    "$here/inside.sh" target XDG_RUNTIME_DIR=/root WINEDEBUG=-all WINEPREFIX=/root/.wine STACKSPOT_TOKEN=a-token \
        STACKSPOT_AGENT_ID=01AGENT STACKSPOT_INFERENCE_URL=https://inference.example -- '
        key="HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings"
        wine64 reg add "$key" /v ProxyServer /d "127.0.0.1:$2" /f
        wine64 reg add "$key" /v ProxyEnable /t REG_DWORD /d 1 /f
        # Nobody answers it; what counts is who was asked for the way.
        wine64 "$1" ask Why || true
        wine64 reg add "$key" /v ProxyEnable /t REG_DWORD /d 0 /f' "/target/${scratch##*/}/stackspot-lsp.exe" "$(<"$scratch/port")"
    wait $!
    grep -q '^CONNECT inference.example:443 ' "$scratch/asked"
}

check "the .zip for Windows is made, with what its program says of itself" the_archive_is_made
check "its program runs from a folder with spaces and accents" the_archive_is_used
check "the .vsix for Windows is made, and the server in it runs" the_extension_is_made_and_its_server_runs
check "the proxy of the system's settings is used" the_proxy_of_the_system_is_used
echo "$passed passed, $failed failed"
((failed == 0))
