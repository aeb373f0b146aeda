#!/usr/bin/env python3
"""Packs a folder into an archive that is the same, byte by byte, whenever it is made of the same files.

    packaging/archive.py FOLDER ARCHIVE.tar.gz|ARCHIVE.zip EPOCH     every file gets the time EPOCH, and no owner
    packaging/archive.py --checksums FOLDER                          SHA256SUMS of all files there

The tools of Linux, macOS and Windows differ in their flags; Python's library does not.
"""

import gzip
import hashlib
import os
import sys
import tarfile
import time
import zipfile
from pathlib import Path


def files(folder):
    return sorted((path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.is_file())


def pack_tar(folder, archive, epoch, level):
    with open(archive, "wb") as raw, gzip.GzipFile("", "wb", level, raw, mtime=epoch) as packed:
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for name, path in files(folder):
                entry = tarfile.TarInfo(name)
                entry.size, entry.mtime, entry.mode = path.stat().st_size, epoch, mode(name)
                with open(path, "rb") as content:
                    tar.addfile(entry, content)


def pack_zip(folder, archive, epoch, level):
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as packed:
        for name, path in files(folder):
            entry = zipfile.ZipInfo(name, time.gmtime(epoch)[:6])
            entry.external_attr, entry.create_system = (0o100000 | mode(name)) << 16, 3
            packed.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, level)


def mode(name):
    return 0o755 if name in ("stackspot-lsp", "stackspot-lsp.exe") or name.startswith("docs/") and name.endswith(".sh") else 0o644


def write_checksums(folder):
    lines = []
    for name, path in files(folder):
        if name != "SHA256SUMS":
            lines.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n")
    (folder / "SHA256SUMS").write_text("".join(lines), newline="\n")


def main(arguments):
    if arguments[0] == "--checksums":
        return write_checksums(Path(arguments[1]))
    folder, archive, epoch = Path(arguments[0]), arguments[1], int(arguments[2])
    level = int(os.environ.get("PACKAGING_LEVEL", "9"))
    pack = pack_zip if archive.endswith(".zip") else pack_tar
    pack(folder, archive, epoch, level)


main(sys.argv[1:])
