#!/usr/bin/env bash
# The EBU ADM Renderer (ITU-R BS.2127) renders the same cases and masters: gains, decoders and frames must agree.
# usage: ear.sh UMBEL [RENDERED_DEMO_FOLDER] [--thorough]
set -euo pipefail
here=$(cd "$(dirname "$0")/ear" && pwd)
umbel=$(realpath "$1")
thorough=
for argument in "${@:2}"; do
    [ "$argument" = --thorough ] && thorough=--thorough
done

# shellcheck source=python.inc
. "$here/../python.inc"
judges_python ear "$here/requirements.txt"

limit=800
[ -n "$thorough" ] && limit=7200
status=0
echo "== gains"
timeout "$limit" "$python" "$here/gains.py" "$umbel" $thorough || status=1
echo "== masters"
shared=${UMBEL_SHARED:-../shared}
options=()
[ -d "$shared/adm" ] && options=(--shared "$shared")
timeout "$limit" "$python" "$here/audio.py" "$umbel" $thorough ${options[@]+"${options[@]}"} || status=1
[ $status = 0 ] && echo "EAR agrees"
exit $status
