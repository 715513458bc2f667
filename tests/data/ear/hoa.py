"""Writes hoa.json: HOA decoders for the ten systems of BS.2051, as EAR 2.1.0 designs them.

A decoder is [components (order, degree), normalization, one row of gains for each channel that is no LFE].
"""
import json
import pathlib

from ear.core import bs2051
from ear.core.metadata_input import HOATypeMetadata
from ear.core.scenebased.design import HOADecoderDesign


def full(order):
    return [(n, m) for n in range(order + 1) for m in range(-n, n + 1)]


horizontal = [(n, m) for n in range(4) for m in sorted({-n, n})]
out_of_order = [(2, 1), (0, 0), (1, 1), (1, -1), (2, 0)]
fields = [(full(1), "SN3D"), (full(2), "FuMa"), (full(3), "SN3D"), (horizontal, "N3D"), (out_of_order, "SN3D")]
lines = []
for name in bs2051.layout_names:
    layout = bs2051.get_layout(name).without_lfe
    design = HOADecoderDesign(layout)
    decoders = []
    for components, normalization in fields:
        orders, degrees = zip(*components)
        matrix = design.design(HOATypeMetadata(orders=list(orders), degrees=list(degrees), normalization=normalization))
        rows = {label: [round(float(gain), 6) + 0.0 for gain in row]
                for label, row in zip(layout.channel_names, matrix)}
        decoders.append("  " + json.dumps([components, normalization, rows]))
    lines.append(f' "{name}": [\n' + ",\n".join(decoders) + "\n ]")
pathlib.Path(__file__).with_name("hoa.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
