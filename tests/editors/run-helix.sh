#!/usr/bin/env bash
# Drives a real Helix in a terminal against a server binary, as a user would who followed editors/helix/README.md.
#
#   tests/editors/run-helix.sh BINARY
#
# Prints the stories and, last, "N passed, N failed". Exit code 0 when every story passed. $STORY, a pattern, chooses among
# them. The recorded sessions stay in $STACKSPOT_CI_CACHE/helix/sessions for a look afterwards.
# The stories that confirm cells of docs/editors.md are named in confirmed.json, beside this file.
set -euo pipefail

binary=$(realpath "${1:?usage: run-helix.sh BINARY}")
editor=helix
# shellcheck source=tests/editors/terminal.sh
. "$(dirname "${BASH_SOURCE[0]}")/terminal.sh"
IFS=$'\t' read -r version tools < <("$here/install-helix.sh")

ln -s "$tools/hx" "$home/bin/"
mkdir -p "$home/.config/helix"
readme_block "$config/README.md" "Progress" toml >"$home/.config/helix/config.toml"
# With the account, the file as it is; without one, its first lines as the README says.
cp -r "$home/.config" "$home/.config-account"
cp "$config/languages.toml" "$home/.config-account/helix/"
{
    readme_block "$config/README.md" "Without an account" toml
    sed '/^command = "stackspot-lsp"$/,$!d' "$config/languages.toml" | tail -n +2
} >"$home/.config/helix/languages.toml"

echo "Helix $version"
generated=$(PATH="$home/bin:$PATH" HOME=$scratch sh "$config/languages.sh")
verdict "$([[ $generated == "$(cat "$config/languages.toml")" ]] && echo 0 || echo 1)" \
    "languages.toml names each language's own servers, as this Helix lists them" "$generated"

tell_stories
sessions_of "$home" "$sessions" "$version"
if [[ -z ${STORY:-} ]]; then scene helix "$binary"; fi
summary
