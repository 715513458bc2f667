"""Masters of objects: time, sizes, diffuseness, features."""

import random
from fractions import Fraction

from ear.common import CartesianPosition, CartesianScreen, PolarPosition, PolarScreen
from ear.fileio.adm.elements import CartesianZone, ChannelLock, JumpPosition, ObjectDivergence, PolarZone
from masters import (
    OBJECTS,
    SPEAKERS,
    Scene,
    begin,
    block,
    chain,
    in_room,
    jump,
    polar,
    scene,
    somewhere,
    speaker,
    time,
)


@scene
def moving():
    """Interpolation over whole blocks, at even and uneven times, with gain."""
    rng = random.Random("moving")
    builder = begin()
    for track, times in enumerate(
        [
            ["0", "0.25", "0.5", "0.75", "1"],
            ["0", "0.1", "0.13", "0.5", "0.50002", "0.99"],
            ["0.2", "0.4", "1.2"],
            ["0", "0.5", "1"],
        ]
    ):
        builder.create_item_mono(
            OBJECTS,
            track,
            f"object {track}",
            block_formats=chain(times, lambda _: somewhere(rng), gain=lambda _: round(rng.uniform(0, 1.5), 5)),
        )
    return Scene(builder, 4)


@scene
def jumps():
    """jumpPosition without and with interpolationLength, up to the whole block."""
    rng = random.Random("jumps")
    builder = begin()
    lengths = [None, "0", "0.01", "0.1", "0.005208", "0.25"]
    for track in range(3):
        builder.create_item_mono(
            OBJECTS,
            track,
            f"object {track}",
            block_formats=chain(
                ["0", "0.1", "0.35", "0.45", "0.7", "0.95"],
                lambda _: somewhere(rng),
                jumpPosition=lambda index, track=track: jump(
                    lengths[track + index] if index in (1, 3) or track < 1 else lengths[index % 3]
                ),
            ),
        )
    # Jumping and moving blocks in turn.
    builder.create_item_mono(
        OBJECTS,
        3,
        "mixed",
        block_formats=chain(
            ["0", "0.2", "0.4", "0.6", "0.8", "1"],
            lambda _: somewhere(rng),
            jumpPosition=lambda index: jump("0.05") if index % 2 else JumpPosition(),
        ),
    )
    return Scene(builder, 4)


@scene
def gaps():
    """Silence before, between and after blocks; blocks of no length."""
    rng = random.Random("gaps")
    builder = begin()
    builder.create_item_mono(
        OBJECTS,
        0,
        "gaps",
        block_formats=[
            block("0.1", "0.2", somewhere(rng)),
            block("0.3", "0.1", somewhere(rng)),
            block("0.5", "0.1", somewhere(rng)),
            block("0.600001", "0.1", somewhere(rng)),
            block("0.75", "0.1", somewhere(rng), jumpPosition=jump("0.05")),
        ],
    )
    builder.create_item_mono(
        OBJECTS,
        1,
        "no length",
        block_formats=[
            block("0", "0", somewhere(rng)),
            block("0", "0.3", somewhere(rng)),
            block("0.3", "0", somewhere(rng)),
            block("0.3", "0.3", somewhere(rng)),
            block("0.7", "0", somewhere(rng)),
            block("0.8", "0.00001", somewhere(rng)),
            block("0.80001", "0.1", somewhere(rng)),
        ],
    )
    return Scene(builder, 2)


@scene
def between_samples(rate=44100):
    """Block edges that fall between samples."""
    rng = random.Random("between samples")
    builder = begin()
    for track in range(2):
        times = ["0"]
        while Fraction(times[-1]) < Fraction(9, 10):
            step = Fraction(rng.choice([1067, 1066, 3333, 7, 1, 12345]), 100000)
            times.append(f"{float(Fraction(times[-1]) + step):.5f}")
        builder.create_item_mono(
            OBJECTS,
            track,
            f"object {track}",
            block_formats=chain(
                times,
                lambda _: somewhere(rng),
                jumpPosition=(lambda _: jump("0.00001")) if track else JumpPosition(),
            ),
        )
    return Scene(builder, 2, rate=rate)


@scene
def start_and_duration():
    """Objects that begin and end inside the programme; blocks with and without times."""
    rng = random.Random("start and duration")
    builder = begin()
    plans = [
        ("0.25", "0.5", [block("0", "0.2", somewhere(rng)), block("0.2", "0.3", somewhere(rng))]),
        ("0.33333", None, [block(None, None, somewhere(rng))]),
        ("0.1", "0.7", [block(None, None, somewhere(rng))]),
        ("0.5", "2", [block("0", "1.5", somewhere(rng)), block("1.5", "0.5", somewhere(rng))]),
        (None, None, [block(None, None, somewhere(rng))]),
        (None, "0.4", [block("0.1", "0.3", somewhere(rng))]),
    ]
    for track, (first, duration, blocks) in enumerate(plans):
        item = builder.create_item_mono(OBJECTS, track, f"object {track}", block_formats=blocks)
        item.audio_object.start = None if first is None else time(first)
        item.audio_object.duration = None if duration is None else time(duration)
    for first, duration in (("0.4", "0.3"), ("0.2", None)):
        track += 1
        item = builder.create_item_mono(
            SPEAKERS,
            track,
            f"speaker {track}",
            block_formats=[speaker("M+030", 30, 0)],
        )
        item.audio_object.start = time(first)
        item.audio_object.duration = None if duration is None else time(duration)
    return Scene(builder, 8)


