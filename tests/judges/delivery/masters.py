"""Exports sessions of many sizes and real masters, and lets others judge what was written."""

import argparse
import json
import math
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

import numpy as np
import wavinfo
from pymediainfo import MediaInfo
from rules import violations

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "ear"))
from render import render as ear_render  # noqa: E402
from umbel import Umbel  # noqa: E402

DEMO = "examples/open-the-dome/song.toml"
RATES = ("23.976", "24", "25", "29.97", "29.97df", "30")
faults = []


def fault(text):
    print(f"  FAULT {text}")
    faults.append(text)


def stem(path, rate, seconds, seed):
    """A mono file of 24 bits: sines that fade in and out."""
    frames = round(rate * seconds)
    t = np.arange(frames) / rate
    wave = 0.05 * np.sin(2 * np.pi * (110 + 37 * seed) * t) * np.sin(np.pi * t / seconds) ** 2
    words = np.round(wave * (2**23 - 1)).astype("<i4")
    data = words.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    fmt = struct.pack("<HHIIHH", 1, 1, rate, rate * 3, 3, 24)
    pad = b"\0" * (len(data) % 2)
    chunks = b"fmt " + struct.pack("<I", 16) + fmt + b"data" + struct.pack("<I", len(data)) + data + pad
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)


def session(folder, count, rate, seconds):
    """Objects of every kind of position; many of them move, in long songs a few, which is much metadata as it is."""
    for n in range(count):
        path = folder / f"s{n}.wav"
        path.unlink(missing_ok=True)
        if n < 4:
            stem(path, rate, seconds, n)
        else:
            path.hardlink_to(folder / f"s{n % 4}.wav")
    text = '[song]\ntitle = "Generated & <odd>"\n[[group]]\nname = "g 1"\n[[group]]\nname = "g 2"\n'
    for n in range(count):
        text += f'[[stem]]\nname = "Stem {n}"\nfile = "s{n}.wav"\ngroup = "g {n % 2 + 1}"\n'
        if n % 3 == 0 or seconds > 60 and 8 < n < 110:
            text += f"at = {{ az = {n * 37 % 360}, el = {n % 60}, dist = 0.8 }}\nsize = {n % 5 / 10}\n"
        elif n % 3 == 1:
            text += f'move = {{ shape = "circle", period = {seconds / 2 + n}, az = {n}, el = {n % 40} }}\n'
        elif n % 2 == 0:
            text += f"at = {{ x = {n % 20 / 10 - 1:.2f}, y = {n % 9 / 4.5 - 1:.3f}, z = {n % 10 / 10} }}\n"
        else:
            # Up to 90 degrees a second.
            period = max(4, seconds / 8) + n / 7
            text += f'move = {{ shape = "circle", period = {period:.3f}, az = {n}, x = 0, y = 0, z = {n % 10 / 10}, radius = {n % 10 / 10 + 0.1} }}\n'
        if n % 10 == 0:
            text += "lfe = -12\n"
    (folder / "song.toml").write_text(text)
    return folder / "song.toml"


def media_info(path):
    """Conformance errors that MediaInfo finds, and the profile it sees."""
    tracks = json.loads(MediaInfo.parse(str(path), full=True, output="JSON"))["media"]["track"]
    errors, profile = [], None
    for track in tracks:
        extra = track.get("extra", {})
        errors += [extra[key] for key in extra if key.startswith("ConformanceErrors")]
        profile = extra.get("AdmProfile", profile)
    return errors, profile


def judge(umbel, source, output, kind, options=(), hear=False, decode=False):
    """Exports and judges one master."""
    umbel._run(["export", kind, source, "-o", output, "-f", "-q", *options], timeout=600)
    atmos = kind == "adm-atmos"
    for violation in violations(output, atmos):
        fault(f"{output.name} {kind} {options}: {violation}")
    errors, profile = media_info(output)
    with output.open("rb") as file:
        bw64 = file.read(4) == b"BW64"
    # It takes the sizes of a small BW64 file for wrong.
    if errors and not bw64:
        fault(f"{output.name} {kind} {options}: MediaInfo: {json.dumps(errors)[:400]}")
    if atmos and "Dolby Atmos Master" not in (profile or ""):
        fault(f"{output.name}: MediaInfo takes it for {profile}")
    if not wavinfo.WavInfoReader(str(output)).adm:
        fault(f"{output.name}: wavinfo finds no ADM")
    if hear:
        compare(umbel, source, output)
    if decode:
        probe = subprocess.run(["ffmpeg", "-v", "error", "-i", output, "-c", "copy", "-f", "null", "-"], capture_output=True, timeout=300)
        if probe.returncode or probe.stderr:
            fault(f"{output.name}: ffmpeg: {probe.stderr.decode()[:200]}")


