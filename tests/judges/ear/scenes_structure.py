"""Masters whose structure matters: programmes, nesting, sharing, matrices, importance."""

from ear.fileio.adm.builder import ADMBuilder
from ear.fileio.adm.elements import AudioBlockFormatMatrix, MatrixCoefficient
from masters import MATRIX, OBJECTS, SPEAKERS, Scene, begin, block, polar, scene, speaker, time
from scenes_channels import common_bed


@scene
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


@scene
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


@scene
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


@scene
def shared_track():
    """Several objects play one track; two objects refer to the same track UID and format."""
    builder = begin()
    for azimuth in (20, -100):
        builder.create_item_mono(OBJECTS, 0, "same track", block_formats=[block(None, None, polar(azimuth, 0))])
    made = builder.create_format_mono(
        OBJECTS, "format", [block("0", "0.1", polar(0, 60)), block("0.1", "0.1", polar(90, 0))]
    )
    first = builder.create_item_mono_from_format(made, 1, "first")
    second = builder.create_item_mono_from_format(made, 0, "same format")
    second.audio_object.start = time("0.05")
    again = builder.create_object(audioObjectName="same UID", parent=builder.last_content, start=time("0.02"))
    again.audioPackFormats.append(made.pack_format)
    again.audioTrackUIDs.append(first.track_uids[0])
    return Scene(builder, 2, seconds=0.3)


@scene
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
    return builder.create_format_multichannel(SPEAKERS, name, [[speaker("M+030", 30, 0)], [speaker("M-030", -30, 0)]])


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


@scene
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


@scene
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


@scene
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


@scene
def no_programme():
    """Objects alone: all that no other object holds are played."""
    builder = ADMBuilder()
    outer = builder.create_object(parent=None, audioObjectName="outer")
    for track, parent in enumerate((outer, None)):
        builder.create_item_mono(
            OBJECTS, track, f"object {track}", parent=parent, block_formats=[block(None, None, polar(70 * track, 0))]
        )
    return Scene(builder, 2, seconds=0.2)


@scene
def tracks_only():
    """No objects: every track of chna is played, here of the common pack 5.1."""
    scene = common_bed("AP_00010003", seconds=0.2)
    adm = scene.builder.adm
    for elements in (adm.audioProgrammes, adm.audioContents, adm.audioObjects):
        elements.clear()
    scene.axml = False
    return scene
