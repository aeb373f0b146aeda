#!/usr/bin/env bash
# Drives real Neovim editors against a server binary, as a user would who followed editors/neovim/README.md.
#
#   tests/editors/run-neovim.sh BINARY [VERSION...]        VERSION: 0.12, 0.10, ...; all when none is named
#
# Prints the stories of each editor and, last, "N passed, N failed". Exit code 0 when every story of every editor passed.
# The recorded sessions stay in $STACKSPOT_CI_CACHE/neovim/sessions for a look afterwards.
set -euo pipefail

binary=$(realpath "${1:?usage: run-neovim.sh BINARY [VERSION...]}")
shift
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
config=$(cd "$here/../../editors/neovim" && pwd)
cache=${STACKSPOT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stackspot-lsp-ci}
sessions=$cache/neovim/sessions
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$sessions"

# readme_block HEADING: the Lua that README.md gives under a heading, to put into init.lua.
readme_block() {
    awk -v heading="## $1" '
        /^## / { here = ($0 == heading) }
        here && /^ *```lua$/ { copying = 1; found = 1; next }
        /^ *```$/ { copying = 0 }
        copying { sub(/^   /, ""); print }
        END { exit !found }
    ' "$config/README.md" || {
        echo "run-neovim: no Lua under '$1' in $config/README.md" >&2
        return 1
    }
}

# write_home DIR VERSION: the configuration of a user who followed the README.
write_home() {
    local nvim=$1/.config/nvim
    mkdir -p "$nvim"/lsp "$nvim"/plugin "$1"/.local/share "$1"/.local/state "$1"/.cache "$1"/bin
    case $2 in
    0.[0-9].* | 0.10.*)
        ln -s "$config/plain.lua" "$nvim/plugin/stackspot_lsp.lua"
        readme_block "Neovim 0.7 to 0.10" >"$nvim/init.lua"
        ;;
    *)
        ln -s "$config/lsp/stackspot_lsp.lua" "$nvim/lsp/stackspot_lsp.lua"
        readme_block "Neovim 0.11 or later" >"$nvim/init.lua"
        readme_block "Settings" >"$1/settings.lua"
        ;;
    esac
    readme_block "Keys" >"$1/keys.lua"
    readme_block "Progress" >"$1/progress.lua"
    # The server on PATH is the binary with a recorder in between.
    cat >"$1/bin/stackspot-lsp" <<SHIM
#!/bin/sh
exec python3 "$here/record.py" "$1/session.jsonl" "$binary" "\$@"
SHIM
    chmod +x "$1/bin/stackspot-lsp"
}

write_files() {
    mkdir -p "$1"/project/.git "$1"/project/src "$1"/alone
    cat >"$1/project/src/totals.rs" <<'RUST'
//! Totals of a basket.

pub fn total(prices: &[f64]) -> f64 {
    prices.iter().sum()
}

pub fn mean(prices: &[f64]) -> f64 {
    total(prices) / prices.len() as f64
}

pub fn largest(prices: &[f64]) -> f64 {
    prices.iter().copied().fold(0.0, f64::max)
}
RUST
    cat >"$1/project/report.py" <<'PYTHON'
"""A report."""


def total(prices):
    return sum(prices)


print(total([1, 2, 3]))
PYTHON
    cat >"$1/project/greeting.py" <<'PYTHON'
TÍTULO = "ação 👋🏽 𝒳"


def saudação(nome):
    return f"olá, {nome} 🎉"


emoji = "👩🏽‍🚀 é"; nome = saudação(
    "José",
)
PYTHON
    printf 'def total(prices):\r\n    return sum(prices)\r\n\r\n\r\nprint(total([1]))\r\n' >"$1/project/windows.py"
    printf -- '-- notes\nlocal function twice(x)\n  return x * 2\nend\n' >"$1/alone/notes.lua"
}

passed=0
failed=0
count() {
    if [[ $1 == 0 ]]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

editors=$("$here/install-neovim.sh")
ran=0
while IFS=$'\t' read -r version nvim; do
    if (($#)) && [[ ! " $* " == *" ${version%.*} "* ]]; then continue; fi
    ran=$((ran + 1))
    home=$scratch/$version
    write_home "$home" "$version"
    write_files "$home"
    echo "Neovim $version"
    code=0
    (
        cd "$home"
        env -i HOME="$home" PATH="$home/bin:$PATH" LANG=C.UTF-8 TERM=xterm STORIES_TRACE="${STORIES_TRACE:-}" \
            XDG_RUNTIME_DIR="$home" timeout 240 "$nvim" --headless -c "luafile $here/neovim/stories.lua"
    ) >"$home/log" 2>"$home/errors" </dev/null || code=$?
    cat "$home/log"
    passed=$((passed + $(grep -c '^ *[0-9.]*  PASS  ' "$home/log" || true)))
    stories_failed=$(grep -c '^ *[0-9.]*  FAIL  ' "$home/log" || true)
    failed=$((failed + stories_failed))
    if [[ $code != 0 && $stories_failed == 0 ]]; then
        echo "        FAIL  the editor ended with code $code"
        cat "$home/errors"
        failed=$((failed + 1))
    fi
    if [[ -n ${STORIES_TRACE:-} ]]; then cat "$home/errors"; fi
    touch "$home/session.jsonl"
    cp "$home/session.jsonl" "$sessions/$version.jsonl"
    code=0
    findings=$(python3 "$here/check_session.py" "$home/session.jsonl") || code=$?
    echo "        $([[ $code == 0 ]] && echo PASS || echo FAIL)  the recorded session"
    echo "  $findings"
    count "$code"
done <<<"$editors"

if ((ran == 0)); then
    echo "run-neovim: no editor ran" >&2
    exit 1
fi
echo "$passed passed, $failed failed"
((failed == 0))
