"""ADM masters for the judge, made with EAR's own builder and writer.

Each function of `SCENES` describes one file; `write` puts it on disk. Tracks carry noise of their own, so that every gain and
every frame shows in the result.
"""

import random
from fractions import Fraction

import cases
import lxml.etree
import numpy as np
import reference
from attr import attrib, attrs
from ear.common import CartesianPosition, CartesianScreen, PolarPosition, PolarScreen
from ear.fileio import openBw64
from ear.fileio.adm.builder import ADMBuilder
from ear.fileio.adm.chna import populate_chna_chunk
from ear.fileio.adm.elements import (
    AudioBlockFormatDirectSpeakers,
    AudioBlockFormatMatrix,
    AudioBlockFormatObjects,
    BoundCoordinate,
    CartesianZone,
    ChannelLock,
    DirectSpeakerCartesianPosition,
    DirectSpeakerPolarPosition,
    Frequency,
    JumpPosition,
    MatrixCoefficient,
    ObjectCartesianPosition,
    ObjectDivergence,
    ObjectPolarPosition,
    PolarZone,
    ScreenEdgeLock,
    TypeDefinition,
)
from ear.fileio.adm.generate_ids import generate_ids
from ear.fileio.adm.xml import adm_to_xml
from ear.fileio.bw64.chunks import ChnaChunk, FormatInfoChunk

OBJECTS, SPEAKERS, MATRIX = TypeDefinition.Objects, TypeDefinition.DirectSpeakers, TypeDefinition.Matrix


@attrs
class Scene:
    """A master and how to render it."""

    builder = attrib()
    tracks = attrib()
    seconds = attrib(default=1.0)
    rate = attrib(default=48000)
    bits = attrib(default=24)
    # Peak of the noise on a track.
    level = attrib(default=0.1)
    # Renderings: arguments of `render.py` by name, beside the plain one.
    selections = attrib(factory=dict)
    # False: no axml chunk at all, only common definitions through chna.
    axml = attrib(default=True)
    # The sound field's decoders differ by their point sets, see docs.
    sound_field = attrib(default=False)


def begin(name="programme", common=False, **programme):
    builder = ADMBuilder()
    if common:
        builder.load_common_definitions()
    builder.create_programme(audioProgrammeName=name, **programme)
    builder.create_content(audioContentName="content")
    return builder


def time(text):
    """A time as it stands in the file."""
    return Fraction(str(text))


def polar(azimuth, elevation, distance=1.0, **lock):
    return ObjectPolarPosition(azimuth, elevation, distance, screenEdgeLock=ScreenEdgeLock(**lock))


def in_room(x, y, z, **lock):
    return ObjectCartesianPosition(x, y, z, screenEdgeLock=ScreenEdgeLock(**lock))


def somewhere(rng, distance=1.0):
    return polar(round(rng.uniform(-180, 180), 4), round(rng.uniform(-90, 90), 4), distance)


def block(rtime, duration, position, **others):
    return AudioBlockFormatObjects(
        rtime=None if rtime is None else time(rtime),
        duration=None if duration is None else time(duration),
        position=position,
        cartesian=isinstance(position, ObjectCartesianPosition),
        **others,
    )


def jump(length=None):
    return JumpPosition(flag=True, interpolationLength=None if length is None else time(length))


def chain(times, position, **others):
    """Blocks from each time to the next; `position` and `others` may be functions of the block's number."""

    def value(of, index):
        return of(index) if callable(of) else of

    return [
        block(
            start,
            time(end) - time(start),
            value(position, index),
            **{key: value(other, index) for key, other in others.items()},
        )
        for index, (start, end) in enumerate(zip(times, times[1:]))
    ]


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
    for track, (begin, duration, blocks) in enumerate(plans):
        item = builder.create_item_mono(OBJECTS, track, f"object {track}", block_formats=blocks)
        item.audio_object.start = None if begin is None else time(begin)
        item.audio_object.duration = None if duration is None else time(duration)
    for begin, duration in (("0.4", "0.3"), ("0.2", None)):
        track += 1
        item = builder.create_item_mono(
            SPEAKERS,
            track,
            f"speaker {track}",
            block_formats=[speaker("M+030", 30, 0)],
        )
        item.audio_object.start = time(begin)
        item.audio_object.duration = None if duration is None else time(duration)
    return Scene(builder, 8)


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


