#!/usr/bin/env bash
# tests/macos/check.sh: type-checks the program and its tests for macOS, on both of its processors, with clippy. Its clippy is Debian's
# newest and knows more than that of the project: what it only warns of is shown, and what is used nowhere on a Mac is an error.
#
# It runs in the folder with the toolchain of tests/windows, which has the sources of Rust's standard library. The C compiler of
# the build scripts is zig's, from PyPI. Nothing is linked, for that takes Apple's frameworks, and nothing is run.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${STACKSPOT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stackspot-lsp-ci}/windows/macos
cd "$here/../.."
.ci/python.sh "$cache/zig" ziglang==0.17.1
# As it is seen inside.
zig=$(realpath --relative-to "$cache" "$cache"/zig/python/lib/python3*/site-packages/ziglang/zig)

code=0
for processor in aarch64 x86_64; do
    # What clang on a Mac is told and zig says otherwise is left out.
    cat >"$cache/zigcc-$processor" <<ZIGCC
#!/usr/bin/env bash
kept=()
while ((\$#)); do
    case \$1 in
    --target=* | -mmacosx-version-min=*) ;;
    -arch) shift ;;
    *) kept+=("\$1") ;;
    esac
    shift
done
exec /target/$zig cc -target $processor-macos "\${kept[@]}"
ZIGCC
    printf '#!/bin/sh\nexec /target/%s ar "$@"\n' "$zig" >"$cache/zigar"
    chmod +x "$cache/zigcc-$processor" "$cache/zigar"
    echo "$processor-apple-darwin"
    "$here/../windows/inside.sh" macos SDKROOT=/ MACOSX_DEPLOYMENT_TARGET=11.0 CARGO_BUILD_TARGET="$processor-apple-darwin" \
        "CC_${processor}_apple_darwin=/target/zigcc-$processor" "CXX_${processor}_apple_darwin=/target/zigcc-$processor" \
        "AR_${processor}_apple_darwin=/target/zigar" ZIG_GLOBAL_CACHE_DIR=/target/zig-cache \
        CARGO_UNSTABLE_BUILD_STD=std,panic_unwind,test,proc_macro \
        -- 'cargo clippy --all-targets --locked --config profile.dev.package.std.debug-assertions=false -- -D unused' || code=$?
done
exit "$code"
