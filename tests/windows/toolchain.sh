#!/usr/bin/env bash
# tests/windows/toolchain.sh FOLDER: makes a root folder with what builds for Windows and runs it: Debian's newest Rust with
# the sources of its standard library, mingw with LLVM's linker, Wine, and a git for Windows (git.sh). About 2.5 GB; a folder that is whole is left as it is.
#
# Debian's sid has it all and its packages do no harm in a folder of their own. Which version it is today does not matter.
set -euo pipefail
root=${1:?usage: toolchain.sh FOLDER}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# The marks of what is inside, so that a change of this list makes the folder anew.
contents=(ca-certificates rustc cargo rust-clippy rust-src gcc libc6-dev cmake lld make nasm pkg-config git python3 xz-utils
    gcc-mingw-w64-x86-64-win32 g++-mingw-w64-x86-64-win32 libz-mingw-w64-dev)
wine=(wine wine64)
mark="${contents[*]} ${wine[*]}"
git=$(sha256sum <"$here/git.sh")

is() { [[ -f $1 && $(<"$1") == "$2" && -d $root ]]; }
is "$root.is" "$mark" && is "$root.git.is" "$git" && exit 0

around="STACKSPOT_CI_SKIP_WINDOWS=1 lets .ci/run go without"
if ((EUID != 0)); then
    echo "the toolchain for Windows is a folder that only root can make (debootstrap, chroot): run it as root; $around"
    exit 1
fi
if ! unshare --mount --pid --fork true; then
    echo "this machine lets not even root have mounts of its own, and the toolchain for Windows is used within some; $around"
    exit 1
fi

# Inside, with its own mounts, which end with it, however it ends.
inside() {
    unshare --mount --pid --fork --kill-child bash -euo pipefail -c "$@"
}

with_git() {
    # shellcheck disable=SC2016 # The inner shell expands it.
    inside '
        mount -t proc proc "$1/proc" || true
        PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$1" bash -c "$(<"$2")" git.sh /opt/git
    ' git "$root" "$here/git.sh"
    echo "$git" >"$root.git.is"
}

if is "$root.is" "$mark"; then
    with_git
    exit 0
fi
# The mirror is the one that this machine's own apt uses.
# shellcheck disable=SC2016 # apt's own variable.
mirror=$(apt-get indextargets --format '$(SITE)' 2>/dev/null | grep -m1 '/debian/*$' || true)
if [[ -z $mirror ]]; then
    echo "apt on this machine knows no mirror of Debian, and the toolchain for Windows comes from one; $around"
    exit 1
fi
if ! command -v debootstrap >/dev/null; then
    apt-get -q -o DPkg::Lock::Timeout=120 update
    DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 install -y --no-install-recommends debootstrap
fi

trap 'echo "the toolchain for Windows could not be made, for the reason above; $around"' ERR
rm -f "$root.is" "$root.git.is"
rm -rf --one-file-system "$root"
include=$(IFS=,; echo "${contents[*]}")
# In the second step apt installs Wine, which debootstrap cannot: it resolves no alternatives.
# shellcheck disable=SC2016 # The inner shell expands it.
inside '
    root=$1 include=$2 mirror=$3
    shift 3
    debootstrap --variant=minbase --include="$include" sid "$root" "$mirror"
    cp /etc/resolv.conf "$root/etc/"
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    grep -qs localhost "$root/etc/hosts" || echo "127.0.0.1 localhost" >>"$root/etc/hosts"
    mount -t proc proc "$root/proc" || true
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin
    DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get -q install -y --no-install-recommends "$@"
    chroot "$root" apt-get clean
' toolchain "$root" "$include" "$mirror" "${wine[@]}"
echo "$mark" >"$root.is"
with_git
