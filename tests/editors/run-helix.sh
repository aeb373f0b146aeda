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

# A file of somebody's own, with a list in a line, a list in lines, none, and a table below.
mine=$scratch/mine/.config/helix/languages.toml
mkdir -p "$(dirname "$mine")"
cat >"$mine" <<'TOML'
# mine
[[language]]
name = "rust" # by the way
language-servers = [
    "rust-analyzer", # [of course]
    { name = "typos", except-features = ["hover"] }
]

[[language]]
name = "markdown"

[language.formatter]
command = "prettier"

[[language]]
name = 'go'
language-servers = ["gopls"]

[language-server.typos]
command = "typos-lsp"
TOML
cp "$mine" "$scratch/mine.before"
merge() { PATH="$home/bin:$PATH" HOME=$scratch/mine sh "$config/languages.sh" --into "$mine" rust markdown go python; }
said=$(merge 2>&1) && code=0 || code=$?
expected='{"go": ["gopls", "stackspot"], "markdown": "stackspot", "python": "stackspot", "rust": ["rust-analyzer", "typos", "stackspot"], "wraps": true, "command": "stackspot-lsp", "formatter": "prettier", "mine": "typos-lsp"}'
found=$(python3 - "$mine" <<'PYTHON'
import json, sys, tomllib

read = tomllib.load(open(sys.argv[1], "rb"))
by_name = {entry["name"]: entry for entry in read["language"]}
assert len(by_name) == len(read["language"]), "an entry is there twice"
names = {name: [it if isinstance(it, str) else it["name"] for it in entry["language-servers"]] for name, entry in by_name.items()}
print(json.dumps({
    "go": names["go"], "markdown": names["markdown"][-1], "python": names["python"][-1], "rust": names["rust"],
    "wraps": by_name["markdown"]["soft-wrap"]["enable"], "command": read["language-server"]["stackspot"]["command"],
    "formatter": by_name["markdown"]["formatter"]["command"], "mine": read["language-server"]["typos"]["command"],
}))
PYTHON
) || true
verdict "$([[ $code == 0 && $found == "$expected" ]] && cmp -s "$mine.before-stackspot" "$scratch/mine.before" && echo 0 || echo 1)" \
    "languages.sh --into puts StackSpot into a file that is there, and keeps what is in it" "$said $found"
cp "$mine" "$scratch/mine.after"
said=$(merge 2>&1) && code=0 || code=$?
verdict "$([[ $code == 0 ]] && cmp -s "$mine" "$scratch/mine.after" && echo 0 || echo 1)" "a second time it changes nothing" "$said"
health=$(PATH="$home/bin:$PATH" HOME=$scratch/mine hx --health rust 2>&1 | sed 's/\x1b\[[0-9;]*m//g')
verdict "$([[ $health == *rust-analyzer:* && $health == *typos:* && $health == *stackspot:* ]] && echo 0 || echo 1)" \
    "Helix reads the file so" "$health"

tell_stories
# `:lsp-restart` ends its server without a word.
sessions_of "$home" "$sessions" "$version" --may-be-cut-off
if [[ -z ${STORY:-} ]]; then scene helix "$binary"; fi
summary
