#!/usr/bin/env bash
# tests/windows/run.sh [ARGUMENTS OF cargo test]: builds the program and its tests for Windows, and runs them under Wine.
#
#     tests/windows/run.sh                          # every file of tests but endurance
#     tests/windows/run.sh --test component edit::  # a part
#     tests/windows/run.sh --no-run                 # builds alone
#
# It needs root on Debian (or a relative of it) on x86_64. What it makes is in ${STACKSPOT_CI_CACHE:-~/.cache/stackspot-lsp-ci}/windows:
# the toolchain's folder, about 2.5 GB, and what is built, about 4 GB. It prints each test that failed or was skipped, the
# skipped with the word that says why, and "N passed, N failed, N skipped".
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# inside.sh runs this. Without arguments it builds all tests, and then runs three lanes at the same time, because many tests wait.
# A standard library without debug assertions is as Rust's own build of it: one of them ends a program over an address that Wine
# gives.
# shellcheck disable=SC2016 # The inner shell expands it.
script='
# Consoles ask for fonts, which nobody sees.
echo "<fontconfig/>" >/tmp/fonts.conf
export FONTCONFIG_FILE=/tmp/fonts.conf
tests() { cargo test --no-fail-fast --locked --config profile.dev.package.std.debug-assertions=false "$@"; }
case $* in
"" | --no-run) tests --no-run --lib --bins --test component --test e2e --test process ;;
*) tests "$@"; exit ;;
esac
(($#)) && exit
code=0
# One server of Wine serves all programs. In a new toolchain, Wine first fills its folder, and two programs cannot do so at once.
mkdir -p "$WINEPREFIX"
/usr/lib/x86_64-linux-gnu/wine/wineserver -p
wine64 wineboot --init
TIMEFORMAT="the tests took %R s, of the processors %U s and %S s"
time {
    RUST_TEST_THREADS=8 tests --test e2e >/tmp/e2e 2>&1 &
    lanes=($!)
    tests --test component >/tmp/component 2>&1 &
    lanes+=($!)
    tests --lib --bins --test process || code=$?
    for lane in "${lanes[@]}"; do
        wait "$lane" || code=$?
    done
    cat /tmp/e2e /tmp/component
}
exit "$code"'
# A file of tests that hangs is ended, and fails. Properties are drawn less often than on Linux, which draws the same.
code=0
"$here/inside.sh" target XDG_RUNTIME_DIR=/root WINEDEBUG=-all WINEPREFIX=/root/.wine WINEPATH='Z:\opt\git' \
    CARGO_BUILD_TARGET=x86_64-pc-windows-gnu CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER='timeout -k 5 900 wine64' \
    CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUSTFLAGS=-Clink-arg=-fuse-ld=lld CARGO_PROFILE_DEV_STRIP=symbols \
    CARGO_UNSTABLE_BUILD_STD=std,panic_unwind,test,proc_macro STACKSPOT_TEST_CREDENTIAL_MANAGER=1 \
    RUST_TEST_THREADS="${RUST_TEST_THREADS:-4}" PROPTEST_CASES="${PROPTEST_CASES:-64}" \
    -- "$script" "$@" 2>&1 | tee "$log" || code=$?
[[ ${1:-} == --no-run ]] && exit "$code"
"$here/summary.py" "$log" $(($# == 0)) || code=1
exit "$code"
