#!/usr/bin/env bash
# What editors/vim/vim-lsp.vim does with messages, in a real Vim. Unlike run-vim.sh it needs no vim-lsp, so `.ci/run` runs it.
# Prints the story and, last, "N passed, N failed".
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
log=$scratch/install.log
# shellcheck source=tests/editors/debian.sh
. "$here/debian.sh"
machine_lacks vim vim

mkdir -p "$scratch/home" "$scratch/state" "$scratch/project"
cd "$scratch/project"
env -i HOME="$scratch/home" XDG_STATE_HOME="$scratch/state" PATH="$PATH" TERM=dumb RESULTS="$scratch/results" \
    SCRIPT="$here/../../editors/vim/vim-lsp.vim" timeout 60 vim -Nu NONE -i NONE -es -S "$here/vim/messages.vim" </dev/null || true
story="a message opens a conversation of the server's and nothing else, and no line of it is a setting of Vim's"
if [[ -e $scratch/results && ! -s $scratch/results ]]; then
    echo "PASS  $story"
    echo "1 passed, 0 failed"
else
    echo "FAIL  $story"
    cat "$scratch/results" 2>/dev/null || echo "Vim did not get to its end"
    echo "0 passed, 1 failed"
    exit 1
fi
