#!/usr/bin/env bash
# tests/windows/wine.sh PROGRAM.exe [ARGUMENTS...]: runs a program under Wine. It must lie below $STACKSPOT_CI_CACHE/windows/target.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${STACKSPOT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stackspot-lsp-ci}/windows
program=$(realpath "$1")
[[ $program == "$cache"/target/* ]] || {
    echo "$program is not below $cache/target, so Wine cannot see it" >&2
    exit 1
}
shift
exec "$here/inside.sh" target XDG_RUNTIME_DIR=/root WINEDEBUG=-all WINEPREFIX=/root/.wine \
    -- 'wine64 "$@"' "/target/${program#"$cache/target/"}" "$@"
