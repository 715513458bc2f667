"""Writes decorrelators.json: the decorrelation filters of the ten systems of BS.2051, as EAR 2.1.0 has them.

"filters" has, for each seed, every 32nd tap and three sums that all taps enter: of tap n times 1, cos(n) and
cos(n * n). "layouts" has the first tap of every channel, LFE included.
"""
import json
import pathlib

import numpy as np
from ear.core import bs2051
from ear.core.objectbased.decorrelate import design_decorrelator_basic, design_decorrelators

n = np.arange(512.0)
filters = []
for seed in range(24):
    taps = design_decorrelator_basic(seed)
    sums = [float(taps @ weight) for weight in (np.ones(512), np.cos(n), np.cos(n * n))]
    filters.append([[round(float(tap), 12) for tap in taps[::32]], [round(s, 12) for s in sums]])
layouts = {}
for name in bs2051.layout_names:
    layout = bs2051.get_layout(name)
    first = design_decorrelators(layout)[0]
    layouts[name] = dict(zip(layout.channel_names, (round(float(tap), 12) for tap in first)))
lines = ["  " + json.dumps(one) for one in filters]
rows = [f'  "{name}": ' + json.dumps(taps) for name, taps in layouts.items()]
text = '{\n "filters": [\n' + ",\n".join(lines) + '\n ],\n "layouts": {\n' + ",\n".join(rows) + "\n }\n}\n"
pathlib.Path(__file__).with_name("decorrelators.json").write_text(text)
