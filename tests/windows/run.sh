#!/usr/bin/env bash
# tests/windows/run.sh [ARGUMENTS OF cargo test]: builds the program and its tests for Windows, and runs them under Wine.
#
#     tests/windows/run.sh                          # every file of tests but endurance
#     tests/windows/run.sh --test edit -- reading   # a part
#     tests/windows/run.sh --no-run                 # builds alone
#
# It needs root on Debian (or a relative of it) on x86_64. What it makes is in ${STACKSPOT_CI_CACHE:-~/.cache/stackspot-lsp-ci}/windows:
# the toolchain's folder, about 2.5 GB, and what is built, about 4 GB. It prints each test that failed or was skipped, the
# skipped with the word that says why, and "N passed, N failed, N skipped".
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Which files of tests run where none is named.
wanted=("$@")
if (($# == 0)) || [[ $* == --no-run ]]; then
    wanted=(--lib --bins "$@")
    for name in agents_api docs e2e edit guard process sandbox scenarios syntax transport; do wanted+=(--test "$name"); done
fi
code=0
# The standard library is as Rust's own build of it, without debug assertions: one of them ends a program over an address that Wine
# gives. A file of tests that hangs is ended, and fails.
"$here/inside.sh" target XDG_RUNTIME_DIR=/root WINEDEBUG=-all WINEPREFIX=/root/.wine WINEPATH='Z:\opt\git' \
    CARGO_BUILD_TARGET=x86_64-pc-windows-gnu CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER='timeout -k 5 900 wine64' \
    CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUSTFLAGS=-Clink-arg=-fuse-ld=lld CARGO_PROFILE_DEV_STRIP=symbols \
    CARGO_UNSTABLE_BUILD_STD=std,panic_unwind,test,proc_macro STACKSPOT_TEST_CREDENTIAL_MANAGER=1 RUST_TEST_THREADS="${RUST_TEST_THREADS:-4}" \
    -- 'cargo test --no-fail-fast --locked --config profile.dev.package.std.debug-assertions=false "$@"' "${wanted[@]}" 2>&1 | tee "$log" || code=$?
[[ ${1:-} == --no-run ]] && exit "$code"
"$here/summary.py" "$log" $(($# == 0)) || code=1
exit "$code"
