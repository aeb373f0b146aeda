#!/usr/bin/env bash
# .ci/python.sh FOLDER PACKAGE...: a virtual environment of Python with just these packages of PyPI, each as NAME==VERSION, as they
# are built there. One that has them is left as it is.
set -euo pipefail
folder=${1:?usage: python.sh FOLDER PACKAGE...}
shift
stamp=$(printf '%s\n' "$@" | sha256sum)
[[ $(cat "$folder/stamp" 2>/dev/null) != "$stamp" ]] || exit 0
rm -rf "$folder"
mkdir -p "$folder"
if ! python3 -m venv "$folder/python" >/dev/null 2>&1; then
    apt-get -q -o DPkg::Lock::Timeout=120 update
    DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 install -y --no-install-recommends python3-venv
    python3 -m venv "$folder/python"
fi
"$folder/python/bin/pip" -q install --disable-pip-version-check --no-deps --only-binary :all: "$@"
echo "$stamp" >"$folder/stamp"
