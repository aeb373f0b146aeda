# shellcheck shell=bash disable=SC2154 # What it uses is set by who sources it.
# To be sourced: programs of other Debian suites, without touching the machine's packages.
#
# The packages and all their libraries are unpacked beside each other (`dpkg-deb -x`, nothing is configured or installed),
# and a wrapper starts the program with their own dynamic loader. It needs apt and x86_64 Debian or a relative; the mirror
# is the one that the machine's apt uses. $log is a file that takes what apt says.

fail() {
    echo "$(basename "$0"): $*" >&2
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

# unpack_from SUITE DIR PACKAGE...: resolves the packages and every dependency in an empty, private apt state, and
# unpacks them into DIR.
unpack_from() {
    local suite=$1 root=$2 mirror
    shift 2
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
    apt-get "${private[@]}" -q -y --download-only install "$@" >>"$log" 2>&1 || fail "no $* in $suite"
    local package
    for package in "$state"/archives/*.deb; do
        dpkg-deb -x "$package" "$root" >>"$log" 2>&1 || fail "cannot unpack $package"
    done
    rm -rf "$state"
}

# loader_line ROOT [NAME]: the start of a command line that runs a program of ROOT with ROOT's own libraries, under NAME.
# Suites before trixie still carry the C library in /lib.
loader_line() {
    local loader
    loader=$(find "$1/lib/x86_64-linux-gnu" "$1/usr/lib/x86_64-linux-gnu" -name ld-linux-x86-64.so.2 2>/dev/null |
        head -n 1 || true)
    echo "\"$loader\" --library-path \"$1/usr/lib/x86_64-linux-gnu:$1/lib/x86_64-linux-gnu\" --argv0 \"$2\""
}

# machine_lacks COMMAND PACKAGE: installs a package of the machine's own suite where its command is not there.
machine_lacks() {
    if ! command -v "$1" >/dev/null; then
        apt-get -q -o DPkg::Lock::Timeout=120 update >>"$log" 2>&1 || fail "apt-get update failed"
        DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 install --no-install-recommends "$2" \
            >>"$log" 2>&1 || fail "$2 cannot be installed"
    fi
}
