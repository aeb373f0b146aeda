#!/usr/bin/env bash
# Makes what is released for one target: the archive, on Debian and its relatives the .deb as well, and SHA256SUMS.
#
#   packaging/release.sh [--target TRIPLE] [--binary FILE] [--runner COMMAND] [--out DIR]
#
# Without --binary it builds one. --target names what the binary is for (default: this machine), --out where the results go
# (default: target/dist). The binary must run here, since it writes its own completions: by itself, or by --runner, which is
# called with the binary and its arguments. It needs cargo and python3.
#
# Times in the archives are those of the commit, or SOURCE_DATE_EPOCH; two runs give the same bytes.
# PACKAGING_LEVEL (1 to 9) makes it faster and the results larger.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
    echo "release: $*" >&2
    exit 1
}

target=$(rustc -vV | sed -n 's/^host: //p')
binary=
runner='env'
out=${CARGO_TARGET_DIR:-target}/dist
while (($#)); do
    case $1 in
    --target) target=${2:?} ;;
    --binary) binary=${2:?} ;;
    --runner) runner=${2:?} ;;
    --out) out=${2:?} ;;
    *) fail "unknown argument $1; see the head of packaging/release.sh" ;;
    esac
    shift 2
done

# On Windows the interpreter has no digit in its name.
python=$(command -v python3 || command -v python) || fail "python3 is missing"
version=$(cargo pkgid --locked | sed 's/.*[#@]//')
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
level=${PACKAGING_LEVEL:-9}
name=stackspot-lsp-$version-$target
suffix=
[[ $target == *windows* ]] && suffix=.exe

if [[ -z $binary ]]; then
    cargo build --release --locked --target "$target"
    binary=${CARGO_TARGET_DIR:-target}/$target/release/stackspot-lsp$suffix
fi
said=$("$runner" "$binary" --version | tr -d '\r') || fail "$binary does not run on this machine"
[[ $said == "stackspot-lsp $version" ]] || fail "$binary says it is \"$said\", and Cargo.toml says $version"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$out"
out=$(cd "$out" && pwd)

tree=$scratch/tree
mkdir -p "$tree/man" "$tree/completions"
cp "$binary" "$tree/stackspot-lsp$suffix"
cp README*.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT "$tree"
cp packaging/stackspot-lsp.1 "$tree/man"
# The documentation, and what the pages of editors copy from. VS Code's extension is a package of its own, but for its page.
git archive HEAD docs editors ':!editors/vscode' | tar x -C "$tree"
git archive HEAD editors/vscode/README.md | tar x -C "$tree"
"$python" packaging/third_party_licences.py "$target" >"$tree/THIRD-PARTY-LICENSES.txt"
completions() {
    "$runner" "$binary" completions "$1" >"$tree/completions/$2"
}
completions bash stackspot-lsp.bash
completions zsh _stackspot-lsp
completions fish stackspot-lsp.fish
completions powershell _stackspot-lsp.ps1

"$python" packaging/pages.py "$tree"

kind=tar.gz
[[ $target == *windows* ]] && kind=zip
"$python" packaging/archive.py "$tree" "$out/$name.$kind" "$epoch"

# debian_package ARCHITECTURE: the same files where Debian's policy wants them.
debian_package() {
    local root=$scratch/deb doc depends maintainer
    doc=$root/usr/share/doc/stackspot-lsp
    maintainer="${DEBFULLNAME:-The stackspot-lsp authors} <${DEBEMAIL:-$(git log -1 --format=%ae)}>"
    install -D -m 755 "$binary" "$root/usr/bin/stackspot-lsp"
    install -D -m 644 "$tree/man/stackspot-lsp.1" "$root/usr/share/man/man1/stackspot-lsp.1"
    install -D -m 644 "$tree/completions/stackspot-lsp.bash" "$root/usr/share/bash-completion/completions/stackspot-lsp"
    install -D -m 644 "$tree/completions/_stackspot-lsp" "$root/usr/share/zsh/vendor-completions/_stackspot-lsp"
    install -D -m 644 "$tree/completions/stackspot-lsp.fish" "$root/usr/share/fish/vendor_completions.d/stackspot-lsp.fish"
    install -D -m 644 packaging/debian/copyright "$doc/copyright"
    install -D -m 644 README*.md "$tree/THIRD-PARTY-LICENSES.txt" -t "$doc"
    install -D -m 644 CHANGELOG.md "$doc/changelog"
    git archive HEAD docs | tar x -C "$doc"
    cp -r "$tree/editors" "$doc"
    cat >"$doc/changelog.Debian" <<CHANGES
stackspot-lsp ($version-1) unstable; urgency=medium

  * Packaged as it was released; changelog.gz says what is new.

 -- $maintainer  $(date -u -R -d "@$epoch")
CHANGES
    # Pages are not compressed, so that their links lead from one to the other.
    gzip -9n "$doc"/{changelog,changelog.Debian,THIRD-PARTY-LICENSES.txt} "$root/usr/share/man/man1/stackspot-lsp.1"
    "$python" packaging/pages.py "$doc" CHANGELOG.md=changelog.gz LICENSE-APACHE=copyright LICENSE-MIT=copyright
    install -D -m 644 packaging/debian/lintian-overrides "$root/usr/share/lintian/overrides/stackspot-lsp"

    # dpkg-shlibdeps reads which versions of which libraries the binary asks for; it wants to be in a source package.
    mkdir -p "$scratch/source/debian"
    printf 'Source: stackspot-lsp\n\nPackage: stackspot-lsp\nArchitecture: any\n' >"$scratch/source/debian/control"
    depends=$(cd "$scratch/source" && dpkg-shlibdeps -O "$root/usr/bin/stackspot-lsp" | sed -n 's/^shlibs:Depends=//p')
    mkdir -p "$root/DEBIAN"
    sed -e "s|@VERSION@|$version|" -e "s|@ARCHITECTURE@|$1|" -e "s|@DEPENDS@|$depends|" -e "s|@MAINTAINER@|$maintainer|" \
        -e "s|@SIZE@|$(du -sk --apparent-size "$root/usr" | cut -f1)|" packaging/debian/control >"$root/DEBIAN/control"
    (cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
    chmod 644 "$root"/DEBIAN/*
    find "$root" -type d -exec chmod 755 {} +
    find "$doc" -type f -exec chmod 644 {} +
    chmod 755 "$doc"/docs/*.sh
    SOURCE_DATE_EPOCH=$epoch dpkg-deb --root-owner-group -Zxz -z"$level" --build "$root" "$out/stackspot-lsp_$version-1_$1.deb"
}
case $target in
x86_64-unknown-linux-gnu) architecture=amd64 ;;
aarch64-unknown-linux-gnu) architecture=arm64 ;;
*) architecture= ;;
esac
if [[ -n $architecture ]] && command -v dpkg-deb >/dev/null && command -v dpkg-shlibdeps >/dev/null; then
    debian_package "$architecture" >&2
fi

"$python" packaging/archive.py --checksums "$out"
ls -l "$out"
