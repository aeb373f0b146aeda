#!/usr/bin/env bash
# Drives real Neovim editors against a server binary, as a user would who followed editors/neovim/README.md.
#
#   tests/editors/run-neovim.sh BINARY [VERSION...]        VERSION: 0.12, 0.10, ...; all when none is named
#
# Each version runs with the configuration alone, and from 0.10 on twice with the plug-in; all of them at once. Prints
# the stories of each and, last, "N passed, N failed". Where there is a tmux, the scene that the pictures are taken from is
# played in a terminal as well. Exit code 0 when every story of every editor passed. The recorded
# sessions stay in $STACKSPOT_CI_CACHE/neovim/sessions for a look afterwards.
#
# The stories that confirm cells of docs/editors.md are named in confirmed.json, beside this file.
#
# To look at one story: STORIES_ONLY (a Lua pattern), STORIES_KIND (alone, plug-in-answers, plug-in-commands),
# STORIES_DEADLINE (milliseconds that anything is waited for), STORIES_TRACE=1.
set -euo pipefail

binary=$(realpath "${1:?usage: run-neovim.sh BINARY [VERSION...]}")
shift
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
checkout=$(cd "$here/../.." && pwd)
config=$checkout/editors/neovim
cache=${STACKSPOT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stackspot-lsp-ci}
sessions=$cache/neovim/sessions
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$sessions"

