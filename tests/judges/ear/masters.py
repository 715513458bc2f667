"""ADM masters for the judge, made with EAR's own builder and writer: what their descriptions are put together from.

A function marked `scene` describes one file, one marked `drawn` a file for each seed; `write` puts it on disk. Tracks
carry noise of their own, so that every gain and every frame shows in the result.
"""

from fractions import Fraction

import lxml.etree
import numpy as np
from attr import attrib, attrs
from ear.fileio import openBw64
from ear.fileio.adm.builder import ADMBuilder
from ear.fileio.adm.chna import populate_chna_chunk
from ear.fileio.adm.elements import (
    AudioBlockFormatDirectSpeakers,
    AudioBlockFormatObjects,
    BoundCoordinate,
    DirectSpeakerPolarPosition,
    JumpPosition,
    ObjectCartesianPosition,
    ObjectPolarPosition,
    ScreenEdgeLock,
    TypeDefinition,
)
from ear.fileio.adm.generate_ids import generate_ids
from ear.fileio.adm.xml import adm_to_xml
from ear.fileio.bw64.chunks import ChnaChunk, FormatInfoChunk

OBJECTS, SPEAKERS, MATRIX = TypeDefinition.Objects, TypeDefinition.DirectSpeakers, TypeDefinition.Matrix


# The descriptions by name; `scenes.py` fills them.
SCENES = {}
DRAWN = {}


def scene(function):
    """Marks a function that gives one master."""
    SCENES[function.__name__] = function
    return function


def drawn(function):
    """Marks a function that gives a master for a seed."""
    DRAWN[function.__name__] = function
    return function


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
    # The point sets of the decoders of sound fields differ.
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
    fmt = FormatInfoChunk(formatTag=1, channelCount=scene.tracks, sampleRate=scene.rate, bitsPerSample=scene.bits)
    with openBw64(str(path), "w", chna=chna, formatInfo=fmt, axml=axml) as file:
        file.write(samples)
