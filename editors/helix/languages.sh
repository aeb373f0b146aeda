#!/bin/sh
# Prints what languages.toml needs for StackSpot beside the servers that Helix has for each language by itself: for the
# languages named, else for common ones.
#
#   sh languages.sh [LANGUAGE...] >> ~/.config/helix/languages.toml
set -eu
[ $# -gt 0 ] || set -- bash c c-sharp cpp css dart elixir go haskell html java javascript json jsx kotlin lua markdown \
    php python ruby rust scala sql svelte swift toml tsx typescript vue yaml zig

cat <<'TOML'
# StackSpot beside each language's own servers; `language-servers` takes the place of Helix's list, so it names them all.
[language-server.stackspot]
command = "stackspot-lsp"
TOML
for language in "$@"; do
    servers=$(hx --health "$language" | sed 's/\x1b\[[0-9;]*m//g' | sed -n '/^Configured language servers/,/^Configured debug/p' |
        sed -n 's/^ *[^ ]* \([^ :]*\):.*/"\1", /p' | tr -d '\n')
    printf '\n[[language]]\nname = "%s"\nlanguage-servers = [%s"stackspot"]\n' "$language" "$servers"
    # Answers are Markdown, and a paragraph of theirs is one line.
    if [ "$language" = markdown ]; then echo 'soft-wrap.enable = true'; fi
done
