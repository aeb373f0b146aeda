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
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
config=$(cd "$here/../../editors/helix" && pwd)
cache=${STACKSPOT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stackspot-lsp-ci}
sessions=$cache/helix/sessions
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$sessions"
log=$scratch/install.log
# shellcheck source=tests/editors/stories.sh
. "$here/stories.sh"
# shellcheck source=tests/editors/debian.sh
. "$here/debian.sh"
machine_lacks tmux tmux

IFS=$'\t' read -r version tools < <("$here/install-helix.sh")
# The language's own server is that of the Emacs tests.
IFS=$'\t' read -r _ emacs_tools < <("$here/install-emacs.sh")

home=$scratch/home
mkdir -p "$home/.config/helix" "$home/bin"
ln -s "$tools/hx" "$emacs_tools/python/bin/pylsp" "$home/bin/"
write_server "$home" "$binary"
write_project "$home"
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

code=0
(
    cd "$home"
    env -i HOME="$home" PATH="$home/bin:/usr/bin:/bin" LANG=C.UTF-8 TERM=xterm-256color COLORTERM=truecolor \
        XDG_RUNTIME_DIR="$home" PYTHONDONTWRITEBYTECODE=1 ${STORY:+"STORY=$STORY"} timeout 400 "$(command -v python3)" "$here/helix/stories.py"
) >"$home/log" 2>"$home/errors" </dev/null || code=$?
stories_of "$home" "$code"
sessions_of "$home" "$sessions" "$version"
if [[ -z ${STORY:-} ]]; then scene helix "$binary"; fi
summary
