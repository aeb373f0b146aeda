#!/usr/bin/env bash
# Drives a real Emacs against a server binary, as a user would who followed editors/emacs/README.md.
#
#   tests/editors/run-emacs.sh BINARY [SETUP...]        SETUP: alone, beside (both eglot) or lsp-mode; all by default
#
# Prints the stories of each set-up and, last, "N passed, N failed". Exit code 0 when every story passed.
# $STORY, a pattern, chooses among the stories. The recorded sessions stay in $STACKSPOT_CI_CACHE/emacs/sessions for a look afterwards.
# The stories that confirm cells of docs/editors.md are named in confirmed.json, beside this file.
set -euo pipefail

binary=$(realpath "${1:?usage: run-emacs.sh BINARY [SETUP...]}")
shift
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
package=$(cd "$here/../../editors/emacs" && pwd)
cache=${STACKSPOT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stackspot-lsp-ci}
sessions=$cache/emacs/sessions
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$sessions"
# shellcheck source=tests/editors/stories.sh
. "$here/stories.sh"
log=$scratch/install.log
# shellcheck source=tests/editors/debian.sh
. "$here/debian.sh"
machine_lacks tmux tmux

IFS=$'\t' read -r version tools < <("$here/install-emacs.sh")
emacs=$tools/emacs

# write_home DIR SETUP: the configuration of a user who followed the README.
write_home() {
    local config=$1/.config/emacs
    mkdir -p "$config/lisp" "$1/bin"
    cp "$package"/*.el "$config/lisp/"
    case $2 in
    lsp-mode)
        # What a package manager does for a user of lsp-mode.
        for elpa in "$tools"/elpa/*; do echo "(add-to-list 'load-path \"$elpa\")"; done
        echo "(load \"lsp-mode-autoloads\")"
        readme_block "$package/README.md" "With lsp-mode" elisp
        ;;
    beside)
        echo "(add-to-list 'load-path \"$(echo "$tools"/elpa/markdown-mode-*)\")(autoload 'markdown-mode \"markdown-mode\")"
        readme_block "$package/README.md" "With eglot" elisp
        ;;
    alone) readme_block "$package/README.md" "With eglot" elisp ;;
    esac >"$config/init.el"
    if [[ $2 != alone ]]; then ln -s "$tools/python/bin/pylsp" "$tools/python/bin/rass" "$1/bin/"; fi
    write_server "$1" "$binary"
}

# The package as package archives want it, its texts in both languages, and installed from its folder.
lint() {
    local dir=$scratch/lint said path=()
    mkdir -p "$dir"
    cp "$package"/*.el "$dir/"
    cp -r "$package" "$dir/installed-from"
    for elpa in "$tools"/elpa/*; do path+=(-L "$elpa"); done
    said=$(cd "$dir" && HOME=$dir EMACS=$emacs "$emacs" -Q --batch "${path[@]}" -l "$here/emacs/package.el" 2>&1) || said+=" (exit code $?)"
    echo "Emacs $version"
    verdict "$([[ -z $said ]] && echo 0 || echo 1)" "compiled, linted, in both languages, and installed as a package" "$said"
}

# run SETUP: an Emacs with a home of its own; what it says is in HOME/log, and its exit code in HOME/code.
run() {
    local home=$scratch/$1 code=0
    write_home "$home" "$1"
    write_project "$home"
    # Each file twice, so that a story begins with it as it was.
    for file in "$home"/project/*.py "$home"/account/*.py; do cp "$file" "$file.kept"; done
    (
        cd "$home"
        env -i HOME="$home" PATH="$home/bin:/usr/bin:/bin" LANG=C.UTF-8 TERM=xterm STORIES="$1" ${STORY:+"STORY=$STORY"} \
            timeout 300 "$emacs" -Q --batch -l "$home/.config/emacs/init.el" -l "$here/emacs/stories.el"
    ) >"$home/log" 2>"$home/errors" </dev/null || code=$?
    echo "$code" >"$home/code"
}

lint
(($#)) || set -- alone beside lsp-mode
for setup in "$@"; do run "$setup" & done
wait
for setup in "$@"; do
    home=$scratch/$setup
    echo "Emacs $version, $setup"
    stories_of "$home" "$(cat "$home/code")"
    # eglot kills rass as soon as it has answered `shutdown`.
    options=()
    [[ $setup == beside ]] && options=(--cut-off)
    sessions_of "$home" "$sessions" "$setup" "${options[@]}"
done
if [[ -z ${STORY:-} ]]; then scene emacs "$binary"; fi
summary
