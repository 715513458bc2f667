"""Writes src/panner/bs2127/facets.toml: the regions of EAR's point source panner, in its order."""
import pathlib
import warnings

warnings.filterwarnings("ignore")
import numpy as np
from attr import evolve
from ear.core import bs2051, point_source
from ear.core.geom import PolarPosition

HEAD = """\
# The regions of the point source panner of ITU-R BS.2127-0 (section 6.1.3) on the systems of ITU-R BS.2051: the
# facets of the convex hull of their nominal positions. Those round a pole ("below", "above") are one ring.
#
# Corners are loudspeakers by label, or their copies: "M+030/low" in the lower layer, "M+030/high" in the
# upper. In 4+9+0 the screen loudspeakers stand within or beyond M+030 and M-030 ("screen": left, right).
#
# The facets are what the hull gives (a test compares them); the standard leaves their order open. It matters
# where loudspeakers were moved so far that facets overlap: the first that takes a direction pans it. Here
# facets and corners are in the order of the EBU ADM Renderer 2.1.0 (scipy 1.17.1), written by
# tests/data/ear/facets.py."""


def regions(layout):
    panner = point_source.configure(layout)
    names = [channel.name for channel in layout.channels]
    extra, _ = point_source.extra_pos_vertical_nominal(
        point_source._set_screen_speaker_nominal_positions(layout)
    )
    parents = panner.downmix.argmax(axis=0)
    for k, channel in enumerate(extra):
        low = channel.polar_nominal_position.elevation < 0
        names.append(names[parents[len(layout.channels) + k]] + ("/low" if low else "/high"))
    rings = []
    facets = []
    for region in panner.psp.regions:
        corners = " ".join(names[i] for i in region.output_channels)
        (rings if isinstance(region, point_source.VirtualNgon) else facets).append(corners)
    return rings, facets


def show(layout, screen=None):
    rings, facets = regions(layout)
    lines = ["", "[[system]]", f'name = "{layout.name}"']
    if screen:
        lines.append("screen = [" + ", ".join(f'"{side}"' for side in screen) + "]")
    lines += [f'{name} = "{ring}"' for name, ring in zip(("below", "above"), rings)]
    return lines + ["facets = ["] + [f'  "{facet}",' for facet in facets] + ["]"]


text = HEAD.splitlines()
for name in bs2051.layout_names:
    layout = bs2051.get_layout(name).without_lfe
    if name == "0+2+0":
        continue  # panned as 0+5+0
    if name != "4+9+0":
        text += show(layout)
        continue
    for screen in [(l, r) for l in ("within", "beyond") for r in ("within", "beyond")]:
        azimuths = {"within": 15.0, "beyond": 45.0}
        places = {"M+SC": azimuths[screen[0]], "M-SC": -azimuths[screen[1]]}
        moved = [
            evolve(c, polar_position=PolarPosition(places[c.name], 0.0, 1.0))
            if c.name in places
            else c
            for c in layout.channels
        ]
        text += show(evolve(layout, channels=moved), screen)

root = pathlib.Path(__file__).parents[3]
(root / "src/panner/bs2127/facets.toml").write_text("\n".join(text) + "\n")
