"""ffmpeg's sofalizer and umbel on the same set: seven loudspeakers round the head.

usage: compare.py UMBEL SET WORK_FOLDER
"""

import math
import resource
import struct
import subprocess
import sys
from array import array

# The rate of the set: sofalizer converts signals to it.
RATE = 44100
GAP = 4800
# 7.1 without its LFE, in the order of ffmpeg's bits: names, and the azimuths
# that sofalizer gives them, + = left.
SPEAKERS = [("FL", 30), ("FR", -30), ("FC", 0), ("BL", 150), ("BR", -150), ("SL", 90), ("SR", -90)]


def write(path, channels):
    frames = len(channels[0])
    data = array("f", [0.0]) * (frames * len(channels))
    for n, channel in enumerate(channels):
        data[n :: len(channels)] = array("f", channel)
    body = data.tobytes()
    mask = 0x1 | 0x2 | 0x4 | 0x10 | 0x20 | 0x200 | 0x400
    guid = b"\x03\x00\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"
    fmt = struct.pack("<HHIIHH", 0xFFFE, len(channels), RATE, RATE * 4 * len(channels), 4 * len(channels), 32)
    fmt += struct.pack("<HHI", 22, 32, mask) + guid
    with open(path, "wb") as file:
        file.write(b"RIFF" + struct.pack("<I", 4 + 8 + len(fmt) + 8 + len(body)) + b"WAVE")
        file.write(b"fmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", len(body)) + body)


def read(path):
    data = open(path, "rb").read()
    at = 12
    while True:
        name, size = data[at : at + 4], struct.unpack("<I", data[at + 4 : at + 8])[0]
        if name == b"fmt ":
            channels = struct.unpack("<H", data[at + 10 : at + 12])[0]
        if name == b"data":
            samples = array("f")
            samples.frombytes(data[at + 8 : at + 8 + min(size, len(data) - at - 8) // 4 * 4])
            return [samples[n::channels] for n in range(channels)]
        at += 8 + size + size % 2


def run(arguments):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run(arguments, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{arguments[0]} failed: {done.stderr[-2000:]}")
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def session(folder, name, file, count, positions):
    text = '[song]\ntitle = "judge"\nbpm = 120\n'
    for n in range(count):
        text += f'[[stem]]\nname = "s{n}"\nfile = "{file}"\nchannels = [{n + 1}]\nat = {{ az = {positions[n]}, el = 0 }}\n'
    path = f"{folder}/{name}.toml"
    open(path, "w").write(text)
    return path


def level_and_lag(left, right):
    """Level of left over right in dB, and by how many frames left is late, below about 1.5 kHz."""
    power = [sum(x * x for x in ear) for ear in (left, right)]
    low = []
    for ear in (left, right):
        y = z = 0.0
        smooth = []
        for x in ear:
            y += 0.18 * (x - y)
            z += 0.18 * (y - z)
            smooth.append(z)
        low.append(smooth)
    best = max(range(-60, 61), key=lambda lag: sum(low[0][i + lag] * low[1][i] for i in range(60, len(left) - 60)))
    return 10 * math.log10(power[0] / power[1]), best


def main():
    umbel, sofa, folder = sys.argv[1:]
    count = len(SPEAKERS)
    azimuths = [azimuth for _, azimuth in SPEAKERS]
    frames = GAP * (count + 1)
    channels = [[0.0] * frames for _ in range(count)]
    for n in range(count):
        channels[n][GAP * n + 100] = 0.5
    write(f"{folder}/impulses.wav", channels)
    # Its own directions: those given by `speakers` it mixes up where a layout leaves channels out.
    filter_ = f"sofalizer=sofa={sofa}:type=freq:framesize=1024"
    run(["ffmpeg", "-v", "error", "-y", "-i", f"{folder}/impulses.wav", "-af", filter_, "-c:a", "pcm_f32le",
         f"{folder}/theirs.wav"])
    options = ["--hrtf", sofa, "--hrtf-eq", "off", "--binaural-room", "none", "--bit-depth", "f32", "--threads", "1", "-f"]
    toml = session(folder, "impulses", "impulses.wav", count, azimuths)
    run([umbel, "render", toml, "-l", "binaural", "-o", f"{folder}/ours.wav", *options])
    ours, theirs = read(f"{folder}/ours.wav"), read(f"{folder}/theirs.wav")
    worst = [0.0, 0]
    for n, (name, azimuth) in enumerate(SPEAKERS):
        span = slice(GAP * n, GAP * n + 2000)
        found, expected = (level_and_lag(*[ear[span] for ear in pair[:2]]) for pair in (ours, theirs))
        worst = [max(worst[0], abs(found[0] - expected[0])), max(worst[1], abs(found[1] - expected[1]))]
        if abs(found[0] - expected[0]) > 0.5 or abs(found[1] - expected[1]) > 1:
            sys.exit(f"{name} at {azimuth}: level and lag between the ears {found}, sofalizer {expected}")
    print(f"sofalizer agrees: level between the ears within {worst[0]:.2f} dB, lag within {worst[1]} frames")

    seconds = 20
    state, noise = 1, array("f")
    for _ in range(RATE):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        noise.append((state / 2**32 - 0.5) * 0.05)
    write(f"{folder}/noise.wav", [noise * seconds] * count)
    toml = session(folder, "noise", "noise.wav", count, azimuths)
    decode = run(["ffmpeg", "-v", "error", "-y", "-i", f"{folder}/noise.wav", "-f", "null", "-"])
    theirs = run(["ffmpeg", "-v", "error", "-y", "-i", f"{folder}/noise.wav", "-af", filter_, "-f", "null", "-"]) - decode
    ours = run([umbel, "render", toml, "-l", "binaural", "-o", f"{folder}/noise_o.wav", *options])
    short = run([umbel, "render", toml, "-l", "binaural", "-o", f"{folder}/short.wav", "--to", "0.01", *options])
    print(f"{count} channels at rest, {seconds} s: sofalizer {theirs:.2f} s without decoding; umbel {ours:.2f} s with reading and "
          f"writing, of which preparing the set {short:.2f} s")


main()
