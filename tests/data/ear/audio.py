"""Writes audio/NAME.wav, an ADM master of 20 ms, and audio/NAME.LAYOUT.wav, what `ear-render` makes of it.

The masters are built like those of the judge (tests/judges/ear/masters.py) and touch each part of rendering: time,
polar and room positions, features, beds, sound fields, matrices and the choice of objects.
"""

import pathlib
import random
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "judges" / "ear"))

import masters  # noqa: E402
from ear.fileio.adm.elements import (  # noqa: E402
    AudioBlockFormatMatrix,
    ChannelLock,
    Frequency,
    JumpPosition,
    MatrixCoefficient,
    ObjectDivergence,
    PolarZone,
)
from masters import MATRIX, OBJECTS, SPEAKERS, begin, block, chain, in_room, jump, polar, somewhere, speaker, time  # noqa: E402
from scenes_objects import SCREEN  # noqa: E402

FRAMES = 960


def objects():
    """Polar objects: moves, jumps, a gap, edges between samples, extent, diffuseness, divergence, a zone, a screen."""
    rng = random.Random("objects")
    builder = begin(referenceScreen=SCREEN)
    items = [
        chain(["0", "0.005", "0.00833", "0.02"], lambda _: somewhere(rng), gain=lambda index: 1 - 0.3 * index),
        [
            block("0.001", "0.004", somewhere(rng)),
            block("0.005", "0.005", somewhere(rng), jumpPosition=jump("0.00201")),
            block("0.0123", "0.004", somewhere(rng), jumpPosition=JumpPosition()),
        ],
        chain(
            ["0", "0.006", "0.02"],
            lambda _: somewhere(rng, 0.8),
            width=lambda index: 60.0 * index,
            height=30.0,
            depth=0.2,
            diffuse=0.6,
        ),
        [
            block(
                None,
                None,
                polar(20, 10),
                objectDivergence=ObjectDivergence(0.4, azimuthRange=30.0),
                zoneExclusion=[PolarZone(minElevation=0.0, maxElevation=0.0, minAzimuth=0.0, maxAzimuth=0.0)],
                screenRef=True,
            )
        ],
    ]
    for track, blocks in enumerate(items):
        item = builder.create_item_mono(OBJECTS, track, f"object {track}", block_formats=blocks)
    item.audio_object.start, item.audio_object.duration = time("0.002"), time("0.011")
    return masters.Scene(builder, len(items)), "4+5+0"


def room():
    """Cartesian objects with sizes (equal height and depth), one that locks to a loudspeaker."""
    rng = random.Random("room")
    builder = begin()

    def place(_):
        return in_room(*(round(rng.uniform(-1, 1), 4) for _ in range(3)))

    items = [
        chain(["0", "0.01067", "0.02"], place),
        chain(["0", "0.01067", "0.02"], place, width=0.4, height=0.2, depth=0.2, jumpPosition=jump("0.00521")),
        [block(None, None, in_room(-0.6, 0.2, 0.4), channelLock=ChannelLock())],
    ]
    for track, blocks in enumerate(items):
        builder.create_item_mono(OBJECTS, track, f"object {track}", block_formats=blocks)
    return masters.Scene(builder, len(items)), "4+7+0"


def bed():
    """A bed with labels, a URN, a label not in the layout, an LFE, and blocks in time."""
    builder = begin()
    channels = [
        [speaker("M+030", 30, 0)],
        [speaker("urn:itu:bs:2051:0:speaker:M-110", -110, 0)],
        [speaker("U+045", 45, 30)],
        [speaker("LFE", 0, -30)],
        [
            speaker("M-030", -30, 0, rtime=time("0.002"), duration=time("0.004")),
            speaker([], 75, 0, rtime=time("0.01"), duration=time("0.004")),
        ],
    ]
    made = builder.create_format_multichannel(SPEAKERS, "bed", channels)
    made.channel_formats[3].frequency = Frequency(lowPass=120.0)
    builder.create_item_multichannel_from_format(made, list(range(len(channels))), "bed")
    return masters.Scene(builder, len(channels)), "0+5+0"


def mixed():
    """A sound field of first order, a matrix with a delay, a silent track, and complementary objects."""
    builder = begin()
    builder.create_item_hoa([0, 1, 2, 3], [0, 1, 1, 1], [0, -1, 0, 1], "field")
    source = builder.create_format_multichannel(
        SPEAKERS, "source", [[speaker("M+030", 30, 0)], [speaker("M-030", -30, 0)]]
    )
    target = builder.create_format_multichannel(
        SPEAKERS, "target", [[speaker("M+030", 30, 0)], [speaker("M-030", -30, 0)]]
    )
    left, right = source.channel_formats
    rows = [
        [MatrixCoefficient(left, gain=0.5), MatrixCoefficient(right, gain=0.25, delay=1.5)],
        [MatrixCoefficient(right, gain=-0.7)],
    ]
    matrix = builder.create_format_multichannel(
        MATRIX,
        "matrix",
        [[AudioBlockFormatMatrix(outputChannelFormat=o, matrix=r)] for o, r in zip(target.channel_formats, rows)],
    )
    matrix.pack_format.inputPackFormat = source.pack_format
    matrix.pack_format.outputPackFormat = target.pack_format
    tracks = builder.Format(
        channel_formats=[], track_formats=source.track_formats, pack_format=matrix.pack_format, stream_formats=[]
    )
    builder.create_item_multichannel_from_format(tracks, [4, 5], "matrix")
    first, second = (
        builder.create_item_mono(OBJECTS, track, f"language {track}", block_formats=[block(None, None, polar(40, 0))])
        for track in (6, 7)
    )
    first.audio_object.audioComplementaryObjects = [second.audio_object]
    silent = builder.create_item_multichannel_from_format(source, [4, 5], "half silent")
    silent.audio_object.audioTrackUIDs[1] = None
    builder.adm.audioTrackUIDs.remove(silent.track_uids[1])
    return masters.Scene(builder, 8), "0+2+0"


for make in (objects, room, bed, mixed):
    scene, layout = make()
    master = HERE / "audio" / f"{make.__name__}.wav"
    masters.write(scene, master, masters.noise(scene, make.__name__)[:FRAMES], pretty=False)
    subprocess.run(
        [
            pathlib.Path(sys.executable).with_name("ear-render"),
            "-s",
            layout,
            master,
            master.with_suffix(f".{layout}.wav"),
        ],
        check=True,
        timeout=60,
    )
