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
editor=vim
# shellcheck source=tests/editors/terminal.sh
. "$(dirname "${BASH_SOURCE[0]}")/terminal.sh"
machine_lacks vim vim

mkdir -p "$home/.vim/pack/user/start"
ln -s "$vim_lsp" "$home/.vim/pack/user/start/vim-lsp"
cp "$config/vim-lsp.vim" "$home/.vim/"
readme_block "$config/README.md" "With vim-lsp" vim >"$home/.vimrc"
# Without the sandbox in the project `account`.
sed -i "s/^let g:stackspot_lsp_args = .*/if getcwd() !~# 'account'\n&\nendif/" "$home/.vimrc"
cat >>"$home/.vimrc" <<'VIM'
set noswapfile
autocmd User lsp_setup call lsp#register_server({'name': 'pylsp', 'cmd': {info -> ['pylsp']}, 'allowlist': ['python']})
VIM

echo "$(vim --version | sed -n '1s/ (.*//p'), vim-lsp $(git -C "$vim_lsp" rev-parse --short HEAD 2>/dev/null || echo "of an unknown commit")"
tell_stories
sessions_of "$home" "$sessions" vim --cut-off
summary
