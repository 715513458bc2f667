"""Seeded inputs, in the form `umbel gains` and `umbel convert-position` read: one dictionary per line.

Each function gives the cases of one kind. Most values are drawn anywhere in their range; some are drawn from
`SPECIAL` values (speaker directions, poles, limits), where ties and edges lie.
"""

import math

from ear.core import bs2051
from ear.core.direct_speakers.panner import itu_packs
from ear.fileio.adm.adm import ADM
from ear.fileio.adm.common_definitions import load_common_definitions
from ear.fileio.adm.elements import DirectSpeakerPolarPosition

SPECIAL_AZIMUTHS = [0, 15, 22.5, 30, -30, 45, -45, 60, 90, -90, 110, -110, 135, -135, 150, 180, -180]
SPECIAL_ELEVATIONS = [0, 10, -10, 15, 30, -30, 45, 60, 90, -90]
SPECIAL_UNITS = [-1, -0.5, 0, 0.414214, 0.5, 1]


def _direction(rng):
    """An azimuth and an elevation, evenly over the sphere or special."""
    if rng.random() < 0.15:
        return rng.choice(SPECIAL_AZIMUTHS), rng.choice(SPECIAL_ELEVATIONS)
    return rng.uniform(-180, 180), math.degrees(math.asin(rng.uniform(-1, 1)))


def _polar(rng, distance=1.0):
    azimuth, elevation = _direction(rng)
    return {"azimuth": azimuth, "elevation": elevation, "distance": distance}


def _cartesian(rng, reach=1.0):
    def coordinate():
        return rng.choice(SPECIAL_UNITS) if rng.random() < 0.2 else rng.uniform(-reach, reach)

    return {"x": coordinate(), "y": coordinate(), "z": coordinate()}


def polar_points(rng, count):
    """A point is heard as a point from distance 1 on; nearer it has an extent."""
    return [_polar(rng, rng.choice([1.0, 1.0, 1.5, 3.0])) for _ in range(count)]


def _angle(rng):
    return rng.choice([0.0, rng.uniform(0, 12), rng.uniform(0, 90), rng.uniform(0, 360), rng.uniform(0, 360), 360.0])


def _distance(rng):
    return rng.choice([1.0, 1.0, rng.uniform(0, 1), rng.uniform(0, 1), rng.uniform(1, 2), 0.0])


def _polar_extent(rng):
    return {
        "width": _angle(rng),
        "height": _angle(rng),
        "depth": rng.choice([0.0, rng.uniform(0, 1)]),
    }


def polar_extents(rng, count):
    return [{**_polar(rng, _distance(rng)), **_polar_extent(rng)} for _ in range(count)]


def cartesian_points(rng, count):
    """Some reach beyond the room and are brought back to its walls."""
    return [_cartesian(rng, rng.choice([1.0, 1.0, 1.3])) for _ in range(count)]


def _cartesian_extent(rng):
    def size():
        return rng.choice([0.0, rng.uniform(0, 0.25), rng.uniform(0, 1), rng.uniform(0, 1), 1.0])

    sizes = {"width": size(), "height": size(), "depth": size()}
    return sizes if any(sizes.values()) else {**sizes, rng.choice(list(sizes)): rng.uniform(0.01, 1)}


def cartesian_extents(rng, count):
    return [{**_cartesian(rng), **_cartesian_extent(rng)} for _ in range(count)]


def _position(rng):
    return _polar(rng, rng.choice([1.0, rng.uniform(1, 2)])) if rng.random() < 0.5 else _cartesian(rng)


def _divergence(rng, case):
    value = rng.choice([0.0, 0.5, 1.0, rng.uniform(0, 1), rng.uniform(0, 1)])
    own, other = ("position_range", "azimuth_range") if "x" in case else ("azimuth_range", "position_range")
    ranges = {"azimuth_range": rng.choice([0.0, 30.0, rng.uniform(0, 180)]), "position_range": rng.uniform(0, 1)}
    divergence = {"value": value}
    choice = rng.random()
    if choice < 0.8:
        divergence[own] = ranges[own]
    elif choice < 0.9:
        divergence[other] = ranges[other]
    return {"divergence": divergence}


