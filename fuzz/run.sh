#!/usr/bin/env bash
# Runs every fuzz target: its corpus first, then so many seconds of new inputs each.
#
#   fuzz/run.sh SECONDS PROGRAM [TARGET...]
#
# PROGRAM is a stackspot-lsp, which the target `grammars` has for its worker. No nightly compiler is needed: the sanitizers,
# which do need it, are left out. What is built goes to ${CARGO_TARGET_DIR:-target}, beside what the tests have built
# already; what is found goes to its folder `fuzz`, where a copy of the corpus grows, and not in the checkout.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
seconds=$1
STACKSPOT_LSP=$(realpath "$2")
export STACKSPOT_LSP
shift 2
targets=("$@")
((${#targets[@]})) || targets=(frames did_change sse extract remarks worker grammars)

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/../target}
RUSTC_WRAPPER=$PWD/rustc.sh cargo build --locked "${targets[@]/#/--bin=}"

failed=0
for target in "${targets[@]}"; do
    found=$CARGO_TARGET_DIR/fuzz/$target
    mkdir -p "$found/corpus" "corpus/$target"
    echo "== $target"
    # The seed is fixed, so that a run in CI fails for the change at hand; longer runs give their own.
    if "$CARGO_TARGET_DIR/debug/$target" "$found/corpus" "corpus/$target" -seed="${FUZZ_SEED:-1}" \
        -max_total_time="$seconds" -timeout=60 -rss_limit_mb=2048 -max_len=4096 -artifact_prefix="$found/" \
        -print_final_stats=1 >"$found/log" 2>&1; then
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