def diffuse_only():
    """Fully diffuse sound that plays up to the last frame: its tail is cut."""
    builder = begin()
    builder.create_item_mono(OBJECTS, 0, "object", block_formats=[block(None, None, polar(20, 10), diffuse=1.0, width=60)])
    builder.create_item_mono(SPEAKERS, 1, "speaker", block_formats=[speaker("M+030", 30, 0)])
    return Scene(builder, 2, seconds=0.3)


def speaker(label, azimuth, elevation, distance=1.0, **others):
    def bound(value):
        return value if isinstance(value, BoundCoordinate) else BoundCoordinate(float(value))

    return AudioBlockFormatDirectSpeakers(
        speakerLabel=[label] if isinstance(label, str) else label,
        position=DirectSpeakerPolarPosition(
            bounded_azimuth=bound(azimuth), bounded_elevation=bound(elevation), bounded_distance=bound(distance)
        ),
        **others,
    )


def _common_bed(pack_id, **scene):
    """A bed of a common-definitions pack."""
    builder = begin(common=True)
    adm = builder.adm
    pack = adm[pack_id]
    channels, inner = [], [pack]
    while inner:
        # Packs of sound fields hold the pack of the order below.
        innermost = inner.pop()
        channels = innermost.audioChannelFormats + channels
        inner += innermost.audioPackFormats
    tracks = []
    for channel in channels:
        [stream] = [s for s in adm.audioStreamFormats if s.audioChannelFormat is channel]
        tracks.append(next(t for t in adm.audioTrackFormats if t.audioStreamFormat is stream))
    bed = ADMBuilder.Format(channel_formats=channels, track_formats=tracks, pack_format=pack, stream_formats=[])
    builder.create_item_multichannel_from_format(bed, list(range(len(tracks))), "bed")
    return Scene(builder, len(tracks), **scene)


def bed_5_1():
    return _common_bed("AP_00010003")


def bed_22_2():
    return _common_bed("AP_00010009", seconds=0.5, level=0.05)


def bed_7_1_4():
    return _common_bed("AP_00010017", seconds=0.5)


def bed_10_2():
    """The pack of 3+7+0, with two LFEs, at 96 kHz."""
    return _common_bed("AP_00010007", seconds=0.5, rate=96000)


def common_sound_field():
    """A common-definitions pack of second order."""
    return _common_bed("AP_00040002", seconds=0.5, level=0.05, sound_field=True)


def partial_sound_field():
    """Third order around, first order up: a common-definitions pack that lacks components."""
    return _common_bed("AP_00040211", seconds=0.5, level=0.05, sound_field=True)