def _channel_lock(rng, _case):
    if rng.random() < 0.5:
        return {"channel_lock": True}
    return {"channel_lock": {"max_distance": rng.choice([0.0, rng.uniform(0, 1), rng.uniform(0, 2)])}}


def _zone(rng):
    if rng.random() < 0.6:
        low, high = sorted(rng.uniform(-90, 90) for _ in range(2))
        if rng.random() < 0.4:
            low, high = rng.choice([(-90, 90), (0, 0), (0, 90), (-10, 10), (30, 90)])
        if rng.random() < 0.3:
            right, left = rng.choice(SPECIAL_AZIMUTHS), rng.choice(SPECIAL_AZIMUTHS)
        else:
            right, left = rng.uniform(-180, 180), rng.uniform(-180, 180)
        return {"min_azimuth": right, "max_azimuth": left, "min_elevation": low, "max_elevation": high}
    zone = {}
    for axis in "xyz":
        low, high = sorted(rng.choice([-1, 0, 1, rng.uniform(-1, 1)]) for _ in range(2))
        zone[f"min_{axis}"], zone[f"max_{axis}"] = low, high
    return zone


def _zones(rng, _case):
    return {"zones": [_zone(rng) for _ in range(rng.choice([1, 1, 2, 3]))]}


def _diffuse(rng, _case):
    return {"diffuse": rng.choice([0.0, 1.0, rng.uniform(0, 1)]), "gain": rng.choice([0.0, rng.uniform(0, 2)])}


def screen(rng):
    """A reference screen that does not reach over the poles or the back."""
    if rng.random() < 0.5:
        return {
            "aspect_ratio": rng.uniform(1.2, 2.5),
            "azimuth": rng.uniform(-20, 20),
            "elevation": rng.uniform(-15, 15),
            "distance": rng.uniform(0.5, 2),
            "width": rng.uniform(15, 90),
        }
    return {
        "aspect_ratio": rng.uniform(1.2, 2.5),
        "x": rng.uniform(-0.2, 0.2),
        "y": 1.0,
        "z": rng.uniform(-0.2, 0.2),
        "width_x": rng.uniform(0.3, 1.5),
    }


def _screen_ref(rng, _case):
    choice = rng.random()
    result = {}
    if choice < 0.7:
        result["screen_ref"] = True
        if rng.random() < 0.7:
            result["reference_screen"] = screen(rng)
    if choice > 0.5:
        lock = {}
        edges = rng.choice(["horizontal", "vertical", "both"])
        if edges != "vertical":
            lock["horizontal"] = rng.choice(["left", "right"])
        if edges != "horizontal":
            lock["vertical"] = rng.choice(["top", "bottom"])
        result["screen_edge_lock"] = lock
    return result


FEATURES = {
    "divergence": _divergence,
    "channel lock": _channel_lock,
    "zones": _zones,
    "diffuse, gain": _diffuse,
    "screen": _screen_ref,
}


def feature(name, rng, count):
    """Objects with one of `FEATURES`."""
    cases = []
    for _ in range(count):
        case = _position(rng)
        cases.append({**case, **FEATURES[name](rng, case)})
    return cases


def combinations(rng, count, cartesian_extent_share=0.1):
    """Objects with several features at once, some with an extent."""
    cases = []
    for _ in range(count):
        case = _position(rng)
        for name in rng.sample(sorted(FEATURES), rng.choice([2, 3, 4, 5])):
            case.update(FEATURES[name](rng, case))
        if "x" not in case and rng.random() < 0.3:
            case.update(_polar_extent(rng))
        elif "x" in case and rng.random() < cartesian_extent_share:
            case.update(_cartesian_extent(rng))
        cases.append(case)
    return cases


# DirectSpeakers ------------------------------------------------------------------------------------------------------

LABELS = sorted({c.name for name in bs2051.layout_names for c in bs2051.get_layout(name).channels})


