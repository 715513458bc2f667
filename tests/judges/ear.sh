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

# A virtual environment of its own, kept between runs and made anew when the pins change.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/umbel-judges
python=
for candidate in python3.11 python3.12 python3.10 python3.9 python3; do
    if timeout 20 "$candidate" -c 'import sys; sys.exit(not (3, 9) <= sys.version_info < (3, 13))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "skipped: no Python from 3.9 to 3.12, which the EBU ADM Renderer's libraries need"
    exit 0
fi
pins=$(sha256sum "$here/requirements.txt" | cut -c 1-12)
venv=$cache/ear-$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-$pins
if [ ! -e "$venv/complete" ]; then
    mkdir -p "$cache"
    rm -rf "$venv"
    timeout 60 "$python" -m venv "$venv"
    if ! timeout 300 "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"; then
        if timeout 60 "$venv/bin/pip" download --quiet --no-deps --dest "$venv" six==1.17.0; then
            echo "the EBU ADM Renderer cannot be installed" >&2
            exit 1
        fi
        rm -rf "$venv"
        echo "skipped: the Python package index cannot be reached"
        exit 0
    fi
    touch "$venv/complete"
fi
python=$venv/bin/python
# attrs 21 warns of CPython 3.11 at import.
export PYTHONWARNINGS=ignore::RuntimeWarning PYTHONDONTWRITEBYTECODE=1

limit=500
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