@scene
def diffuse_and_extent():
    """Sizes, distances and diffuseness that change."""
    rng = random.Random("diffuse and extent")
    builder = begin()
    for track in range(4):
        builder.create_item_mono(
            OBJECTS,
            track,
            f"object {track}",
            block_formats=chain(
                ["0", "0.2", "0.5", "0.77", "1"],
                lambda _: somewhere(rng, round(rng.choice([1, rng.uniform(0, 2)]), 4)),
                width=lambda _: round(rng.choice([0, rng.uniform(0, 360)]), 3),
                height=lambda _: round(rng.choice([0, rng.uniform(0, 180)]), 3),
                depth=lambda _: round(rng.choice([0, rng.uniform(0, 1)]), 3),
                diffuse=lambda _: round(rng.choice([0, 1, rng.uniform(0, 1)]), 3),
                jumpPosition=lambda _: rng.choice([jump("0.1"), JumpPosition()]),
            ),
        )
    return Scene(builder, 4)


@scene
def diffuse_only():
    """Fully diffuse sound that plays up to the last frame: its tail is cut."""
    builder = begin()
    builder.create_item_mono(
        OBJECTS, 0, "object", block_formats=[block(None, None, polar(20, 10), diffuse=1.0, width=60)]
    )
    builder.create_item_mono(SPEAKERS, 1, "speaker", block_formats=[speaker("M+030", 30, 0)])
    return Scene(builder, 2, seconds=0.3)


@scene
def cartesian():
    """Room positions, moving, with sizes of equal depth and height."""
    rng = random.Random("cartesian")
    builder = begin()
    size = {}

    def equal(_):
        size["now"] = round(rng.choice([0, rng.uniform(0, 0.3), rng.uniform(0, 1)]), 4)
        return size["now"]

    for track in range(3):
        builder.create_item_mono(
            OBJECTS,
            track,
            f"object {track}",
            block_formats=chain(
                ["0", "0.3", "0.5", "1"],
                lambda _: in_room(*(round(rng.uniform(-1.1, 1.1), 5) for _ in range(3))),
                width=lambda _: round(rng.uniform(0, 1), 4) if track else 0.0,
                height=equal if track else 0.0,
                depth=lambda _: size["now"] if track else 0.0,
                diffuse=0.3 if track == 2 else 0.0,
                jumpPosition=jump("0.02") if track == 1 else JumpPosition(),
            ),
        )
    return Scene(builder, 3)


SCREEN = PolarScreen(aspectRatio=1.5, centrePosition=PolarPosition(5.0, 3.0, 1.0), widthAzimuth=40.0)


@scene
def polar_features():
    """Divergence, zones, channel lock and a reference screen."""
    builder = begin(referenceScreen=SCREEN)
    zone = PolarZone(minElevation=-90.0, maxElevation=90.0, minAzimuth=91.0, maxAzimuth=-91.0)
    features = [
        dict(position=polar(20, 10), objectDivergence=ObjectDivergence(0.4, azimuthRange=30.0)),
        dict(position=polar(75, 10), zoneExclusion=[zone]),
        dict(position=polar(60, 15), channelLock=ChannelLock()),
        dict(position=polar(60, 15), channelLock=ChannelLock(maxDistance=0.3)),
        dict(position=polar(15, 5), screenRef=True),
        dict(position=polar(0, 0, horizontal="right", vertical="top")),
        dict(
            position=polar(-30, 20),
            objectDivergence=ObjectDivergence(1.0),
            channelLock=ChannelLock(),
            zoneExclusion=[zone, CartesianZone(minX=0.8, maxX=1.0, minY=-0.5, maxY=0.5, minZ=-1.0, maxZ=1.0)],
            screenRef=True,
            width=20,
            diffuse=0.2,
        ),
    ]
    return _features(builder, features)


@scene
def cartesian_features():
    """The same in the room, with a Cartesian reference screen."""
    screen = CartesianScreen(aspectRatio=1.6, centrePosition=CartesianPosition(0.1, 1.0, 0.1), widthX=0.8)
    builder = begin(referenceScreen=screen)
    zone = CartesianZone(minX=-1.0, maxX=1.0, minY=-1.0, maxY=-0.2, minZ=-1.0, maxZ=1.0)
    features = [
        dict(position=in_room(0.2, 0.9, 0.1), objectDivergence=ObjectDivergence(0.4, positionRange=0.5)),
        dict(position=in_room(0.6, -0.4, 0.3), zoneExclusion=[zone]),
        dict(position=in_room(-0.6, 0.2, 0.4), channelLock=ChannelLock()),
        dict(position=in_room(0.3, 1, 0.1), screenRef=True),
        dict(position=in_room(0, 1, 0, horizontal="left", vertical="bottom")),
        dict(
            position=in_room(0.4, 0.3, 0.2),
            objectDivergence=ObjectDivergence(0.7, positionRange=0.3),
            zoneExclusion=[zone],
            screenRef=True,
            width=0.2,
            height=0.1,
            depth=0.1,
            diffuse=0.5,
        ),
    ]
    return _features(builder, features)


def _features(builder, features):
    for track, feature in enumerate(features):
        builder.create_item_mono(OBJECTS, track, f"object {track}", block_formats=[block(None, None, **feature)])
    return Scene(builder, len(features), seconds=0.3)


@scene
def sixteen_bits():
    """16 bit at 96 kHz."""
    rng = random.Random("sixteen bits")
    builder = begin()
    for track in range(2):
        builder.create_item_mono(
            OBJECTS,
            track,
            f"object {track}",
            block_formats=chain(["0", "0.1", "0.2", "0.3"], lambda _: somewhere(rng), diffuse=0.5 * track),
        )
    return Scene(builder, 2, seconds=0.3, rate=96000, bits=16)