def custom_bed():
    """Labels of several kinds, bounds, frequencies, Cartesian positions, blocks in time."""
    builder = begin()

    def bound(value, low=None, high=None):
        return BoundCoordinate(float(value), min=low, max=high)

    def box(x, y, z, labels=()):
        return AudioBlockFormatDirectSpeakers(
            speakerLabel=list(labels),
            position=DirectSpeakerCartesianPosition(bounded_X=x, bounded_Y=y, bounded_Z=z),
        )

    channels = [
        ([speaker("urn:itu:bs:2051:0:speaker:M+030", 30, 0)], None),
        ([speaker(["Left", "U-045", "U-030"], -45, 30)], None),
        ([speaker([], bound(100, 85.0, 115.0), bound(0, 0.0, 20.0))], None),
        ([speaker([], bound(-140, -160.0, -105.0), bound(0, -5.0, 5.0), bound(1.0, 0.5, 1.5))], None),
        ([speaker([], 77.5, 12)], None),
        ([speaker("LFE", 0, -30)], Frequency(lowPass=120.0)),
        ([speaker([], 0, -30)], Frequency(lowPass=100.0)),
        ([speaker("LFER", 20, -30)], None),
        ([speaker("M+000", 0, 0)], Frequency(lowPass=100.0)),
        ([box(bound(0.3), bound(0.9), bound(0.4))], None),
        ([box(bound(-1, -1.0, -0.9), bound(-0.8, -1.0, 0.2), bound(0, -0.1, 0.1))], None),
        ([speaker("M-110", -110, 0, rtime=time("0.1"), duration=time("0.2")),
          speaker("T+000", 0, 90, rtime=time("0.3"), duration=time("0.1")),
          speaker([], 60, 20, rtime=time("0.6"), duration=time("0.3"))], None),
    ]  # fmt: skip
    made = builder.create_format_multichannel(SPEAKERS, "bed", [blocks for blocks, _ in channels])
    for channel, (_, frequency) in zip(made.channel_formats, channels):
        if frequency is not None:
            channel.frequency = frequency
    builder.create_item_multichannel_from_format(made, list(range(len(channels))), "bed")
    return Scene(builder, len(channels))


def _sound_field(order, normalization="SN3D", **options):
    builder = begin()
    components = [(n, m) for n in range(order + 1) for m in range(-n, n + 1)]
    # Tracks need not be in ACN order. (EAR makes FuMa's factors integers unless component 0 comes first.)
    components = components[:1] + components[:0:-1]
    item = builder.create_item_hoa(
        list(range(len(components))),
        [n for n, _ in components],
        [m for _, m in components],
        "field",
        normalization=normalization,
        **options,
    )
    scene = Scene(builder, len(components), seconds=0.5, level=0.05, sound_field=True)
    return scene, item


def sound_field_1():
    return _sound_field(1)[0]


def sound_field_2():
    """Begins and ends with its object; blocks carry times."""
    scene, item = _sound_field(2, rtime=time("0.05"), duration=time("0.2"))
    item.audio_object.start = time("0.1")
    item.audio_object.duration = time("0.3")
    return scene


def sound_field_3():
    return _sound_field(3)[0]


def sound_field_3_n3d():
    return _sound_field(3, "N3D")[0]


def sound_field_2_fuma():
    return _sound_field(2, "FuMa")[0]


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


def programmes():
    """Two programmes that share a content; a group of complementary objects with one default."""
    builder = begin("first")
    shared = builder.last_content

    def item(track, azimuth, parent):
        blocks = [block(None, None, polar(azimuth, 0))]
        return builder.create_item_mono(OBJECTS, track, f"object {track}", parent=parent, block_formats=blocks)

    item(0, 10, shared)
    languages = [item(1, 40, shared), item(2, -40, shared), item(3, 90, shared)]
    languages[0].audio_object.audioComplementaryObjects = [other.audio_object for other in languages[1:]]
    builder.create_programme(audioProgrammeName="second").audioContents.append(shared)
    item(4, 150, builder.create_content(audioContentName="only in the second"))
    return Scene(
        builder,
        5,
        seconds=0.2,
        selections={
            "second programme": {"programme": "APR_1002"},
            "second language": {"complementary": ["AO_1003"]},
            "both": {"programme": "APR_1002", "complementary": ["AO_1004"]},
        },
    )


def nested_objects():
    """Objects within objects; the innermost one gives the times."""
    builder = begin()
    outer = builder.create_object(audioObjectName="outer", start=time("0.1"), duration=time("0.1"))
    inner = builder.create_object(audioObjectName="inner", parent=outer, importance=3)
    for track, parent in enumerate((outer, inner, builder.last_content)):
        item = builder.create_item_mono(
            OBJECTS, track, f"object {track}", parent=parent, block_formats=[block(None, None, polar(60 * track, 5))]
        )
        if track == 1:
            item.audio_object.start = time("0.05")
    return Scene(builder, 3, seconds=0.3)


