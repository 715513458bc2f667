#!/usr/bin/env bash
# Plug-ins of LSP and Calf (Debian) beside the desk's processors: nanoseconds of processor time per stereo frame, taken
# in the same run over the same minute of noise. ffmpeg runs the plug-ins, `umbel process` the chains; what either
# takes for the file alone is taken off. Prints a table; fails only if something cannot be measured.
# usage: plug-ins.sh UMBEL RENDERED_DEMO_FOLDER
set -euo pipefail
umbel=$1
missing=()
for package in ffmpeg lsp-plugins-lv2 calf-plugins; do
    dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    if ! { timeout 120 apt-get update -qq && timeout 300 apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null 2>&1; then
        echo "skipped: ${missing[*]} cannot be installed"
        exit 0
    fi
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
timeout 60 ffmpeg -y -loglevel error -f lavfi \
    -i "anoisesrc=d=60:c=white:r=48000:a=0.5:seed=1,aformat=channel_layouts=stereo" -c:a pcm_f32le "$work/noise.wav"
UMBEL=$umbel WORK=$work python3 - <<'PY'
import os
import resource
import subprocess

WORK, UMBEL = os.environ["WORK"], os.environ["UMBEL"]
FRAMES = 60 * 48_000
RUNS = 3


def seconds(command):
    """The least processor time of some runs."""
    best = float("inf")
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=120)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best


def plug_in(filters):
    return seconds(["ffmpeg", "-y", "-loglevel", "error", "-threads", "1", "-filter_threads", "1",
                    "-i", f"{WORK}/noise.wav", "-af", filters, "-f", "null", "-"])


def chain(text):
    return seconds([UMBEL, "process", f"{WORK}/noise.wav", f"{WORK}/out.wav", "--chain", text,
                    "--bit-depth", "f32", "-f"])


def lsp(name, controls=""):
    return rf"lv2=p=http\\://lsp-plug.in/plugins/lv2/{name}" + (f":c={controls}" if controls else "")


def calf(name, controls=""):
    return rf"lv2=p=http\\://calf.sourceforge.net/plugins/{name}" + (f":c={controls}" if controls else "")


PAIRS = [
    ("vca, 2:1", "[{ comp = { ratio = 2, threshold = -24, attack-ms = 20, release-ms = 100 } }]", [
        ("LSP compressor", lsp("compressor_stereo", "cr=2|al=0.063")),
        ("Calf compressor", calf("Compressor", "ratio=2|threshold=0.063")),
    ]),
    ("vca, automatic release", "[{ comp = { ratio = 2, threshold = -24 } }]", []),
    ("vari-mu", "[{ comp = { style = 'vari-mu', threshold = -24 } }]", []),
    ("tape, 8 times oversampled", "[{ sat = { style = 'tape', drive = 6 } }]", [
        ("Calf saturator, no oversampling", calf("Saturator", "drive=6")),
        ("Calf tape simulator", calf("TapeSimulator")),
    ]),
    ("limiter at work, 16 times detected", "[{ limit = { dbtp = -9 } }]", [
        ("LSP limiter, sample peaks", lsp("limiter_stereo", "th=0.355")),
        ("LSP limiter, true peaks (8 times)", lsp("limiter_stereo", "th=0.355|ovs=22")),
    ]),
    ("reverb, hall", "[{ reverb = { style = 'hall' } }]", [("Calf reverb", calf("Reverb"))]),
    ("delay, damped", "[{ delay = { ms = 350, damp = 6000, hp = 200 } }]", [
        ("Calf vintage delay", calf("VintageDelay")),
    ]),
]

files = {"plug-in": plug_in("anull"), "umbel": chain("[]")}
print(f"{'ns per stereo frame':38}")
for name, text, others in PAIRS:
    print(f"umbel {name:36} {1e9 * (chain(text) - files['umbel']) / FRAMES:7.0f}")
    for other, filters in others:
        print(f"      {other:36} {1e9 * (plug_in(filters) - files['plug-in']) / FRAMES:7.0f}")
PY
