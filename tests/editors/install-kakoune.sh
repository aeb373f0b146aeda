#!/usr/bin/env bash
# Puts Kakoune, from Debian sid, and kak-lsp, from crates.io, into a cache directory, without touching the machine's packages.
#
#   tests/editors/install-kakoune.sh            installs what is missing; prints "VERSION<TAB>DIR", where DIR has `kak` and `kak-lsp`
#
# kak-lsp is compiled once, which takes minutes; the cache keeps it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${STACKSPOT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stackspot-lsp-ci}/kakoune
kak_lsp_version=22.0.0
log=$cache/install.log
mkdir -p "$cache"
: >"$log"
# shellcheck source=tests/editors/debian.sh
. "$here/debian.sh"

# Debian's Kakoune does not know its own version; its changelog does.
version_of() {
    zcat "$1"/usr/share/doc/kakoune/changelog.Debian.gz 2>>"$log" | sed -n '1s/^kakoune (\([0-9.]*\).*/\1/p'
}

# starts KAK: whether the editor runs a command.
starts() {
    [[ $("$1" -n -ui dummy -e 'nop %sh{ echo yes >&3 }; quit' 3>&1 2>>"$log" </dev/null) == yes ]]
}

install_kakoune() {
    local root=$cache/root
    rm -f "$cache/kak"
    unpack_from sid "$root" kakoune
    cat >"$cache/kak" <<WRAPPER
#!/bin/sh
export KAKOUNE_RUNTIME="$root/usr/share/kak"
exec $(loader_line "$root" kak) "$root/usr/bin/kak" "\$@"
WRAPPER
    chmod +x "$cache/kak"
    # Scripts that Kakoune starts find this one before any other.
    ln -sf "$cache/kak" "$root/usr/libexec/kak/kak"
}

# Little is optimised: kak-lsp has little to do, and this compiles in half the time.
install_kak_lsp() {
    if [[ $("$cache/kak-lsp" --version 2>>"$log" || true) == *"$kak_lsp_version"* ]]; then return; fi
    local build=$cache/build
    # Not from here: the options of this checkout's own builds have no say.
    (cd / && CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR=$build \
        cargo install --debug --locked --root "$build/install" "kak-lsp@$kak_lsp_version") >>"$log" 2>&1 ||
        fail "kak-lsp $kak_lsp_version cannot be compiled"
    cp "$build/install/bin/kak-lsp" "$cache/kak-lsp"
    rm -rf "$build"
}

# What an earlier form of this script installed is not taken for what this one would.
stamp=$(cat "$here/install-kakoune.sh" "$here/debian.sh" | sha256sum)
if [[ $(cat "$cache/stamp" 2>/dev/null) != "$stamp" ]] || ! starts "$cache/kak"; then
    rm -f "$cache/stamp"
    install_kakoune
    starts "$cache/kak" || fail "Kakoune does not start"
    install_kak_lsp
    echo "$stamp" >"$cache/stamp"
fi
printf '%s\t%s\n' "$(version_of "$cache/root")" "$cache"
