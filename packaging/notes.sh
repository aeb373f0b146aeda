#!/usr/bin/env bash
# Prints the notes of a release: the section of CHANGELOG.md that has its name.
#
#   packaging/notes.sh VERSION
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=${1:?usage: notes.sh VERSION}
notes=$(awk -v heading="## [$version]" '/^## / { here = index($0, heading) == 1; next } here' CHANGELOG.md)
if [[ -z ${notes//[[:space:]]/} ]]; then
    echo "notes: CHANGELOG.md has no section [$version]: give what is under [Unreleased] that heading" >&2
    exit 1
fi
printf '%s\n' "$notes"
