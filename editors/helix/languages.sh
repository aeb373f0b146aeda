#!/bin/sh
# What languages.toml needs for StackSpot beside the servers that Helix has for each language by itself: for the languages
# named, else for common ones.
#
#   sh languages.sh [LANGUAGE...]                 prints a file of its own
#   sh languages.sh --into FILE [LANGUAGE...]     puts it into the file that you have, and keeps that as FILE.before-stackspot
#
# Put into a file, a language that is there gets StackSpot behind its own servers, and the others are added. What is there
# already stays as it is, so that it can be run again.
set -eu
into=
if [ "${1:-}" = --into ]; then
    into=${2:?usage: languages.sh --into FILE [LANGUAGE...]}
    shift 2
fi
[ $# -gt 0 ] || set -- bash c c-sharp cpp css dart elixir go haskell html java javascript json jsx kotlin lua markdown \
    php python ruby rust scala sql svelte swift toml tsx typescript vue yaml zig

servers_of() {
    hx --health "$1" | sed 's/\x1b\[[0-9;]*m//g' | sed -n '/^Configured language servers/,/^Configured debug/p' |
        sed -n 's/^ *[^ ]* \([^ :]*\):.*/"\1", /p' | tr -d '\n'
}

server() {
    cat <<'TOML'
# StackSpot beside each language's own servers; `language-servers` takes the place of Helix's list, so it names them all.
[language-server.stackspot]
command = "stackspot-lsp"
TOML
}

# language NAME SERVERS
language() {
    printf '\n[[language]]\nname = "%s"\nlanguage-servers = [%s"stackspot"]\n' "$1" "$2"
    # Answers are Markdown, and a paragraph of theirs is one line.
    if [ "$1" = markdown ]; then echo 'soft-wrap.enable = true'; fi
}

if [ -z "$into" ]; then
    server
    for language in "$@"; do language "$language" "$(servers_of "$language")"; done
    exit
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if [ -f "$into" ]; then cp "$into" "$scratch/before"; else : >"$scratch/before"; fi
for language in "$@"; do printf '%s\t%s\n' "$language" "$(servers_of "$language")"; done >"$scratch/servers"

# The entries that are there, with StackSpot in them; the names of the languages that are not go to `missing`.
awk -F '\t' -v missing="$scratch/missing" '
    function bare(text) {
        gsub(/"[^"]*"|\047[^\047]*\047/, "", text)
        sub(/#.*/, "", text)
        return text
    }
    function depth(text) {
        text = bare(text)
        return gsub(/\[/, "", text) - gsub(/\]/, "", text)
    }
    # Adds StackSpot to the list of servers in the lines from `first` to `last`.
    function add(first, last,   i, text, at) {
        for (i = first; i <= last; i++) if (line[i] ~ /["\047]stackspot["\047]/) return
        text = line[last]
        at = match(text, /\][^\]]*$/)
        if (first == last) {
            i = substr(text, 1, at - 1)
            sub(/[ \t]*,?[ \t]*$/, "", i)
            line[last] = i (i ~ /\[$/ ? "" : ", ") "\"stackspot\"" substr(text, at)
            return
        }
        for (i = last - 1; i > first && bare(line[i]) ~ /^[ \t]*$/; i--);
        if (i > first && line[i] !~ /,[ \t]*(#.*)?$/) {
            if (line[i] ~ /#/) sub(/[ \t]*#/, ",&", line[i])
            else line[i] = line[i] ","
        }
        line[last] = "    \"stackspot\",\n" line[last]
    }
    function close_entry() {
        if (name != "" && name in servers) {
            known[name] = 1
            if (list) add(list, list_end)
            else line[name_at] = line[name_at] "\nlanguage-servers = [" servers[name] "\"stackspot\"]"
            if (name == "markdown" && !wraps) line[name_at] = line[name_at] "\nsoft-wrap.enable = true"
        }
        name = ""; list = 0; wraps = 0
    }
    FNR == NR { servers[$1] = $2; order[++wanted] = $1; next }
    { line[++count] = $0 }
    END {
        for (i = 1; i <= count; i++) {
            # A line of its own that only a table begins with.
            if (line[i] ~ /^[ \t]*\[\[?[^],]*\]\]?[ \t]*(#.*)?$/) {
                if (line[i] ~ /^[ \t]*\[language-server\.stackspot\]/) has_server = 1
                # A table below the entry is of the entry.
                if (line[i] ~ /^[ \t]*\[language\./) {
                    if (line[i] ~ /soft-wrap/) wraps = 1
                    inside = 0
                } else {
                    close_entry()
                    inside = line[i] ~ /^[ \t]*\[\[[ \t]*language[ \t]*\]\]/
                }
                continue
            }
            if (!inside) continue
            if (line[i] ~ /^[ \t]*name[ \t]*=/) {
                name = line[i]
                sub(/^[^=]*=[ \t]*["\047]/, "", name)
                sub(/["\047].*/, "", name)
                name_at = i
            }
            if (line[i] ~ /^[ \t]*soft-wrap/) wraps = 1
            if (line[i] ~ /^[ \t]*language-servers[ \t]*=/) {
                list = i
                for (open = depth(line[i]); open > 0 && i < count; ) open += depth(line[++i])
                list_end = i
            }
        }
        close_entry()
        for (i = 1; i <= count; i++) print line[i]
        if (!has_server) print "\tserver" >missing
        for (i = 1; i <= wanted; i++) if (!(order[i] in known)) print order[i] "\t" servers[order[i]] >missing
    }
' "$scratch/servers" "$scratch/before" >"$scratch/after"

if [ -f "$scratch/missing" ]; then
    tab=$(printf '\t')
    while IFS= read -r entry; do
        name=${entry%%"$tab"*}
        # A file that was empty needs no line between.
        if [ -z "$name" ]; then
            [ ! -s "$scratch/after" ] || echo
            server
        else
            language "$name" "${entry#*"$tab"}"
        fi
    done <"$scratch/missing" >"$scratch/added"
    cat "$scratch/added" >>"$scratch/after"
fi

if cmp -s "$scratch/before" "$scratch/after"; then
    echo "$into has StackSpot for these languages already."
    exit
fi
[ ! -f "$into" ] || cp "$into" "$into.before-stackspot"
mkdir -p "$(dirname "$into")"
# Written in place, so that a link stays one.
cat "$scratch/after" >"$into"
echo "$into has StackSpot beside the servers of these languages."
