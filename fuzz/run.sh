#!/usr/bin/env bash
# Runs every fuzz target, as many at once as there are cores: its corpus first, then so many seconds of new inputs each.
#
#   fuzz/run.sh SECONDS PROGRAM [TARGET...]
#
# PROGRAM is a stackspot-lsp, which the target `grammars` has for its worker. No nightly compiler is needed: the sanitizers,
# which do need it, are left out. What is built goes to ${CARGO_TARGET_DIR:-target}, beside what the tests have built
# already; what is found goes to its folder `fuzz`, where a copy of the corpus grows, and not in the checkout.
set -euo pipefail
seconds=$1
STACKSPOT_LSP=$(realpath "$2")
export STACKSPOT_LSP
cd "$(dirname "${BASH_SOURCE[0]}")"
shift 2
targets=("$@")
((${#targets[@]})) || targets=(frames did_change sse extract remarks worker grammars)

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/../target}
RUSTC_WRAPPER=$PWD/rustc.sh cargo build --locked "${targets[@]/#/--bin=}"

# fuzz TARGET: its output goes to its log, its exit code beside that.
fuzz() {
    local found=$CARGO_TARGET_DIR/fuzz/$1 code=0
    mkdir -p "$found/corpus" "corpus/$1"
    rm -f "$found/code"
    # The seed is fixed, so that a run in CI fails for the change at hand; longer runs give their own.
    "$CARGO_TARGET_DIR/debug/$1" "$found/corpus" "corpus/$1" -seed="${FUZZ_SEED:-1}" \
        -max_total_time="$seconds" -timeout=60 -rss_limit_mb=2048 -max_len=4096 -artifact_prefix="$found/" \
        -print_final_stats=1 >"$found/log" 2>&1 || code=$?
    echo "$code" >"$found/code"
}

running=0
for target in "${targets[@]}"; do
    if ((running == $(nproc))); then
        wait -n
        running=$((running - 1))
    fi
    fuzz "$target" &
    running=$((running + 1))
done
wait

failed=0
for target in "${targets[@]}"; do
    found=$CARGO_TARGET_DIR/fuzz/$target
    echo "== $target"
    if [[ $(cat "$found/code") == 0 ]]; then
        grep -E 'number_of_executed_units|peak_rss_mb' "$found/log"
        tail -n 1 "$found/log"
    else
        failed=$((failed + 1))
        tail -n 60 "$found/log"
        echo "$target FAILED; the input is in $found"
    fi
done
echo "$((${#targets[@]} - failed)) passed, $failed failed"
((failed == 0))