def several_channels():
    """An Objects pack of two channels, and a pack within a pack."""
    builder = begin()
    stereo = builder.create_format_multichannel(
        OBJECTS, "pair", [[block(None, None, polar(50, 0))], [block(None, None, polar(-50, 0), width=30)]]
    )
    builder.create_item_multichannel_from_format(stereo, [1, 0], "pair")
    outer = builder.create_format_multichannel(OBJECTS, "outer", [[block(None, None, polar(0, 40))]])
    inner = builder.create_format_multichannel(OBJECTS, "inner", [[block(None, None, polar(170, 0))]])
    outer.pack_format.audioPackFormats.append(inner.pack_format)
    both = ADMBuilder.Format(
        channel_formats=[],
        track_formats=outer.track_formats + inner.track_formats,
        pack_format=outer.pack_format,
        stream_formats=[],
    )
    builder.create_item_multichannel_from_format(both, [2, 3], "nested")
    return Scene(builder, 4, seconds=0.2)


def shared_track():
    """Several objects play one track; two objects refer to the same track UID and format."""
    builder = begin()
    for azimuth in (20, -100):
        builder.create_item_mono(OBJECTS, 0, "same track", block_formats=[block(None, None, polar(azimuth, 0))])
    made = builder.create_format_mono(OBJECTS, "format", [block("0", "0.1", polar(0, 60)), block("0.1", "0.1", polar(90, 0))])
    first = builder.create_item_mono_from_format(made, 1, "first")
    second = builder.create_item_mono_from_format(made, 0, "same format")
    second.audio_object.start = time("0.05")
    again = builder.create_object(audioObjectName="same UID", parent=builder.last_content, start=time("0.02"))
    again.audioPackFormats.append(made.pack_format)
    again.audioTrackUIDs.append(first.track_uids[0])
    return Scene(builder, 2, seconds=0.3)


def importance():
    """Importance of objects, packs and blocks."""
    builder = begin()
    for track, (of_object, of_pack, of_block) in enumerate(
        [(None, None, 10), (3, None, 10), (10, 4, 10), (None, None, 2), (8, 8, 8), (5, 5, 5)]
    ):
        item = builder.create_item_mono(
            OBJECTS,
            track,
            f"object {track}",
            block_formats=[
                block("0", "0.1", polar(30 * track, 0)),
                block("0.1", "0.1", polar(30 * track, 20), importance=of_block),
                block("0.2", "0.1", polar(30 * track, 40)),
            ],
        )
        item.audio_object.importance = of_object
        item.pack_format.importance = of_pack
    return Scene(
        builder,
        6,
        seconds=0.3,
        selections={f"importance {threshold}": {"importance": threshold} for threshold in (3, 5, 9)},
    )


def _stereo_format(builder, name):
    return builder.create_format_multichannel(
        SPEAKERS, name, [[speaker("M+030", 30, 0)], [speaker("M-030", -30, 0)]]
    )


def _matrix_format(builder, name, rows, outputs=None):
    """A matrix pack; a row is a list of (channel, gain, delay in ms)."""
    blocks = [
        [
            AudioBlockFormatMatrix(
                outputChannelFormat=outputs[index] if outputs else None,
                matrix=[MatrixCoefficient(inputChannelFormat=c, gain=g, delay=d) for c, g, d in row],
            )
        ]
        for index, row in enumerate(rows)
    ]
    return builder.create_format_multichannel(MATRIX, name, blocks)


