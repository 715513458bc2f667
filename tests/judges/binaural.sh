#!/usr/bin/env bash
# Two other binaural renderers: ffmpeg's sofalizer must agree in time and level between the ears with the same set;
# beside it both are timed, and OpenAL Soft on as many moving sources as umbel plays.
# usage: binaural.sh UMBEL
set -euo pipefail
here=$(cd "$(dirname "$0")/binaural" && pwd)
umbel=$(realpath "$1")
# What is missing is asked of Debian; what it has not got is left out below.
if ! { command -v ffmpeg && command -v gcc && ls /usr/share/libmysofa /usr/include/AL/alext.h; } >/dev/null 2>&1; then
    export DEBIAN_FRONTEND=noninteractive
    { timeout 120 apt-get update -qq && timeout 300 apt-get install -y -qq --no-install-recommends \
        ffmpeg gcc libc6-dev libmysofa1 libopenal-dev; } >/dev/null 2>&1 || true
fi
for tool in ffmpeg python3; do
    if ! command -v "$tool" > /dev/null; then
        echo "skipped: no $tool"
        exit 0
    fi
done
filters=$(ffmpeg -hide_banner -filters 2> /dev/null)
if [[ $filters != *sofalizer* ]]; then
    echo "skipped: this ffmpeg has no sofalizer"
    exit 0
fi
set=
for candidate in /usr/share/libmysofa/MIT_KEMAR_normal_pinna.sofa /usr/share/libmysofa/default.sofa; do
    [ -e "$candidate" ] && set=$candidate && break
done
if [ -z "$set" ]; then
    echo "skipped: Debian's libmysofa1 is not installed (its default.sofa is the set)"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
timeout 300 python3 "$here/compare.py" "$umbel" "$set" "$work"
# OpenAL Soft by its loopback device, in this process alone.
if command -v gcc > /dev/null && echo '#include <AL/alext.h>' | gcc -E - > /dev/null 2>&1; then
    timeout 60 gcc -O2 -o "$work/openal" "$here/openal.c" -lopenal -lm
    timeout 120 "$work/openal" 128 512 20
else
    echo "OpenAL Soft is left out: no gcc or no libopenal-dev"
fi
