# shellcheck shell=bash disable=SC2154 # What it uses is set by who sources it.
# To be sourced by the runners of editors: what they count, and the server that they put in between.

passed=0
failed=0

# verdict CODE NAME [DETAILS]: one line for what is no story of an editor.
verdict() {
    if [[ $1 == 0 ]]; then
        passed=$((passed + 1))
        echo "        PASS  $2"
    else
        failed=$((failed + 1))
        echo "        FAIL  $2"
        echo "${3:-}"
    fi
}

# summary: the last line of a runner, and its exit code.
summary() {
    echo "$passed passed, $failed failed"
    ((passed > 0 && failed == 0))
}

# readme_block FILE HEADING LANGUAGE: the code that a README gives under a heading.
readme_block() {
    awk -v heading="## $2" -v fence="^ *\`\`\`$3\$" '
        /^## / { here = ($0 == heading) }
        here && $0 ~ fence { copying = 1; found = 1; next }
        /^ *```$/ { copying = 0 }
        copying { sub(/^   /, ""); print }
        END { exit !found }
    ' "$1" || {
        echo "no $3 under '$2' in $1" >&2
        return 1
    }
}

# write_server HOME BINARY: the server on PATH is the binary with a recorder in between; each start has a log of its own.
# The recorder outlives an editor that kills its servers right after `exit`, so that it can tell how the server ended.
write_server() {
    local python
    python=$(python3 -c 'import sys; print(sys.executable)')
    mkdir -p "$1/bin" "$1/sessions"
    cat >"$1/bin/stackspot-lsp" <<SHIM
#!/bin/sh
exec setsid --fork --wait "$python" "$here/record.py" "$1/sessions/\$\$.jsonl" "$2" "\$@"
SHIM
    chmod +x "$1/bin/stackspot-lsp"
}

# write_project DIR: what the stories are about; `account` is for those without the sandbox.
write_project() {
    mkdir -p "$1"/project/.stackspot/actions "$1"/account
    # Editors ask git for the files of a project.
    git init -q "$1/project"
    git init -q "$1/account"
    cat >"$1/project/report.py" <<'PYTHON'
"""A report."""


def total(prices):
    return sum(prices)


def mean(prices):
    return total(prices) / len(prices)


print(mean([1, 2, 3]))
PYTHON
    cp "$(dirname "${BASH_SOURCE[0]}")"/project/*.py "$1/project"
    cat >"$1/project/prices.ipynb" <<'JSON'
{
 "cells": [
  { "cell_type": "code", "source": ["total([1, 2])\n"], "outputs": [], "metadata": {}, "execution_count": null }
 ],
 "metadata": {}, "nbformat": 4, "nbformat_minor": 5
}
JSON
    printf 'def total(prices):\n    return sum(prices)\n\n\nprint(totl([1]))\n' >"$1/project/broken.py"
    # Put together here, so that this file holds no text that looks like a key.
    printf 'PASSWORD = "%s%s"\n\n\ndef mean(prices):\n    return sum(prices) / len(prices)\n' \
        ghp_x8Kq2Lm9Zt4Wv7 Rb1Yc6Np3Hd5Jf0Sg2TaEe >"$1/project/secret.py"
    printf -- '---\ntitle: Count the words\nresult: answer\n---\nCount the words of this:\n\n{{ selection }}\n' \
        >"$1/project/.stackspot/actions/count.md"
    cp "$1/project/report.py" "$1/account/report.py"
}

# stories_of HOME CODE: counts the stories in HOME/log; an editor that failed without a story that did is one failure.
stories_of() {
    local stories_failed
    cat "$1/log"
    passed=$((passed + $(grep -ac '^ *[0-9.]*  PASS  ' "$1/log" || true)))
    stories_failed=$(grep -ac '^ *[0-9.]*  FAIL  ' "$1/log" || true)
    failed=$((failed + stories_failed))
    if [[ $2 != 0 && $stories_failed == 0 ]]; then
        verdict 1 "the editor ended with code $2" "$(tail -n 40 "$1/errors")"
    fi
}

# scene NAME BINARY: plays the scene that the pictures are taken from, in a terminal.
scene() {
    local said code=0
    said=$(/usr/bin/python3 "$here/picture.py" "$here/scenes/$1.toml" "$2" 2>&1) || code=$?
    verdict "$code" "the scene of the pictures, in a terminal" "$said"
}

# sessions_of HOME DIR NAME [OPTION]: holds each recorded session against what any client may rely on, and keeps it in DIR.
sessions_of() {
    local log count=0 tries code findings
    for log in "$1"/sessions/*.jsonl; do
        [[ -f $log ]] || break
        count=$((count + 1))
        for ((tries = 0; tries < 100; tries++)); do
            if tail -n 1 "$log" | grep -q '^{"at": [0-9.]*, "exit"'; then break; fi
            sleep 0.1
        done
        cp "$log" "$2/$3-$count.jsonl"
        code=0
        findings=$(python3 "$here/check_session.py" "$log" "${@:4}") || code=$?
        verdict "$code" "the recorded session: ${findings#"${findings%%[![:space:]]*}"}"
    done
    if ((count == 0)); then verdict 1 "no session was recorded"; fi
}
