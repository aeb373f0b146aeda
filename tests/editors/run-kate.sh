#!/usr/bin/env bash
# Drives a real Kate on a screen of its own against a server binary, as a user would who followed editors/kate/README.md.
#
#   tests/editors/run-kate.sh BINARY [PICTURE]         PICTURE, such as docs/images/kate-answer.png, is written
#
# Kate comes with 160 packages of the machine's own suite; that is why `.ci/run` does not run this.
# Prints the story and, last, "N passed, N failed". Exit code 0 when it passed.
set -euo pipefail

binary=$(realpath "${1:?usage: run-kate.sh BINARY [PICTURE]}")
picture=${2:+$(realpath "$2")}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
config=$(cd "$here/../../editors/kate" && pwd)
cache=${STACKSPOT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stackspot-lsp-ci}
sessions=$cache/kate/sessions
scratch=$(mktemp -d)
mkdir -p "$sessions"
log=$scratch/install.log
# shellcheck source=tests/editors/stories.sh
. "$here/stories.sh"
# shellcheck source=tests/editors/debian.sh
. "$here/debian.sh"
machine_lacks kate kate
machine_lacks Xvfb xvfb
machine_lacks xdotool xdotool
machine_lacks dbus-run-session dbus-daemon
IFS=$'\t' read -r _ emacs_tools < <("$here/install-emacs.sh")

home=$scratch/home
mkdir -p "$home/.config/kate/lspclient" "$home/bin" "$home/run"
chmod 700 "$home/run"
ln -s "$emacs_tools/python/bin/pylsp" "$emacs_tools/python/bin/rass" "$home/bin/"
write_server "$home" "$binary"
write_project "$home"
sed 's/"stackspot-lsp"/"stackspot-lsp", "--sandbox"/' "$config/settings.json" >"$home/.config/kate/lspclient/settings.json"
printf '[General]\nShow welcome view for new window=false\n' >"$home/.config/katerc"

# On a display number that is free; without -noreset it would start over whenever no window is open.
exec 7>"$scratch/display"
Xvfb -noreset -displayfd 7 -screen 0 1000x700x24 >"$scratch/xvfb.log" 2>&1 &
xvfb=$!
trap 'kill "$xvfb" 2>/dev/null; wait; rm -rf "$scratch"' EXIT
for ((tries = 0; tries < 100; tries++)); do
    if [[ -s $scratch/display ]] && DISPLAY=":$(cat "$scratch/display")" xdotool getdisplaygeometry >/dev/null 2>&1; then break; fi
    sleep 0.1
done

dpkg-query -W -f 'Kate ${Version}\n' kate
code=0
(
    cd "$home"
    env -i HOME="$home" PATH="$home/bin:/usr/bin:/bin" LANG=C.UTF-8 XDG_RUNTIME_DIR="$home/run" \
        DISPLAY=":$(cat "$scratch/display")" PYTHONDONTWRITEBYTECODE=1 \
        timeout 200 /usr/bin/python3 "$here/kate/story.py" ${picture:+"$picture"}
) >"$home/log" 2>"$home/errors" </dev/null || code=$?
stories_of "$home" "$code"
# Kate gives rass a second to end, and kills it then.
sessions_of "$home" "$sessions" kate --may-be-cut-off
summary
