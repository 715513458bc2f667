"""Loudspeaker layouts for both programs: the ten of BS.2051, as they are and with moved speakers."""

import io
import random
from pathlib import Path

from ear.core import bs2051
from ear.core.layout import load_real_layout

NAMES = list(bs2051.layout_names)


def moved_positions(name, seed):
    """(azimuth, elevation) of every speaker of the layout but LFEs, anywhere in its allowed range."""
    rng = random.Random(f"{name} {seed}")
    positions = {}
    for channel in bs2051.get_layout(name).channels:
        if channel.is_lfe:
            continue
        right, left = channel.az_range
        if channel.name in ("M+SC", "M-SC"):
            # BS.2127: a screen speaker is either beside the centre or outside M+-030, nowhere between.
            near, far = rng.choice([(5, 25), (35, 60)])
            sign = 1 if channel.name == "M+SC" else -1
            azimuth = sign * rng.uniform(near, far)
        else:
            span = (left - right) % 360
            azimuth = (right + rng.uniform(0, span) + 180) % 360 - 180
        elevation = rng.uniform(*channel.el_range)
        positions[channel.name] = (round(azimuth, 3), round(elevation, 3))
    return positions


def real_layout_yaml(name, positions, screen=None):
    """The text of a speakers file as EAR reads it; `screen`: lines of its screen, already in YAML."""
    lines = ["speakers:"]
    for index, channel in enumerate(bs2051.get_layout(name).channels):
        lines.append(f"  - channel: {index}")
        lines.append(f"    names: '{channel.name}'")
        if channel.name in positions:
            azimuth, elevation = positions[channel.name]
            lines.append(f"    position: {{az: {azimuth}, el: {elevation}, r: 1.0}}")
    text = "\n".join(lines) + "\n"
    return text + screen if screen else text


def ear_layout(name, positions=None):
    """EAR's layout; with `positions` the speakers stand there instead of at their nominal places."""
    layout = bs2051.get_layout(name)
    if positions is None:
        return layout
    real = load_real_layout(io.StringIO(real_layout_yaml(name, positions)))
    layout, _ = layout.with_real_layout(real)
    layout.check_positions(callback=_refuse)
    return layout


def _refuse(message):
    raise ValueError(message)


def umbel_layout_file(name, positions, folder, seed):
    """Writes the moved layout as umbel reads it and returns the path."""
    rows = []
    for channel in bs2051.get_layout(name).channels:
        if channel.is_lfe:
            rows.append(f'  {{ label = "{channel.name}", lfe = true }},')
        else:
            azimuth, elevation = positions[channel.name]
            rows.append(f'  {{ label = "{channel.name}", az = {azimuth}, el = {elevation} }},')
    path = Path(folder) / f"{name}-moved-{seed}.toml"
    path.write_text(f'name = "{name} moved {seed}"\nspeakers = [\n' + "\n".join(rows) + "\n]\n")
    return str(path)
