#!/usr/bin/env bash
# Puts Helix, from Debian sid, into a cache directory, without touching the machine's packages, and pylsp beside it.
#
#   tests/editors/install-helix.sh            installs what is missing; prints "VERSION<TAB>DIR", where DIR/hx starts it
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${STACKSPOT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stackspot-lsp-ci}/helix
log=$cache/install.log
mkdir -p "$cache"
: >"$log"
# shellcheck source=tests/editors/debian.sh
. "$here/debian.sh"

# version_of HX: "25.07.1", or nothing when the editor does not start.
version_of() {
    { "$1" --version 2>>"$log" || true; } | sed -n 's/^helix \([0-9.]*\).*/\1/p'
}

# What an earlier form of this script installed is not taken for what this one would.
stamp=$(cat "$here/install-helix.sh" "$here/debian.sh" | sha256sum)
if [[ $(cat "$cache/stamp" 2>/dev/null) != "$stamp" || -z $(version_of "$cache/hx") ]]; then
    rm -f "$cache/stamp" "$cache/hx"
    root=$cache/root
    unpack_from sid "$root" hx
    program=$(find "$root/usr/lib" -type f -name hx | head -n 1)
    cat >"$cache/hx" <<WRAPPER
#!/bin/sh
export HELIX_RUNTIME="$(dirname "$program")/runtime"
exec $(loader_line "$root" hx) "$program" "\$@"
WRAPPER
    chmod +x "$cache/hx"
    [[ -n $(version_of "$cache/hx") ]] || fail "Helix does not start"
    echo "$stamp" >"$cache/stamp"
fi
printf '%s\t%s\n' "$(version_of "$cache/hx")" "$cache"