def matrix_direct():
    """A matrix pack with input and output pack, from tracks of its input's format; one coefficient has a delay."""
    builder = begin()
    source, target = _stereo_format(builder, "source"), _stereo_format(builder, "target")
    (left, right), outputs = source.channel_formats, target.channel_formats
    matrix = _matrix_format(
        builder, "matrix", [[(left, 0.5, None), (right, 0.25, 1.5)], [(right, -0.7, None)]], outputs
    )
    matrix.pack_format.inputPackFormat = source.pack_format
    matrix.pack_format.outputPackFormat = target.pack_format
    builder.create_item_multichannel_from_format(matrix, [0, 1], "decoded before")
    tracks = ADMBuilder.Format(
        channel_formats=[], track_formats=source.track_formats, pack_format=source.pack_format, stream_formats=[]
    )
    item = builder.create_item_multichannel_from_format(tracks, [2, 3], "to be decoded")
    item.audio_object.audioPackFormats = [matrix.pack_format]
    for uid in item.track_uids:
        uid.audioPackFormat = matrix.pack_format
    return Scene(builder, 4, seconds=0.2)


def matrix_mid_side():
    """Encoded to mid and side, decoded on playing; and the decoder alone on encoded tracks."""
    builder = begin()
    source, target = _stereo_format(builder, "source"), _stereo_format(builder, "target")
    left, right = source.channel_formats
    encode = _matrix_format(
        builder, "encode", [[(left, 0.5, None), (right, 0.5, None)], [(left, 0.5, None), (right, -0.5, 0.3)]]
    )
    encode.pack_format.inputPackFormat = source.pack_format
    mid, side = encode.channel_formats
    decode = _matrix_format(
        builder,
        "decode",
        [[(mid, 1.0, None), (side, 1.0, None)], [(mid, 1.0, None), (side, -1.0, None)]],
        target.channel_formats,
    )
    decode.pack_format.outputPackFormat = target.pack_format
    decode.pack_format.encodePackFormats = [encode.pack_format]

    def play(format, pack, tracks, name):
        tracks_of = ADMBuilder.Format(
            channel_formats=[], track_formats=format.track_formats, pack_format=pack, stream_formats=[]
        )
        item = builder.create_item_multichannel_from_format(tracks_of, tracks, name)
        item.audio_object.audioPackFormats = [decode.pack_format]

    play(encode, decode.pack_format, [0, 1], "encoded")
    play(source, encode.pack_format, [2, 3], "encode and decode")
    play(decode, decode.pack_format, [4, 5], "decoded before")
    return Scene(builder, 6, seconds=0.2)


def silent_track():
    """A bed whose second channel has no track (ATU_00000000)."""
    builder = begin()
    bed = builder.create_format_multichannel(
        SPEAKERS, "bed", [[speaker("M+030", 30, 0)], [speaker("M-030", -30, 0)], [speaker("M+000", 0, 0)]]
    )
    item = builder.create_item_multichannel_from_format(bed, [0, 1, 2], "bed")
    item.audio_object.audioTrackUIDs[1] = None
    builder.adm.audioTrackUIDs.remove(item.track_uids[1])
    return Scene(builder, 3, seconds=0.2)


def no_programme():
    """Objects alone: all that no other object holds are played."""
    builder = ADMBuilder()
    outer = builder.create_object(parent=None, audioObjectName="outer")
    for track, parent in enumerate((outer, None)):
        builder.create_item_mono(
            OBJECTS, track, f"object {track}", parent=parent, block_formats=[block(None, None, polar(70 * track, 0))]
        )
    return Scene(builder, 2, seconds=0.2)


def tracks_only():
    """No objects: every track of chna is played, here of the common pack 5.1."""
    scene = _common_bed("AP_00010003", seconds=0.2)
    adm = scene.builder.adm
    for elements in (adm.audioProgrammes, adm.audioContents, adm.audioObjects):
        elements.clear()
    scene.axml = False
    return scene


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


