#!/usr/bin/env bash
# Drives a real Kakoune with kak-lsp in a terminal against a server binary, as a user would who followed
# editors/kakoune/README.md.
#
#   tests/editors/run-kakoune.sh BINARY
#
# Prints the stories and, last, "N passed, N failed". Exit code 0 when every story passed. $STORY, a pattern, chooses among
# them. The recorded sessions stay in $STACKSPOT_CI_CACHE/kakoune/sessions for a look afterwards.
# The stories that confirm cells of docs/editors.md are named in confirmed.json, beside this file.
set -euo pipefail

binary=$(realpath "${1:?usage: run-kakoune.sh BINARY}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
config=$(cd "$here/../../editors/kakoune" && pwd)
cache=${STACKSPOT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stackspot-lsp-ci}
sessions=$cache/kakoune/sessions
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$sessions"
log=$scratch/install.log
# shellcheck source=tests/editors/stories.sh
. "$here/stories.sh"
# shellcheck source=tests/editors/debian.sh
. "$here/debian.sh"
machine_lacks tmux tmux

IFS=$'\t' read -r version tools < <("$here/install-kakoune.sh")
# The language's own server is that of the Emacs tests.
IFS=$'\t' read -r _ emacs_tools < <("$here/install-emacs.sh")

home=$scratch/home
mkdir -p "$home/.config/kak" "$home/bin"
ln -s "$tools/kak" "$tools/kak-lsp" "$emacs_tools/python/bin/pylsp" "$home/bin/"
write_server "$home" "$binary"
write_project "$home"
readme_block "$config/README.md" "With kak-lsp" kak >"$home/.config/kak/kakrc"
# with_lines HEADING FILE: the table of stackspot.kak with the lines that the README gives there.
with_lines() {
    readme_block "$config/README.md" "$1" toml >"$scratch/lines"
    sed "/root_globs/r $scratch/lines" "$config/stackspot.kak" >"$2"
}
cp -r "$home/.config" "$home/.config-account"
with_lines "With kak-lsp" "$home/.config/kak/stackspot.kak"
with_lines "Settings" "$home/.config-account/kak/stackspot.kak"

echo "Kakoune $version, kak-lsp $("$tools/kak-lsp" --version)"
code=0
(
    cd "$home"
    env -i HOME="$home" PATH="$home/bin:/usr/bin:/bin" LANG=C.UTF-8 TERM=xterm-256color COLORTERM=truecolor \
        XDG_RUNTIME_DIR="$home" PYTHONDONTWRITEBYTECODE=1 ${STORY:+"STORY=$STORY"} timeout 400 "$(command -v python3)" "$here/kakoune/stories.py"
) >"$home/log" 2>"$home/errors" </dev/null || code=$?
stories_of "$home" "$code"
# kak-lsp sends `exit`, and no `shutdown` before it.
sessions_of "$home" "$sessions" "$version" --cut-off
if [[ -z ${STORY:-} ]]; then scene kakoune "$binary"; fi
summary
