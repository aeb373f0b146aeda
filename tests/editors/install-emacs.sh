#!/usr/bin/env bash
# Puts Emacs and what its tests need into a cache directory, without touching the machine's packages.
#
#   tests/editors/install-emacs.sh            installs what is missing; prints "VERSION<TAB>DIR"
#
# DIR holds `emacs` (Debian trixie's, without a window system), `elpa` (lsp-mode, markdown-mode and package-lint, as Debian
# packages them) and `python/bin` with rass and pylsp, from PyPI.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${STACKSPOT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stackspot-lsp-ci}/emacs
log=$cache/install.log
mkdir -p "$cache"
: >"$log"
# shellcheck source=tests/editors/debian.sh
. "$here/debian.sh"

# version_of EMACS: "30.1", or nothing when the editor does not start.
version_of() {
    { "$1" --version 2>>"$log" || true; } | sed -n 's/^GNU Emacs \([0-9.]*\).*/\1/p'
}

# write_wrapper ROOT WRAPPER: Emacs takes its paths from the environment, and its dump from beside the program.
write_wrapper() {
    local share program
    share=$(echo "$1"/usr/share/emacs/[0-9]*)
    program=$1/usr/bin/emacs-nox
    ln -f "$1"/usr/libexec/emacs/*/*/emacs-*.pdmp "$program.pdmp"
    cat >"$2" <<WRAPPER
#!/bin/sh
export EMACSLOADPATH="$1/usr/share/emacs/site-lisp:$(find "$share/lisp" -type d | sort | paste -sd:)"
export EMACSDATA="$share/etc" EMACSDOC="$share/etc" EMACSPATH="$(echo "$1"/usr/libexec/emacs/*/*)"
exec $(loader_line "$1" "$program") "$program" "\$@"
WRAPPER
    chmod +x "$2"
}

install_emacs() {
    rm -f "$cache/emacs"
    unpack_from trixie "$cache/root" emacs-nox elpa-lsp-mode elpa-markdown-mode elpa-package-lint
    ln -sfn "$cache/root/usr/share/emacs/site-lisp/elpa-src" "$cache/elpa"
    write_wrapper "$cache/root" "$cache/emacs"
}

install_python() {
    rm -rf "$cache/python"
    if ! python3 -m venv "$cache/python" >>"$log" 2>&1; then
        rm -rf "$cache/python"
        machine_lacks no-such-command python3-venv
        python3 -m venv "$cache/python" >>"$log" 2>&1 || fail "python3 makes no virtual environment"
    fi
    "$cache/python/bin/pip" -q install rassumfrassum==0.3.5 'python-lsp-server[pyflakes]==1.15.0' >>"$log" 2>&1 ||
        fail "rassumfrassum and python-lsp-server cannot be installed"
}

# What an earlier form of this script installed is not taken for what this one would.
stamp=$(cat "$here/install-emacs.sh" "$here/debian.sh" | sha256sum)
if [[ $(cat "$cache/stamp" 2>/dev/null) != "$stamp" || -z $(version_of "$cache/emacs") ]]; then
    rm -f "$cache/stamp"
    install_emacs
    install_python
    [[ $(version_of "$cache/emacs") == 30.* ]] || fail "trixie has Emacs '$(version_of "$cache/emacs")'; wanted 30"
    echo "$stamp" >"$cache/stamp"
fi
printf '%s\t%s\n' "$(version_of "$cache/emacs")" "$cache"
