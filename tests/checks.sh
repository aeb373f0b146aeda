# shellcheck shell=bash disable=SC2154 # Who sources it has set $scratch, a folder of its own.
#
# To be sourced: a line for each check, and how many passed and failed, in $passed and $failed.

passed=0
failed=0

# check NAME COMMAND...: runs it quietly, and shows what it said if it fails.
check() {
    local name=$1 code=0
    shift
    # Not `if "$@"`: that would switch errexit off inside.
    set +e
    (
        set -euo pipefail
        "$@"
    ) >"$scratch/log" 2>&1
    code=$?
    set -e
    if ((code == 0)); then
        echo "ok      $name"
        passed=$((passed + 1))
    else
        echo "FAILED  $name (exit code $code)"
        sed 's/^/    /' "$scratch/log"
        failed=$((failed + 1))
    fi
}
