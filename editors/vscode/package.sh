#!/usr/bin/env bash
# Makes the extension with a server inside: a .vsix for one platform.
#
#   editors/vscode/package.sh BINARY OUT.vsix [TARGET]      TARGET: linux-x64 unless said otherwise
#
# BINARY is stackspot-lsp for that platform, stripped. It needs Node.js 22 or later, and node_modules as `npm ci
# --ignore-scripts` leaves them. Nothing is written into this directory but dist/.
set -euo pipefail

usage="usage: package.sh BINARY OUT.vsix [TARGET]"
binary=$(realpath "${1:?$usage}")
out=$(realpath -m "${2:?$usage}")
target=${3:-linux-x64}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=${STACKSPOT_REPOSITORY:-$(cd "$here/../.." && pwd)}
staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT

(cd "$here" && node esbuild.mjs)
mkdir -p "$staging/server" "$staging/dist"
cp "$here"/dist/{extension.js,main.js,client.js,seldom.js,page.js,answers.css} "$staging/dist/"
cp -r "$here"/{package.json,package.nls.json,package.nls.pt-br.json,l10n,media} "$staging/"
# The walkthrough has two of the pictures of the docs.
for picture in answer diff; do cp "$root/docs/images/vscode/$picture-light.png" "$staging/media/vscode-$picture.png"; done
# Where the extension is shown there are no pictures beside its page; the walkthrough has them.
# What else its pages lead to is not in the package, either.
without_links() { sed -E 's/\[([^]]*)\]\([^):#][^):]*\)/\1/g'; }
grep -v '^!\[' "$here/README.md" | without_links >"$staging/README.md"
without_links <"$here/CHANGELOG.md" >"$staging/CHANGELOG.md"
# The marketplace shows one file; each of the two licences holds by itself.
cat "$root/LICENSE-MIT" - "$root/LICENSE-APACHE" >"$staging/LICENSE" <<<$'\n---\n'
server=stackspot-lsp
[[ $target != win32-* ]] || server=stackspot-lsp.exe
install -m 755 "$binary" "$staging/server/$server"

# What is only for building has no place in it; and nothing is to be built again.
node -e '
    const fs = require("node:fs"), file = process.argv[1];
    const { scripts, devDependencies, private: _, ...manifest } = JSON.parse(fs.readFileSync(file, "utf8"));
    fs.writeFileSync(file, JSON.stringify(manifest, null, 2));
' "$staging/package.json"
# All of what is here belongs in.
touch "$staging/.vscodeignore"
mkdir -p "$(dirname "$out")"
(cd "$staging" && node "$here/node_modules/@vscode/vsce/vsce" package --target "$target" --no-dependencies \
    --allow-missing-repository --out "$out")
