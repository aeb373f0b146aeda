#!/usr/bin/env bash
# Takes the pictures of docs/pictures.md of the editors in a terminal: each surface in light, dark and narrow.
#
#   tests/editors/pictures.sh BINARY [EDITOR...]        EDITOR: neovim, emacs, helix; all by default
#
# It needs what picture.py needs for pictures, and writes docs/images/EDITOR-SURFACE-LOOK.png.
set -euo pipefail

binary=$(realpath "${1:?usage: pictures.sh BINARY [EDITOR...]}")
shift
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
(($#)) || set -- neovim emacs helix
for editor in "$@"; do
    for look in ${LOOKS:-light dark narrow}; do
        /usr/bin/python3 "$here/picture.py" "$here/scenes/surfaces-$editor.toml" "$binary" "$here/../../docs/images" "$look"
    done
done
