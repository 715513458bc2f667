"""Writes conversion.json: positions and extents from polar to Cartesian and back, as EAR 2.1.0 has them.

Every case is [azimuth, elevation, distance, width, height, depth] in degrees beside [x, y, z, width (along x),
height (along z), depth (along y)].
"""
import json
import pathlib
import random

from ear.core.objectbased.conversion import extent_cart_to_polar, extent_polar_to_cart

rng = random.Random(2127)


def to_cartesian(az, el, d, w, h, depth):
    x, y, z, sx, sy, sz = extent_polar_to_cart(az, el, d, w, h, depth)
    return [x, y, z, sx, sz, sy]


def to_polar(x, y, z, w, h, depth):
    return list(extent_cart_to_polar(x, y, z, w, depth, h))


def rounded(values):
    return [round(float(value), 12) + 0.0 for value in values]


polar = [[az, el, 1.0, 0.0, 0.0, 0.0] for az in (0, 30, -30, 70, 110, -110, 180, -180, 300, -500)
         for el in (0, 30, -30, 31, 90)]
for _ in range(40):
    size = rng.choice([0.0, 1.0, 1.0])
    polar.append([rng.uniform(-180, 180), rng.uniform(-90, 90), rng.uniform(0, 2),
                  size * rng.uniform(0, 360), size * rng.uniform(0, 360), size * rng.uniform(0, 1)])
room = [[x, y, z, 0.0, 0.0, 0.0] for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 0.5, 1)]
for _ in range(40):
    size = rng.choice([0.0, 0.57, 0.57])
    room.append([rng.uniform(-1.2, 1.2), rng.uniform(-1.2, 1.2), rng.uniform(-1.2, 1.2),
                 size * rng.random(), size * rng.random(), size * rng.random()])
polar = [rounded(case) for case in polar]
room = [rounded(case) for case in room]
lines = ["  " + json.dumps([case, rounded(to_cartesian(*case))]) for case in polar]
back = ["  " + json.dumps([case, rounded(to_polar(*case))]) for case in room]
text = ('{\n "to_cartesian": [\n' + ",\n".join(lines) + '\n ],\n "to_polar": [\n' + ",\n".join(back) + "\n ]\n}\n")
pathlib.Path(__file__).with_name("conversion.json").write_text(text)
