#!/usr/bin/env bash
# Runs a client of others, the Python SDK stkai, through its main flows against the sandbox of a server binary.
#
#   tests/clients/run-stkai.sh BINARY
#
# Prints a line per check and, last, "N passed, N failed". Exit code 0 when every check passed. The client comes from PyPI
# with the first run, and is kept in ${STACKSPOT_CI_CACHE:-~/.cache/stackspot-lsp-ci}.
set -euo pipefail

binary=$(realpath "${1:?usage: run-stkai.sh BINARY}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${STACKSPOT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stackspot-lsp-ci}/stkai
scratch=$(mktemp -d)
sandbox=
trap '[[ -z $sandbox ]] || kill "$sandbox" 2>/dev/null || true; rm -rf "$scratch"' EXIT

fail() {
    echo "run-stkai: $*" >&2
    exit 1
}

# It asks for Python 3.12; stkai_session.py says why Debian's 3.11 does as well.
packages=(stkai==0.4.18 requests==2.34.2 python-ulid==4.1.0 urllib3==2.5.0 idna==3.10 certifi==2025.8.3 charset-normalizer==3.4.3)
stamp=$(printf '%s\n' "${packages[@]}" | sha256sum)
if [[ $(cat "$cache/stamp" 2>/dev/null) != "$stamp" ]]; then
    rm -rf "$cache"
    mkdir -p "$cache"
    if ! python3 -m venv "$cache/python" >"$cache/log" 2>&1; then
        apt-get -q update >>"$cache/log" 2>&1 || true
        DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends python3-venv >>"$cache/log" 2>&1 || true
        python3 -m venv "$cache/python" >>"$cache/log" 2>&1 || fail "python3 makes no virtual environment"
    fi
    "$cache/python/bin/pip" -q install --disable-pip-version-check --no-deps --ignore-requires-python \
        --only-binary :all: "${packages[@]}" >>"$cache/log" 2>&1 || fail "$(tail -n 3 "$cache/log")"
    echo "$stamp" >"$cache/stamp"
fi

export HOME=$scratch
"$binary" sandbox --scenario "$here/stkai.toml" >"$scratch/url" 2>"$scratch/said" &
sandbox=$!
for _ in $(seq 100); do
    [[ ! -s $scratch/url ]] || break
    sleep 0.1
done
base=$(head -n 1 "$scratch/url")
[[ -n $base ]] || fail "the sandbox did not start: $(cat "$scratch/said")"

# Nothing of this machine has a say: no proxy, no settings of the client.
env -i PATH="$PATH" HOME="$scratch" LANG=C.UTF-8 "$cache/python/bin/python" "$here/stkai_session.py" "$base" "$scratch/said"
