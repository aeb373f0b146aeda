#!/usr/bin/env bash
# Puts the Neovim versions that the tests run on into a cache directory, without touching the machine's packages.
#
#   tests/editors/install-neovim.sh            installs what is missing; prints "VERSION<TAB>PATH" per editor
#
# Each version comes from the Debian suite that carries it, so that a user's own editor is what is tested:
#   sid (0.12 or later), trixie (0.10), bookworm (0.7).
# The packages and all their libraries are unpacked beside each other (`dpkg-deb -x`, nothing is configured or
# installed), and a wrapper starts the editor with their own dynamic loader. It needs apt and x86_64 Debian or a
# relative; the mirror is the one that the machine's apt uses.
set -euo pipefail

# suite, oldest version accepted, first version refused ("-": none)
editors=$(
    cat <<'TABLE'
sid 0.12 -
trixie 0.10 0.11
bookworm 0.7 0.8
TABLE
)

cache=${STACKSPOT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stackspot-lsp-ci}/neovim
log=$cache/install.log
mkdir -p "$cache"
: >"$log"

fail() {
    echo "install-neovim: $*" >&2
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

# download SUITE DIR: resolves Neovim and every dependency in an empty, private apt state, and unpacks them into DIR.
download() {
    local suite=$1 root=$2 mirror
    mirror=$(debian_mirror)
    [[ -n $mirror ]] || fail "no Debian mirror in the apt sources of this machine"
    local state=$root.apt
    rm -rf "$root" "$state"
    mkdir -p "$root" "$state"/lists/partial "$state"/archives/partial
    : >"$state/status"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$state/sources.list"
    local private=(
        -o Dir::State="$state" -o Dir::State::lists="$state/lists" -o Dir::State::status="$state/status"
        -o Dir::Cache="$state" -o Dir::Cache::archives="$state/archives"
        -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=- -o Dir::Etc::preferencesparts=-
        -o APT::Install-Recommends=false -o APT::Sandbox::User=root -o Acquire::Retries=3 -o Acquire::Languages=none
    )
    apt-get "${private[@]}" -q update >>"$log" 2>&1 || fail "apt-get update failed for $suite"
    apt-get "${private[@]}" -q -y --download-only install neovim >>"$log" 2>&1 || fail "no Neovim in $suite"
    local package
    for package in "$state"/archives/*.deb; do
        dpkg-deb -x "$package" "$root" >>"$log" 2>&1 || fail "cannot unpack $package"
    done
    rm -rf "$state"
}

# write_wrapper ROOT WRAPPER: a script that runs the unpacked editor with its own libraries; children get none of it.
write_wrapper() {
    local loader
    # Suites before trixie still carry the C library in /lib.
    loader=$(find "$1/lib/x86_64-linux-gnu" "$1/usr/lib/x86_64-linux-gnu" -name ld-linux-x86-64.so.2 2>/dev/null |
        head -n 1 || true)
    cat >"$2" <<WRAPPER
#!/bin/sh
export VIMRUNTIME="$1/usr/share/nvim/runtime"
exec "$loader" --library-path "$1/usr/lib/x86_64-linux-gnu:$1/lib/x86_64-linux-gnu" --argv0 nvim "$1/usr/bin/nvim" "\$@"
WRAPPER
    chmod +x "$2"
    # Neovim looks for its parsers relative to its executable, which is the loader here.
    if [[ -d $1/usr/lib/nvim ]]; then
        mkdir -p "$1/usr/lib/lib"
        ln -sfn ../nvim "$1/usr/lib/lib/nvim"
    fi
}

# What an earlier form of this script unpacked is not taken for what this one would.
stamp=$(sha256sum <"${BASH_SOURCE[0]}")

while read -r suite oldest refused; do
    nvim=$cache/nvim-$suite
    # The editor itself is asked, so that a cache that was cut short or moved is not mistaken for a finished one.
    version=
    if [[ -x $nvim && $(cat "$nvim.stamp" 2>/dev/null) == "$stamp" ]]; then version=$(version_of "$nvim"); fi
    if ! accepted "$version" "$oldest" "$refused"; then
        root=$cache/root-$suite
        rm -f "$nvim" "$nvim.stamp"
        download "$suite" "$root"
        write_wrapper "$root" "$nvim"
        version=$(version_of "$nvim")
        accepted "$version" "$oldest" "$refused" ||
            fail "$suite has Neovim '$version'; wanted $oldest or later, before $refused"
        echo "$stamp" >"$nvim.stamp"
    fi
    printf '%s\t%s\n' "$version" "$nvim"
done <<<"$editors"
