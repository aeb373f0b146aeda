# shellcheck shell=bash disable=SC2154,SC2034 # What it uses is set by who sources it, and so it is the other way round.
# To be sourced by the runners of editors in a terminal, which have named their $editor and the server's $binary.
#
# After it there are $config, the editor's folder of `editors`; $home, with the server, pylsp and the projects in it;
# $sessions, where the recorded sessions stay for a look afterwards; and what stories.sh and debian.sh have.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
config=$(cd "$here/../../editors/$editor" && pwd)
sessions=${STACKSPOT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stackspot-lsp-ci}/$editor/sessions
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$sessions"
log=$scratch/install.log
# shellcheck source=tests/editors/stories.sh
. "$here/stories.sh"
# shellcheck source=tests/editors/debian.sh
. "$here/debian.sh"
machine_lacks tmux tmux

# The language's own server is that of the Emacs tests.
IFS=$'\t' read -r _ emacs_tools < <("$here/install-emacs.sh")
home=$scratch/home
mkdir -p "$home/bin"
ln -s "$emacs_tools/python/bin/pylsp" "$home/bin/"
write_server "$home" "$binary"
write_project "$home"

# tell_stories: those of the editor; what they say is counted. Nothing of the user's own settings has a say.
tell_stories() {
    local code=0
    (
        cd "$home"
        env -i HOME="$home" PATH="$home/bin:/usr/bin:/bin" LANG=C.UTF-8 TERM=xterm-256color COLORTERM=truecolor \
            XDG_RUNTIME_DIR="$home" PYTHONDONTWRITEBYTECODE=1 ${STORY:+"STORY=$STORY"} \
            timeout 400 "$(command -v python3)" "$here/$editor/stories.py"
    ) >"$home/log" 2>"$home/errors" </dev/null || code=$?
    stories_of "$home" "$code"
}
