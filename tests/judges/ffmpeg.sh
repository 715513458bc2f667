#!/usr/bin/env bash
# ffmpeg (Debian) reads what umbel wrote: its loudness meter and its channel layouts must agree.
# usage: ffmpeg.sh UMBEL RENDERED_DEMO_FOLDER
set -euo pipefail
umbel=$1
demo=$2
command -v ffmpeg >/dev/null || {
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ffmpeg >/dev/null
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The stereo mix: loudness within 0.1 LU of ours.
"$umbel" render examples/open-the-dome/song.toml -l stereo -o "$work/stereo.wav" --json --no-progress >"$work/ours.json"
ours=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["outputs"][0]["integrated_lufs"])' "$work/ours.json")
theirs=$(timeout 60 ffmpeg -hide_banner -nostats -i "$work/stereo.wav" -af ebur128 -f null - 2>&1 |
    sed -n 's/^ *I: *\(-[0-9.]*\) LUFS.*/\1/p' | tail -n 1)
echo "stereo loudness: umbel $ours LUFS, ffmpeg $theirs LUFS"
python3 -c 'import sys; a, b = map(float, sys.argv[1:]); sys.exit(abs(a - b) > 0.1)' "$ours" "$theirs"

# The masks name the layouts.
for pair in 5.1:5.1 5.1.4:5.1.4 7.1.4:7.1.4; do
    layout=${pair%%:*}
    "$umbel" render examples/open-the-dome/song.toml -l "$layout" -o "$work/$layout.wav" --to 1 --no-progress >/dev/null
    timeout 60 ffprobe -v error -show_entries stream=channels,channel_layout,sample_rate,bits_per_raw_sample \
        -of default=nw=1 "$work/$layout.wav" | tee "$work/probe.txt"
    grep -q "^sample_rate=48000" "$work/probe.txt"
done
grep -q "^channels=12" "$work/probe.txt"

# RF64 and BW64 are read.
"$umbel" render examples/open-the-dome/song.toml -l 22.2 -o "$work/bw64.wav" --container bw64 --to 1 --no-progress >/dev/null
timeout 60 ffprobe -v error -show_entries stream=channels,duration_ts -of default=nw=1 "$work/bw64.wav" | tee "$work/probe.txt"
grep -q "^channels=24" "$work/probe.txt"
grep -q "^duration_ts=48000" "$work/probe.txt"
test -d "$demo"
echo "ffmpeg agrees"
