"""Writes point.json: gains of points and polar extents, as EAR 2.1.0 has them.

Each case is a layout, its loudspeakers (LFE left out) and which of them were moved to [azimuth, elevation];
points are [azimuth, elevation, gain, gain, ...], extents [azimuth, elevation, distance, width, height, depth,
gain, gain, ...].
"""
import json
import pathlib
import warnings

warnings.filterwarnings("ignore")
import numpy as np
from attr import evolve
from ear.core import bs2051, point_source
from ear.core.geom import PolarPosition, cart
from ear.core.objectbased.gain_calc import PolarExtentHandler

# Loudspeakers moved within their ranges; "mirror" moves those of the other side alike.
MOVED = [
    ("0+5+0", {"M+110": (120, 15), "M-110": (-100, 5)}),
    ("2+5+0", {"U+030": (45, 55), "U-030": (-38, 31)}),
    ("4+5+0", {"M+110": (100, 0), "U+030": (45, 40), "U-110": (-135, 55)}),
    ("4+5+1", {"B+000": (0, -15), "U+110": (135, 50), "M-110": (-120, 0)}),
    ("3+7+0", {"UH+180": (180, 90), "M+090": (70, 0), "M-135": (-150, 0)}),
    ("4+9+0", {"M+SC": (50, 0), "M-SC": (-50, 0), "U+045": (30, 55)}),
    ("4+9+0", {"M+SC": (5, 0), "M-SC": (-60, 0), "M+030": (40, 0)}),
    ("9+10+3", {"M+060": (45, 5), "U+180": (180, 45), "B-045": (-60, -15)}),
    ("0+7+0", {"M+030": (45, 0), "M+090": (110, 0), "M-135": (-120, 0)}),
    ("4+7+0", {"U+045": (30, 30), "U-135": (-100, 55), "M-090": (-85, 0)}),
]
ELEVATIONS = [-89.999, -60, -30, -12.5, 0, 7.5, 30, 41, 75]
EXTENTS = [
    # azimuth, elevation, distance, width, height, depth
    (0, 0, 1, 360, 360, 0),
    (30, 0, 1, 5, 0, 0),
    (-77, 20, 1, 0, 9.5, 0),
    (110, 0, 1, 10, 10, 0),
    (20, 15, 1, 40, 20, 0),
    (-135, -20, 1, 30, 200, 0),
    (170, 5, 1, 270, 45, 0),
    (60, -90, 1, 90, 10, 0),
    (12, 90, 1, 20, 120, 0),
    (0, 30, 1, 180, 90, 0),
    (45, 45, 2, 45, 45, 0),
    (-30, 10, 0.5, 0, 0, 0),
    (-30, 10, 0.05, 20, 5, 0),
    (99, 12, 0, 0, 0, 0),
    (-110, 33, 1, 0, 0, 0.4),
    (5, -33, 0.2, 60, 30, 1),
    (150, 50, 1.5, 15, 60, 0.8),
]


def directions(layout):
    for channel in layout.channels:
        place = channel.polar_position
        yield place.azimuth, place.elevation
        yield place.azimuth, (place.elevation - 29) / 2
    yield 0, 90
    yield 33, -90
    for i, elevation in enumerate(ELEVATIONS):
        for azimuth in np.arange(-180, 180, 45) + 7 * i:
            yield float(azimuth), elevation


def rounded(gains):
    return [int(g) if g == int(g) else float(g) for g in np.round(gains, 8)]


def case(layout, moved):
    layout = layout.without_lfe
    channels = [
        evolve(c, polar_position=PolarPosition(*moved[c.name], 1.0)) if c.name in moved else c
        for c in layout.channels
    ]
    layout = evolve(layout, channels=channels)
    panner = point_source.configure(layout)
    extents = PolarExtentHandler(panner)
    points = [[az, el, *rounded(panner.handle(cart(az, el, 1)))] for az, el in directions(layout)]
    if moved:
        points = points[::3]
    sized = EXTENTS[::4] if moved else EXTENTS
    return {
        "layout": layout.name,
        "channels": layout.channel_names,
        "moved": moved,
        "points": points,
        "extents": [
            [*e, *rounded(extents.handle(cart(*e[:3]), *e[3:]))] for e in sized
        ],
    }


def show(value):
    return json.dumps(value, separators=(",", ":"))


cases = [case(bs2051.get_layout(name), {}) for name in bs2051.layout_names]
cases += [case(bs2051.get_layout(name), moved) for name, moved in MOVED]
lines = []
for c in cases:
    head = show({k: c[k] for k in ("layout", "channels", "moved")})[:-1]
    rows = {k: ",\n".join(map(show, c[k])) for k in ("points", "extents")}
    lines.append(head + ',"points":[\n' + rows["points"] + '\n],"extents":[\n' + rows["extents"] + "\n]}")
text = "[\n" + ",\n".join(lines) + "\n]\n"
pathlib.Path(__file__).with_name("point.json").write_text(text)
