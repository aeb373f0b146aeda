#!/usr/bin/env bash
# Prints the entry for mason's registry, as `packages/stackspot-lsp/package.yaml` there.
#
#   packaging/mason-entry.sh OWNER/REPOSITORY VERSION       where on GitHub the release v$VERSION is
set -euo pipefail

repository=${1:?usage: mason-entry.sh OWNER/REPOSITORY VERSION}
version=${2:?usage: mason-entry.sh OWNER/REPOSITORY VERSION}

# asset MASON-TARGET TRIPLE
asset() {
    local kind=tar.gz suffix=
    [[ $2 != *windows* ]] || kind=zip suffix=.exe
    printf "    - target: %s\n      file: 'stackspot-lsp-{{ version | strip_prefix \"v\" }}-%s.%s'\n      bin: stackspot-lsp%s\n" \
        "$1" "$2" "$kind" "$suffix"
}

cat <<HEAD
---
name: stackspot-lsp
description: StackSpot AI agents as code actions - explain, review, refactor, fix, document, and write tests.
homepage: https://github.com/$repository
licenses:
  - MIT
  - Apache-2.0
languages: []
categories:
  - LSP

source:
  id: pkg:github/$repository@v$version
  asset:
HEAD
asset linux_x64_gnu x86_64-unknown-linux-gnu
asset linux_arm64_gnu aarch64-unknown-linux-gnu
asset linux_x64_musl x86_64-unknown-linux-musl
asset darwin_x64 x86_64-apple-darwin
asset darwin_arm64 aarch64-apple-darwin
asset win_x64 x86_64-pc-windows-msvc
asset win_arm64 aarch64-pc-windows-msvc
cat <<'TAIL'

bin:
  stackspot-lsp: "{{source.asset.bin}}"

neovim:
  lspconfig: stackspot_lsp
TAIL
