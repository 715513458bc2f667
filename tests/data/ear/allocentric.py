"""Writes allocentric.json: gains of Cartesian points and extents on the systems of BS.2051."""
import json
import pathlib
import random

from block import block
from draw import place, size
from ear.core import bs2051
from ear.core.objectbased.gain_calc import GainCalc

rng = random.Random(2127)
systems = []
for name in bs2051.layout_names:
    calculator = GainCalc(bs2051.get_layout(name))
    cases = []
    for index in range(14):
        line = place(rng, True)
        if index >= 5:
            line.update(size(rng, True))
        if index == 13:
            line.update({key: 1.0 for key in ("width", "height", "depth")})
        gains = calculator.render(block(line)).direct
        cases.append(json.dumps([line, [round(float(gain), 8) + 0.0 for gain in gains]]))
    systems.append(f' "{name}": [\n  ' + ",\n  ".join(cases) + "\n ]")
pathlib.Path(__file__).with_name("allocentric.json").write_text("{\n" + ",\n".join(systems) + "\n}\n")
