#!/usr/bin/env bash
# tests/windows/git.sh FOLDER: builds git for Windows out of Debian's sources, inside of the toolchain's folder (toolchain.sh), for
# the stories in which the program asks git. Debian has the sources of git and no build of it for Windows.
set -euo pipefail
out=${1:?usage: git.sh FOLDER}
# The index of a mirror that stands still may be older than it says that it holds.
sed -n 's/^deb /deb-src /p' /etc/apt/sources.list >/etc/apt/sources.list.d/sources.list
apt-get -q -o Acquire::Check-Valid-Until=false update
mkdir -p "$out" /tmp/git
cd /tmp/git
apt-get -q source --download-only git
tar xJf git_*.orig.tar.xz --strip-components 1
# Wine's pipes have no name, and git looks for that of a terminal of MSYS.
sed -i 's/DETECT_MSYS_TTY/NEVER/' compat/winansi.c
make -s -j2 uname_S=MINGW uname_R=3 uname_M=x86_64 MSYSTEM=MINGW64 CC=x86_64-w64-mingw32-gcc AR=x86_64-w64-mingw32-ar \
    RC='x86_64-w64-mingw32-windres -O coff' CFLAGS='-O0 -w -static' USE_LIBPCRE= \
    NO_{OPENSSL,CURL,EXPAT,GETTEXT,PERL,PYTHON,TCLTK,ICONV,LIBPCRE,RUST}=1 git.exe
cp git.exe "$out/git.exe"
rm -rf /tmp/git