def any_objects(seed):
    """Objects with any features, sizes and times."""
    rng = random.Random(f"any objects {seed}")
    screen = cases.screen(rng)
    builder = begin(referenceScreen=reference.screen(screen))
    for track in range(6):
        times = sorted({"0", *(f"{rng.uniform(0, 0.4):.{rng.choice([2, 5])}f}" for _ in range(5))}, key=float)
        blocks = []
        for start, end in zip(times, times[1:]):
            [case] = cases.combinations(rng, 1)
            if "x" in case and "depth" in case:
                # EAR swaps the two, see `reference.object_block`.
                case["height"] = case["depth"]
            length = time(end) - time(start)
            jumps = rng.random() < 0.6
            made = reference.object_block(case)
            made.rtime = time(start)
            made.duration = length * rng.choice([1, 1, 1, Fraction(1, 2)])
            if jumps:
                whole = made.duration
                made.jumpPosition = jump(rng.choice([None, 0, whole / 2 if whole * 100000 % 2 == 0 else 0]))
            blocks.append(made)
        item = builder.create_item_mono(OBJECTS, track, f"object {track}", block_formats=blocks)
        if rng.random() < 0.5:
            item.audio_object.start = time(f"{rng.uniform(0, 0.1):.5f}")
    return Scene(builder, 6, seconds=0.5, rate=rng.choice([44100, 48000, 96000]))


def any_bed(seed):
    """Channels with any labels, bounds, bands and screen edges."""
    rng = random.Random(f"any bed {seed}")
    builder = begin()
    chosen = cases.speaker_labels(rng, 8) + cases.speaker_bounds(rng, 4)
    made = builder.create_format_multichannel(SPEAKERS, "bed", [[reference.speaker_block(case)] for case in chosen])
    for channel, case in zip(made.channel_formats, chosen):
        channel.frequency = Frequency(lowPass=case.get("low_pass"), highPass=case.get("high_pass"))
    builder.create_item_multichannel_from_format(made, list(range(len(chosen))), "bed")
    return Scene(builder, len(chosen), seconds=0.1)


# Drawn from a seed: "any_objects 3".
DRAWN = {"any_objects": any_objects, "any_bed": any_bed}


def scene(name):
    """The scene of that name."""
    if name in SCENES:
        return SCENES[name]()
    kind, seed = name.split()
    return DRAWN[kind](seed)


SCENES = {
    function.__name__: function
    for function in (
        moving, jumps, gaps, between_samples, start_and_duration, diffuse_and_extent, diffuse_only, bed_5_1, bed_22_2,
        bed_7_1_4, bed_10_2, common_sound_field, partial_sound_field, custom_bed, sound_field_1, sound_field_2, sound_field_3,
        sound_field_3_n3d, sound_field_2_fuma, cartesian, polar_features, cartesian_features, programmes, nested_objects,
        several_channels, shared_track, importance, matrix_direct, matrix_mid_side, silent_track, no_programme, tracks_only,
        sixteen_bits,
    )
}  # fmt: skip


def noise(scene, name):
    """The tracks: white noise of its own on each, quantised by the writer."""
    rng = np.random.RandomState(sum(map(ord, name)))
    # A length that is no multiple of any block.
    frames = int(scene.seconds * scene.rate) + 37
    return scene.level * rng.uniform(-1, 1, (frames, scene.tracks))


def write(scene, path, samples, pretty=True):
    """Writes the master as a BW64 file; `pretty`: with line breaks in its metadata."""
    adm = scene.builder.adm
    generate_ids(adm)
    axml = lxml.etree.tostring(adm_to_xml(adm), pretty_print=pretty) if scene.axml else None
    chna = ChnaChunk()
    populate_chna_chunk(chna, adm)
    fmt = FormatInfoChunk(
        formatTag=1, channelCount=scene.tracks, sampleRate=scene.rate, bitsPerSample=scene.bits
    )
    with openBw64(str(path), "w", chna=chna, formatInfo=fmt, axml=axml) as file:
        file.write(samples)