# readme_block LANGUAGE HEADING: the blocks of one language that README.md gives under a heading.
readme_block() {
    # shellcheck disable=SC2154 # It is a variable of awk.
    awk -v language="$1" -v heading="$2" '
        /^##+ / { here = ($0 == heading) }
        here && !copying && $0 ~ "^ *```" language "$" { copying = 1; found = 1; next }
        /^ *```$/ { copying = 0 }
        copying { sub(/^   /, ""); print }
        END { exit !found }
    ' "$config/README.md" || {
        echo "run-neovim: no $language under '$2' in $config/README.md" >&2
        return 1
    }
}

# write_home DIR VERSION NVIM KIND: the configuration of a user who followed the README.
write_home() {
    local home=$1 version=$2 kind=$4 nvim=$1/.config/nvim
    mkdir -p "$nvim"/lsp "$nvim"/plugin "$home"/.local/share "$home"/.local/state "$home"/.cache "$home"/bin
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$3" >"$home/bin/nvim"
    chmod +x "$home/bin/nvim"
    if [[ $kind == plug-in* ]]; then
        (cd "$checkout" && HOME=$home PATH=$home/bin:$PATH bash -euo pipefail -c "$(readme_block sh '## Three steps')") 2>&1
        if [[ $version == 0.10.* ]]; then
            readme_block lua "### Neovim 0.10 with the plug-in" >"$nvim/init.lua"
        else
            readme_block lua "## Three steps" >"$nvim/init.lua"
        fi
        readme_block lua "## Keys" >"$home/keys.lua"
        readme_block lua "### An operator" >"$home/operator.lua"
        readme_block lua "## Progress" >"$home/progress.lua"
        readme_block lua "### vim.pack" >"$home/vim-pack.lua"
    elif [[ $version == 0.[0-9].* || $version == 0.10.* ]]; then
        ln -s "$config/plain.lua" "$nvim/plugin/stackspot_lsp.lua"
        readme_block lua "### Neovim 0.7 to 0.10" >"$nvim/init.lua"
    else
        ln -s "$config/lsp/stackspot_lsp.lua" "$nvim/lsp/stackspot_lsp.lua"
        readme_block lua "### Neovim 0.11 or later" >"$nvim/init.lua"
    fi
    if [[ $kind == alone ]]; then
        readme_block lua "### Keys without the plug-in" >"$home/keys.lua"
        readme_block lua "### Progress without the plug-in" >"$home/progress.lua"
        readme_block lua "## Settings" >"$home/settings.lua"
    fi
    # The server on PATH is the binary with a recorder in between.
    cat >"$home/bin/stackspot-lsp" <<SHIM
#!/bin/sh
case " \$* " in
*" --sandbox "*) exec python3 "$here/record.py" "$home/session.jsonl" "$binary" "\$@" ;;
*) exec "$binary" "\$@" ;;
esac
SHIM
    chmod +x "$home/bin/stackspot-lsp"
}

# run VERSION NVIM KIND: the stories of one editor; what it printed, and how many passed, in files of its home.
run() {
    local version=$1 nvim=$2 kind=$3 home=$scratch/$1-$3 stories code=0
    case $kind in
    alone) stories="menu meanwhile remarks documented" ;;
    plug-in-answers) stories="plugin/answers plugin/questions plugin/proposals" ;;
    plug-in-commands) stories="plugin/commands remarks plugin/beside plugin/configuration" ;;
    esac
    write_home "$home" "$version" "$nvim" "$kind"
    "$here/neovim/write-project.sh" "$home"
    (
        cd "$home"
        env -i HOME="$home" PATH="$home/bin:$PATH" LANG=C.UTF-8 TERM=xterm STORIES="$stories" CHECKOUT="$checkout" SERVER="$binary" \
            STORIES_TRACE="${STORIES_TRACE:-}" XDG_RUNTIME_DIR="$home" \
            STORIES_DEADLINE="${STORIES_DEADLINE:-}" STORIES_ONLY="${STORIES_ONLY:-}" \
            timeout 400 nvim --headless -c "luafile $here/neovim/stories.lua"
    ) >"$home/log" 2>"$home/errors" </dev/null || code=$?
    if [[ $code != 0 ]] && ! grep -q '^ *[0-9.]*  FAIL  ' "$home/log"; then
        echo "  0.00  FAIL  the editor ended with code $code" >>"$home/log"
        sed 's/^/        /' "$home/errors" >>"$home/log"
    fi
    if [[ -n ${STORIES_TRACE:-} ]]; then sed 's/^/        /' "$home/errors" >>"$home/log"; fi
    touch "$home/session.jsonl"
    cp "$home/session.jsonl" "$sessions/$version-$kind.jsonl"
    local findings
    code=0
    findings=$(python3 "$here/check_session.py" "$home/session.jsonl") || code=$?
    echo "  0.00  $([[ $code == 0 ]] && echo PASS || echo FAIL)  the recorded session" >>"$home/log"
    echo "  $findings" >>"$home/log"
}

# play SCENE: a scene in a terminal, as a story of its own.
play() {
    local name=$1 code=0
    /usr/bin/python3 "$here/picture.py" "$here/scenes/$name.toml" "$binary" >"$scratch/scene" 2>&1 || code=$?
    echo "  0.00  $([[ $code == 0 ]] && echo PASS || echo FAIL)  the scene of the pictures, in a terminal"
    [[ $code == 0 ]] || sed 's/^/        /' "$scratch/scene"
}

editors=$("$here/install-neovim.sh")
runs=()
while IFS=$'\t' read -r version nvim; do
    if (($#)) && [[ ! " $* " == *" ${version%.*} "* ]]; then continue; fi
    kinds=(alone)
    [[ $version == 0.[0-9].* ]] || kinds+=(plug-in-answers plug-in-commands)
    for kind in "${kinds[@]}"; do
        [[ ${STORIES_KIND:-$kind} == "$kind" ]] || continue
        runs+=("$version-$kind")
        # What a run cannot even begin is told like a story that failed.
        { run "$version" "$nvim" "$kind" 2>&1 || echo "  0.00  FAIL  the run could not be made"; } >"$scratch/$version-$kind.out" &
    done
done <<<"$editors"
if (($# == 0)) && command -v tmux >/dev/null; then
    runs+=(terminal)
    play neovim >"$scratch/terminal.out" &
fi
wait

if ((${#runs[@]} == 0)); then
    echo "run-neovim: no editor ran" >&2
    exit 1
fi
passed=0
failed=0
for name in "${runs[@]}"; do
    echo "Neovim ${name/-/, }"
    cat "$scratch/$name/log" "$scratch/$name.out" >"$scratch/all" 2>/dev/null || true
    cat "$scratch/all"
    passed=$((passed + $(grep -c '^ *[0-9.]*  PASS  ' "$scratch/all" || true)))
    failed=$((failed + $(grep -c '^ *[0-9.]*  FAIL  ' "$scratch/all" || true)))
done
echo "$passed passed, $failed failed"
((failed == 0))
