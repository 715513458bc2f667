"""Masters of beds and sound fields."""

from ear.fileio.adm.builder import ADMBuilder
from ear.fileio.adm.elements import (
    AudioBlockFormatDirectSpeakers,
    BoundCoordinate,
    DirectSpeakerCartesianPosition,
    Frequency,
)
from masters import SPEAKERS, Scene, begin, scene, speaker, time


def common_bed(pack_id, **scene):
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


@scene
def bed_5_1():
    return common_bed("AP_00010003")


@scene
def bed_22_2():
    return common_bed("AP_00010009", seconds=0.5, level=0.05)


@scene
def bed_7_1_4():
    return common_bed("AP_00010017", seconds=0.5)


@scene
def bed_10_2():
    """The pack of 3+7+0, with two LFEs, at 96 kHz."""
    return common_bed("AP_00010007", seconds=0.5, rate=96000)


@scene
def common_sound_field():
    """A common-definitions pack of second order."""
    return common_bed("AP_00040002", seconds=0.5, level=0.05, sound_field=True)


@scene
def partial_sound_field():
    """Third order around, first order up: a common-definitions pack that lacks components."""
    return common_bed("AP_00040211", seconds=0.5, level=0.05, sound_field=True)


@scene
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


@scene
def sound_field_1():
    return _sound_field(1)[0]


@scene
def sound_field_2():
    """Begins and ends with its object; blocks carry times."""
    scene, item = _sound_field(2, rtime=time("0.05"), duration=time("0.2"))
    item.audio_object.start = time("0.1")
    item.audio_object.duration = time("0.3")
    return scene


@scene
def sound_field_3():
    return _sound_field(3)[0]


@scene
def sound_field_3_n3d():
    return _sound_field(3, "N3D")[0]


@scene
def sound_field_2_fuma():
    return _sound_field(2, "FuMa")[0]
