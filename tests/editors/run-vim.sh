#!/usr/bin/env bash
# Drives a real Vim with vim-lsp in a terminal against a server binary, as a user would who followed editors/vim/README.md.
#
#   tests/editors/run-vim.sh BINARY VIM_LSP
#
# VIM_LSP is a checkout of vim-lsp, which no package registry has; that is why `.ci/run` does not run this.
# Prints the stories and, last, "N passed, N failed". Exit code 0 when every story passed. $STORY, a pattern, chooses among
# them. The recorded sessions stay in $STACKSPOT_CI_CACHE/vim/sessions for a look afterwards.
set -euo pipefail

usage="usage: run-vim.sh BINARY VIM_LSP"
binary=$(realpath "${1:?$usage}")
vim_lsp=$(realpath "${2:?$usage}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
config=$(cd "$here/../../editors/vim" && pwd)
cache=${STACKSPOT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stackspot-lsp-ci}
sessions=$cache/vim/sessions
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$sessions"
log=$scratch/install.log
# shellcheck source=tests/editors/stories.sh
. "$here/stories.sh"
# shellcheck source=tests/editors/debian.sh
. "$here/debian.sh"
machine_lacks tmux tmux
machine_lacks vim vim
# The language's own server is that of the Emacs tests.
IFS=$'\t' read -r _ emacs_tools < <("$here/install-emacs.sh")

home=$scratch/home
mkdir -p "$home/.vim/pack/user/start" "$home/bin"
ln -s "$vim_lsp" "$home/.vim/pack/user/start/vim-lsp"
ln -s "$emacs_tools/python/bin/pylsp" "$home/bin/"
cp "$config/vim-lsp.vim" "$home/.vim/"
write_server "$home" "$binary"
write_project "$home"
readme_block "$config/README.md" "With vim-lsp" vim >"$home/.vimrc"
# Without the sandbox in the project `account`.
sed -i "s/^let g:stackspot_lsp_args = .*/if getcwd() !~# 'account'\n&\nendif/" "$home/.vimrc"
cat >>"$home/.vimrc" <<'VIM'
set noswapfile
autocmd User lsp_setup call lsp#register_server({'name': 'pylsp', 'cmd': {info -> ['pylsp']}, 'allowlist': ['python']})
VIM

echo "$(vim --version | sed -n '1s/ (.*//p'), vim-lsp $(git -C "$vim_lsp" rev-parse --short HEAD 2>/dev/null || echo "of an unknown commit")"
code=0
(
    cd "$home"
    env -i HOME="$home" PATH="$home/bin:/usr/bin:/bin" LANG=C.UTF-8 TERM=xterm-256color PYTHONDONTWRITEBYTECODE=1 \
        ${STORY:+"STORY=$STORY"} timeout 400 "$(command -v python3)" "$here/vim/stories.py"
) >"$home/log" 2>"$home/errors" </dev/null || code=$?
stories_of "$home" "$code"
sessions_of "$home" "$sessions" vim --cut-off
summary
