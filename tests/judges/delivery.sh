#!/usr/bin/env bash
# Others read the masters that umbel exports: MediaInfo's conformance checks, the EBU ADM Renderer, wavinfo, ffmpeg, and a
# checker of the profile's rules that shares nothing with the program.
# usage: delivery.sh UMBEL [RENDERED_DEMO_FOLDER] [--thorough]
set -euo pipefail
here=$(cd "$(dirname "$0")/delivery" && pwd)
umbel=$(realpath "$1")
thorough=
for argument in "${@:2}"; do
    [ "$argument" = --thorough ] && thorough=--thorough
done
# shellcheck source=python.inc
. "$here/../python.inc"
judges_python delivery "$here/requirements.txt"
shared=${UMBEL_SHARED:-../shared}
options=()
[ -d "$shared/adm" ] && options=(--shared "$shared")
limit=1100
[ -n "$thorough" ] && limit=7200
timeout "$limit" "$python" "$here/masters.py" "$umbel" $thorough ${options[@]+"${options[@]}"}
echo "the judges of masters agree"
