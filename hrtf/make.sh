#!/bin/sh
# Makes mit-kemar.bin from the file that Debian's libmysofa1 ships. Needs apt-get and dpkg-deb, or the SOFA file
# itself as the first argument.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ $# -ge 1 ]; then
    sofa=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
else
    (cd "$work" && apt-get download libmysofa1 && dpkg-deb -x libmysofa1_*.deb files)
    sofa=$(find "$work/files" -name 'MIT_KEMAR_normal_pinna.sofa' -o -name 'default.sofa' | head -n 1)
fi
cd "$here/.."
cargo run --release --example embed_hrtf -- "$sofa" "$work/mit-kemar.bin"
mv "$work/mit-kemar.bin" "$here/mit-kemar.bin"
sha256sum "$here/mit-kemar.bin"
