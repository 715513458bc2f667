"""Writes objects.json: gains of polar and Cartesian objects with all that a block may say, on systems of BS.2051.

Each feature by itself, then random combinations. A case is [line, direct gains, diffuse gains]; where nothing is
diffuse the last list is empty.
"""
import json
import pathlib
import random

from block import block
from draw import FEATURES, place
from ear.core import bs2051
from ear.core.objectbased.gain_calc import GainCalc

rng = random.Random(2076)
COMBINATIONS = 6


def rounded(gains):
    return [round(float(gain), 8) + 0.0 for gain in gains] if any(gains) else []


systems = []
for name in ["0+2+0", "0+5+0", "4+5+1", "3+7+0", "4+7+0", "4+9+0", "9+10+3"]:
    calculator = GainCalc(bs2051.get_layout(name))
    cases = []
    for cartesian in (False, True):
        chosen = [[feature] for feature in FEATURES]
        chosen += [[feature for feature in FEATURES if rng.random() < 0.4] for _ in range(COMBINATIONS)]
        for features in chosen:
            line = place(rng, cartesian)
            for feature in features:
                line.update(feature(rng, cartesian))
            gains = calculator.render(block(line))
            cases.append(json.dumps([line, rounded(gains.direct), rounded(gains.diffuse)]))
    systems.append(f' "{name}": [\n  ' + ",\n  ".join(cases) + "\n ]")
pathlib.Path(__file__).with_name("objects.json").write_text("{\n" + ",\n".join(systems) + "\n}\n")