def _bounded(value, rng, reach):
    """A coordinate, most often with one or both of its bounds."""
    bounded = {"value": value}
    if rng.random() < 0.6:
        bounded["min"] = value - rng.choice([0.0, rng.uniform(0, reach)])
    if rng.random() < 0.6:
        bounded["max"] = value + rng.choice([0.0, rng.uniform(0, reach)])
    return bounded if len(bounded) > 1 else value


def _speaker_position(rng):
    if rng.random() < 0.6:
        azimuth, elevation = _direction(rng)
        if rng.random() < 0.5:
            azimuth, elevation = rng.choice(SPECIAL_AZIMUTHS), rng.choice([0, 0, 30, -30, 90])
        position = {"azimuth": _bounded(azimuth, rng, 60), "elevation": _bounded(elevation, rng, 30)}
        if rng.random() < 0.5:
            position["distance"] = _bounded(rng.choice([1.0, 1.0, rng.uniform(0.5, 1.5)]), rng, 0.5)
        return position
    return {axis: _bounded(value, rng, 1) for axis, value in _cartesian(rng).items()}


def speaker_labels(rng, count):
    """Labels plain, as URNs, unknown, several, LFE in all its spellings, with and without a band."""
    cases = []
    for _ in range(count):
        labels = []
        for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
            label = rng.choice(LABELS + ["LFE", "LFEL", "LFER", "LFE3", "RC_L", "M+031", "Left"])
            labels.append(f"urn:itu:bs:2051:{rng.choice([0, 1, 12])}:speaker:{label}" if rng.random() < 0.4 else label)
        case = {"labels": labels, "position": _speaker_position(rng)}
        if rng.random() < 0.35:
            case["low_pass"] = rng.choice([80.0, 120.0, 200.0, 200.5, 1000.0])
        if rng.random() < 0.1:
            case["high_pass"] = rng.choice([20.0, 100.0])
        if rng.random() < 0.15:
            case["screen_edge_lock"] = rng.choice(
                [{"horizontal": "left"}, {"horizontal": "right", "vertical": "top"}, {"vertical": "bottom"}]
            )
        cases.append(case)
    return cases


def speaker_bounds(rng, count):
    """No label says where: bounds and, failing these, the panner decide."""
    return [
        {"labels": [], "position": _speaker_position(rng), **({"low_pass": 120.0} if rng.random() < 0.1 else {})}
        for _ in range(count)
    ]


def common_packs():
    """Every channel of every common-definitions pack of a BS.2051 layout."""
    adm = ADM()
    load_common_definitions(adm)
    cases = []
    for pack_id in sorted(itu_packs):
        for channel in adm[pack_id].audioChannelFormats:
            [block] = channel.audioBlockFormats
            position = block.position
            if isinstance(position, DirectSpeakerPolarPosition):
                where = {"azimuth": position.azimuth, "elevation": position.elevation, "distance": position.distance}
            else:
                where = {"x": position.X, "y": position.Y, "z": position.Z}
            case = {"labels": list(block.speakerLabel), "position": where, "pack": pack_id}
            if channel.frequency.lowPass is not None:
                case["low_pass"] = channel.frequency.lowPass
            if channel.frequency.highPass is not None:
                case["high_pass"] = channel.frequency.highPass
            cases.append(case)
    return cases


# conversion ----------------------------------------------------------------------------------------------------------


def to_cartesian(rng, count):
    cases = []
    for _ in range(count):
        azimuth, elevation = _direction(rng)
        case = {"azimuth": azimuth, "elevation": elevation, "distance": rng.choice([1.0, rng.uniform(0, 2)])}
        if rng.random() < 0.6:
            case.update(width=_angle(rng), height=_angle(rng), depth=rng.choice([0.0, rng.uniform(0, 1)]))
        cases.append(case)
    return cases


def to_polar(rng, count):
    cases = []
    for _ in range(count):
        case = _cartesian(rng, rng.choice([1.0, 2.0]))
        if rng.random() < 0.6:
            case.update(width=rng.uniform(0, 0.999), height=rng.uniform(0, 0.999), depth=rng.uniform(0, 0.999))
        cases.append(case)
    return cases