def compare(umbel, source, master):
    """The EBU renderer hears in the master what we hear in the source."""
    for layout in ("0+5+0", "4+7+0", "9+10+3"):
        _, _, theirs = ear_render(master, layout)
        _, ours = umbel.render(source, layout, master.with_suffix(f".{layout}.wav"), timeout=300)
        if theirs.shape != ours.shape:
            fault(f"{master.name} {layout}: {theirs.shape} and {ours.shape}")
            continue
        apart = 20 * math.log10(np.abs(theirs - ours).max() + 1e-12)
        print(f"  {master.name} {layout}: {apart:.1f} dBFS apart")
        if apart > -90:
            fault(f"{master.name} {layout}: {apart:.1f} dBFS apart")


def tracks(path):
    """The tracks of a WAV file, each as its bytes."""
    content = path.read_bytes()
    at, depth, channels, samples = 12, 0, 0, b""
    while at + 8 <= len(content):
        size = struct.unpack_from("<I", content, at + 4)[0]
        if content[at : at + 4] == b"fmt ":
            channels, depth = struct.unpack_from("<H", content, at + 10)[0], struct.unpack_from("<H", content, at + 22)[0]
        elif content[at : at + 4] == b"data":
            samples = content[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    frames = np.frombuffer(samples, np.uint8).reshape(-1, channels, depth // 8)
    return [frames[:, channel].tobytes() for channel in range(channels)]


def kept(umbel, source, output, kind):
    """Exported, and the export exported again: all positions to 1e-6, all tracks bit for bit."""
    again = output.with_name("again.wav")
    umbel._run(["export", kind, source, "-o", output, "-f", "-q"], timeout=600)
    umbel._run(["export", kind, output, "-o", again, "-f", "-q"], timeout=600)
    objects = [json.loads(umbel._run(["export", "json", path, "-q"]))["objects"] for path in (source, output, again)]
    # Beds may have got silent channels; objects are in order.
    objects = [[entry for entry in all if entry["type"] == "object"] for all in objects]
    positions = [
        [[[block[axis] for axis in "xyz"] for block in entry["blocks"]] for entry in all] for all in objects
    ]
    counts = [[len(entry) for entry in all] for all in positions]
    if counts[0] != counts[1] or counts[0] != counts[2]:
        fault(f"{source.name} {kind}: {counts} blocks")
        return
    first, *others = [np.array([p for entry in all for p in entry]) for all in positions]
    apart = max(np.abs(first - other).max() for other in others)
    print(f"  {source.name} {kind}: {sum(counts[0])} blocks of objects, positions within {apart:.1e}")
    if apart > 1e-6:
        fault(f"{source.name} {kind}: positions {apart} apart")
    was, *became = [tracks(path) for path in (source, output, again)]
    for samples in became:
        silent = bytes(len(was[0]))
        sounding = [track for track in samples if track != silent]
        if sounding != [track for track in was if track != silent]:
            fault(f"{source.name} {kind}: the samples are others")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("umbel")
    parser.add_argument("--shared", type=pathlib.Path)
    parser.add_argument("--thorough", action="store_true")
    arguments = parser.parse_args()
    umbel = Umbel(arguments.umbel)
    ffmpeg = shutil.which("ffmpeg") is not None
    folder = pathlib.Path(tempfile.mkdtemp())
    try:
        print("== the demo song")
        judge(umbel, DEMO, folder / "demo.wav", "adm-ebu", hear=True, decode=ffmpeg)
        judge(umbel, DEMO, folder / "demo.wav", "adm-ebu", ["--emission", "2"])
        for fps in RATES:
            judge(umbel, DEMO, folder / "demo.wav", "adm-atmos", ["--fps", fps], decode=ffmpeg)
        print("== generated sessions")
        cases = [(1, 48_000, 0.5), (11, 48_000, 3.337), (118, 48_000, 5), (11, 96_000, 2), (1, 96_000, 3.337), (118, 96_000, 0.5)]
        if arguments.thorough:
            cases += [(1, 48_000, 600), (118, 96_000, 20), (118, 48_000, 600)]
        for number, (count, rate, seconds) in enumerate(cases):
            song = session(folder, count, rate, seconds)
            name = f"{count}-{rate}-{seconds}.wav"
            judge(umbel, song, folder / name, "adm-atmos", ["--fps", RATES[number % len(RATES)]], decode=ffmpeg)
            for container in ("riff", "rf64", "bw64") if count == 11 else ("riff",):
                judge(umbel, song, folder / name, "adm-ebu", ["--container", container], hear=count <= 11 and seconds < 10)
            (folder / name).unlink()
        if arguments.shared:
            print("== real masters")
            for master in sorted(arguments.shared.glob("adm/*/*.wav")):
                judge(umbel, master, folder / master.name, "adm-atmos")
                judge(umbel, master, folder / master.name, "adm-ebu", hear=True)
                for kind in ("adm-atmos", "adm-ebu"):
                    kept(umbel, master, folder / master.name, kind)
    finally:
        shutil.rmtree(folder)
    print(f"{len(faults)} faults")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
