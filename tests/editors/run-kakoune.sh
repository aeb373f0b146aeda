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
editor=kakoune
# shellcheck source=tests/editors/terminal.sh
. "$(dirname "${BASH_SOURCE[0]}")/terminal.sh"
IFS=$'\t' read -r version tools < <("$here/install-kakoune.sh")

ln -s "$tools/kak" "$tools/kak-lsp" "$home/bin/"
mkdir -p "$home/.config/kak"
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
tell_stories
# kak-lsp sends `exit`, and no `shutdown` before it.
sessions_of "$home" "$sessions" "$version" --cut-off
if [[ -z ${STORY:-} ]]; then scene kakoune "$binary"; fi
summary
