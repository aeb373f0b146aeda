#!/usr/bin/env bash
# tests/windows/inside.sh TARGET [NAME=VALUE...] -- SCRIPT [ARGUMENTS...]: runs a script of bash in the folder with the toolchain
# (toolchain.sh), in this checkout, which is /checkout there. TARGET is a folder of the cache, where cargo builds: /target there.
#
# Everything is mounted in a namespace that ends with the last process inside, however that ends. Nobody else ever sees these
# mounts, so nothing that removes the folder can follow one. Only one runs at a time.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${STACKSPOT_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/stackspot-lsp-ci}/windows
registry=${CARGO_HOME:-$HOME/.cargo}/registry
target=$cache/${1:?usage: inside.sh TARGET [NAME=VALUE...] -- SCRIPT [ARGUMENTS...]}
shift
mkdir -p "$target" "$registry"

# What is called from inside.sh has the lock already.
if [[ -z ${STACKSPOT_WINDOWS_LOCKED:-} ]]; then
    exec 9>"$cache/lock"
    flock 9
    export STACKSPOT_WINDOWS_LOCKED=1
fi
"$here/toolchain.sh" "$cache/root" >&2

variables=()
while [[ $1 != -- ]]; do
    variables+=("$1")
    shift
done
shift

# shellcheck disable=SC2016 # The inner shell expands it.
exec unshare --mount --pid --fork --kill-child bash -euo pipefail -c '
    root=$1 checkout=$2 target=$3 registry=$4 count=$5
    shift 5
    variables=("${@:1:count}")
    script=${@:count+1:1}
    shift $((count + 1))
    mkdir -p "$root/checkout" "$root/target" "$root/cargo/registry"
    mount --bind -o ro "$checkout" "$root/checkout"
    mount --bind "$target" "$root/target"
    mount --bind "$registry" "$root/cargo/registry"
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    mount -t tmpfs tmpfs "$root/tmp"
    # The script ends with `exit`, so that the shell stays and is the first process of the namespace: Wine, as that, ends at once.
    exec chroot "$root" /usr/bin/env -i PATH=/usr/lib/wine:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
        SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt CARGO_HOME=/cargo CARGO_TARGET_DIR=/target CARGO_TERM_COLOR=never \
        CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=0 RUSTC_BOOTSTRAP=1 "${variables[@]}" \
        bash -euo pipefail -c "cd /checkout; $script; exit" inside "$@"
' inside "$cache/root" "$(cd "$here/../.." && pwd)" "$target" "$registry" "${#variables[@]}" "${variables[@]}" "$@"
