"""Makes aac.stem.mp4 and alac.stem.mp4: `python3 make.py` (ffmpeg 5.1.9).

Four stems of swept triangles in whole numbers, and their sum as the mix. tests/stem_files.rs computes the same numbers.
"""
import json, struct, subprocess, tempfile, wave
from pathlib import Path

HERE = Path(__file__).parent
SWEEPS = [(300, 1), (700, 3), (1500, 2), (3000, 8)]


def sample(stem, channel, n):
    rate, bend = SWEEPS[stem]
    phase = ((rate + 7 * channel) * n + bend * (n * n // 64)) % 65536
    return (abs(phase - 32768) - 16384) // 4


def sound(stems, frames):
    out = bytearray()
    for n in range(frames):
        for channel in range(2):
            out += struct.pack("<h", sum(sample(stem, channel, n) for stem in stems))
    return bytes(out)


ATOM = {
    "mastering_dsp": {
        "compressor": {"enabled": True, "ratio": 3, "output_gain": 0.5, "release": 0.300000011920929,
                       "attack": 0.003000000026077032, "input_gain": 2, "threshold": -6, "hp_cutoff": 300,
                       "dry_wet": 50},
        "limiter": {"enabled": False, "release": 0.05000000074505806, "threshold": 0,
                    "ceiling": -0.3499999940395355},
    },
    "version": 1,
    "stems": [{"color": "#009E73", "name": "Drums"}, {"color": "#D55E00", "name": "Bass"},
              {"color": "#CC79A7", "name": "Synths"}, {"color": "#56B4E9", "name": "Lead Vox"}],
}


def box(data, at):
    return struct.unpack(">I4s", data[at:at + 8])


def with_atom(data):
    """Puts the atom into moov/udta, the last box of the last box, so that nothing else moves."""
    text = json.dumps(ATOM).encode()
    atom = struct.pack(">I4s", 8 + len(text), b"stem") + text
    at, found = 0, []
    for wanted in (b"moov", b"udta"):
        while box(data, at)[1] != wanted:
            at += box(data, at)[0]
        assert at + box(data, at)[0] == len(data)
        found.append(at)
        at += 8
    for at in found:
        data = data[:at] + struct.pack(">I", box(data, at)[0] + len(atom)) + data[at + 4:]
    return data + atom


with tempfile.TemporaryDirectory() as folder:
    folder = Path(folder)
    for codec, frames in [("aac", 15013), ("alac", 5003)]:
        inputs, maps = [], []
        for number, stems in enumerate([range(4), [0], [1], [2], [3]]):
            path = folder / f"{number}.wav"
            with wave.open(str(path), "wb") as out:
                out.setnchannels(2)
                out.setsampwidth(2)
                out.setframerate(44100)
                out.writeframes(sound(stems, frames))
            inputs += ["-i", path]
            maps += ["-map", str(number)]
        out = folder / "out.mp4"
        rate = ["-b:a", "128k"] if codec == "aac" else []
        subprocess.run(["ffmpeg", "-v", "error", "-y", *inputs, *maps, "-c:a", codec, *rate, "-map_metadata", "-1",
                        "-fflags", "+bitexact", "-flags:a", "+bitexact", out], check=True)
        (HERE / f"{codec}.stem.mp4").write_bytes(with_atom(out.read_bytes()))
