"""CPU seconds of EAR and of umbel for one master: 118 moving objects, a minute, 4 blocks a second each, to 4+7+0.

usage: speed.py UMBEL [--objects N] [--seconds S] [--layout NAME]
"""

import argparse
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import masters


def moving_objects(objects, seconds):
    """Objects that wander, with a block each quarter of a second."""
    builder = masters.begin()
    rng = random.Random("speed")
    times = [str(quarter / 4) for quarter in range(4 * seconds + 1)]
    for track in range(objects):
        builder.create_item_mono(
            masters.OBJECTS,
            track,
            f"object {track}",
            block_formats=masters.chain(times, lambda _: masters.somewhere(rng)),
        )
    return masters.Scene(builder, objects, seconds=seconds, bits=16, level=0.02)


def cpu_seconds(command, limit):
    """Runs it; user and system time of it and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, timeout=limit, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("umbel")
    parser.add_argument("--objects", type=int, default=118)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--layout", default="4+7+0")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        master = Path(folder) / "master.wav"
        scene = moving_objects(options.objects, options.seconds)
        masters.write(scene, master, masters.noise(scene, "speed"))
        ear = cpu_seconds(
            [Path(sys.executable).with_name("ear-render"), "-s", options.layout, master, Path(folder) / "ear.wav"],
            1200,
        )
        umbel = cpu_seconds(
            [
                options.umbel,
                "render",
                master,
                "-l",
                options.layout,
                "-o",
                Path(folder) / "umbel.wav",
                "--threads",
                "1",
            ],
            600,
        )
    print(
        f"{options.objects} objects, {options.seconds} s, {options.layout}: "
        f"CPU seconds of EAR {ear:.2f}, of umbel {umbel:.2f}"
    )


if __name__ == "__main__":
    main()
