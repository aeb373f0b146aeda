#!/bin/sh
# Compiles our own code with the coverage that libFuzzer goes by, an ordinary pass of the stable compiler, and everything
# else as it is: what the program's own build has made already is taken as it stands. Cargo calls it as RUSTC_WRAPPER.
rustc=$1
shift
case " $* " in
*" --crate-name stackspot_lsp "* | *" fuzz_targets/"*)
    set -- "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
        -Cllvm-args=-sanitizer-coverage-trace-compares
    ;;
esac
exec "$rustc" "$@"
