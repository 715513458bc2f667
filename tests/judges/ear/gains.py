"""Compares the gains of umbel with those of the EBU ADM Renderer, kind by kind, over the ten layouts of BS.2051.

usage: gains.py UMBEL [--thorough] [--seed N] [--layout NAME]... [--only WORDS]
"""

import argparse
import hashlib
import json
import os
import pickle
import random
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cases  # noqa: E402
import numpy as np  # noqa: E402
import reference  # noqa: E402
from umbel import Umbel, UmbelFailed  # noqa: E402

import layouts  # noqa: E402

# Largest difference of a linear gain. The point sets of the HOA decoders differ, hence their wider limit.
POINT, EXTENT, HOA, CONVERSION = 1e-6, 1e-5, 1e-4, 1e-9

# Real rooms per layout: every speaker anywhere in its range.
ROOMS = 4


def object_kinds(rng, name, moved, scale):
    """(kind, limit, cases) for one layout. EAR's Cartesian extents are slow, and slower with more speakers."""
    crowded = name in ("9+10+3", "4+9+0", "4+7+0", "3+7+0", "4+5+1")

    def n(count):
        return max(1, int(count * scale))

    few = n(30 if name == "9+10+3" else 100 if crowded else 250)
    where = " (moved speakers)" if moved else ""
    yield "polar point" + where, POINT, cases.polar_points(rng, n(500 if moved else 2500))
    yield "polar extent" + where, EXTENT, cases.polar_extents(rng, n(200 if moved else 1500))
    if not moved or name == "4+9+0":
        # Room positions do not depend on the angles of the speakers, save those of the screen speakers.
        yield "Cartesian point" + where, POINT, cases.cartesian_points(rng, n(1000))
    if not moved:
        yield "Cartesian extent", EXTENT, cases.cartesian_extents(rng, few)
    for feature in cases.FEATURES:
        yield feature + where, POINT, cases.feature(feature, rng, n(80 if moved else 500))
    share = 0.0 if moved else 0.03 if name == "9+10+3" else 0.1
    yield "combinations" + where, EXTENT, cases.combinations(rng, n(80 if moved else 500), share)
    yield "DirectSpeakers, bounds" + where, POINT, cases.speaker_bounds(rng, n(100 if moved else 1000))
    if not moved:
        yield "DirectSpeakers, labels", POINT, cases.speaker_labels(rng, n(1000))
        yield "DirectSpeakers, common packs", POINT, cases.common_packs()


HOA_REQUESTS = [(order, normalization) for order in (1, 2, 3) for normalization in ("SN3D", "N3D", "FuMa")]


def expected_gains(name, positions, lines):
    """EAR's gains, from the cache if the same was asked before."""
    source = Path(reference.__file__).read_text() + repr((name, positions, lines))
    return _cached(source, lambda: _ear_gains(layouts.ear_layout(name, positions), lines))


def _ear_gains(layout, lines):
    ear = reference.Reference(layout)
    gains = [ear.gains(line) for line in lines]
    return np.array([g[0] for g in gains]), np.array([g[1] for g in gains])


def _cached(source, compute):
    folder = os.environ.get("UMBEL_JUDGE_CACHE")
    if not folder:
        return compute()
    path = Path(folder) / f"{hashlib.sha256(source.encode()).hexdigest()[:32]}.pickle"
    if path.exists():
        return pickle.loads(path.read_bytes())
    result = compute()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}")
    partial.write_bytes(pickle.dumps(result))
    partial.rename(path)
    return result


def judge_layout(task):
    """Runs all kinds on one layout. Gives rows (kind, limit, cases, worst difference, worst case as text)."""
    umbel, name, room, scale, seed, only = task
    umbel = Umbel(umbel)
    rng = random.Random(f"{seed} {name} {room}")
    positions = None if room == 0 else layouts.moved_positions(name, f"{seed} {room}")
    with tempfile.TemporaryDirectory() as folder:
        file = name if room == 0 else layouts.umbel_layout_file(name, positions, folder, room)
        ear_labels = layouts.ear_layout(name).channel_names
        column = [umbel.labels(file).index(label) for label in ear_labels]
        rows = []
        for kind, limit, lines in object_kinds(rng, name, room > 0, scale):
            if only and only not in kind:
                continue
            text = f"{name} room {room}: {json.dumps(positions)}" if room else name
            try:
                ours = umbel.gains(file, lines)
            except UmbelFailed as failure:
                rows.append((kind, limit, len(lines), np.inf, f"{text}: {failure}"))
                continue
            theirs = expected_gains(name, positions, lines)
            difference = np.max([np.abs(o[:, column] - t) for o, t in zip(ours, theirs)], axis=0)
            difference = _without_holes(difference, lines, ours, theirs)
            if "T+000" in ear_labels:
                difference = _without_ties(difference, lines, ours, theirs)
            rows.append((kind, limit, len(lines), *_worst(difference, lines, ours, theirs, column, ear_labels, text)))
        if room == 0 and (not only or only in "HOA decoder"):
            rows.append(_judge_decoders(umbel, name, column))
    return rows


def _without_holes(difference, lines, ours, theirs):
    """Leaves out the cases that EAR has no gains for; umbel must have some.

    With moved speakers its facets may leave a direction uncovered, here and there; an extent then gets nothing at all,
    wherever it is, since its grid has such a direction.
    """
    for case, line in enumerate(lines):
        audible = "labels" not in line and line.get("gain", 1.0) != 0
        if audible and not any(np.any(t[case]) for t in theirs):
            difference[case] = 0.0 if any(np.any(o[case]) for o in ours) else np.inf
    return difference


def _reaches_the_zenith(zone):
    if "min_x" in zone:
        at = {"x": 0.0, "y": 0.0, "z": 1.0}
        return all(zone[f"min_{axis}"] - 1e-6 < at[axis] < zone[f"max_{axis}"] + 1e-6 for axis in at)
    return zone["min_elevation"] < 90.0 + 1e-6 and zone["max_elevation"] > 90.0 - 1e-6


def _without_ties(difference, lines, ours, theirs):
    """Compares only the power where a loudspeaker straight above is excluded.

    All of a layer are equally far from it. EAR then chooses by the last bit of its distances, which is another on
    another processor.
    """
    for case, line in enumerate(lines):
        if any(_reaches_the_zenith(zone) for zone in line.get("zones", [])):
            power = sum(np.sum(o[case] ** 2) for o in ours) - sum(np.sum(t[case] ** 2) for t in theirs)
            difference[case] = abs(power)
    return difference


def _worst(difference, lines, ours, theirs, column, labels, text):
    difference = np.where(np.isfinite(difference), difference, np.inf)
    case, channel = np.unravel_index(np.argmax(difference), difference.shape)

    def shown(gains):
        return {
            part: {label: round(float(g), 9) for label, g in zip(labels, row) if g}
            for part, row in (("direct", gains[0]), ("diffuse", gains[1]))
            if np.any(row)
        }

    detail = (
        f"{text} {labels[channel]}: {json.dumps(lines[case])}\n"
        f"      umbel {shown([o[case][column] for o in ours])}\n"
        f"      EAR   {shown([t[case] for t in theirs])}"
    )
    return difference[case, channel], detail


def _judge_decoders(umbel, name, column):
    kind = "HOA decoder"
    try:
        ours = [umbel.hoa_decoder(name, order, normalization) for order, normalization in HOA_REQUESTS]
    except UmbelFailed as failure:
        return kind, HOA, len(HOA_REQUESTS), np.inf, f"{name}: {failure}"
    source = f"hoa {name} {HOA_REQUESTS}" + Path(reference.__file__).read_text()
    theirs = _cached(source, lambda: reference.Reference(layouts.ear_layout(name)).hoa_decoders(HOA_REQUESTS))
    worst, detail = 0.0, ""
    for (order, normalization), our, their in zip(HOA_REQUESTS, ours, theirs):
        if our.shape != their.shape:
            return kind, HOA, len(HOA_REQUESTS), np.inf, f"{name}: {our.shape} instead of {their.shape}"
        difference = np.max(np.abs(our[column] - their))
        if difference >= worst:
            worst, detail = difference, f"{name} order {order} {normalization}"
    return kind, HOA, len(HOA_REQUESTS), worst, detail


def judge_conversion(task):
    """Positions and extents, both ways."""
    umbel, scale, seed, only = task
    rows = []
    for kind, target, make in (
        ("conversion to Cartesian", "cartesian", cases.to_cartesian),
        ("conversion to polar", "polar", cases.to_polar),
    ):
        if only and only not in kind:
            continue
        lines = make(random.Random(f"{seed} {kind}"), int(3000 * scale))
        try:
            ours = Umbel(umbel).convert(target, lines)
        except UmbelFailed as failure:
            rows.append((kind, CONVERSION, len(lines), np.inf, str(failure)))
            continue
        worst, detail = -1.0, ""
        for line, our in zip(lines, ours):
            their = reference.convert(line)
            difference = max(_conversion_difference(key, our, their) for key in their)
            if difference > worst:
                worst, detail = difference, f"{json.dumps(line)}\n      umbel {our}\n      EAR   {their}"
        rows.append((kind, CONVERSION, len(lines), worst, detail))
    return rows


def _conversion_difference(key, our, their):
    difference = abs(our.get(key, 0.0 if key in ("width", "height", "depth") else np.nan) - their[key])
    if key == "azimuth":
        # Straight above and below, the azimuth means nothing.
        if abs(their["elevation"]) > 90 - 1e-9 or their["distance"] == 0:
            return 0.0
        difference = min(difference % 360, -difference % 360)
    return difference if np.isfinite(difference) else np.inf


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("umbel")
    parser.add_argument("--thorough", action="store_true", help="twenty times the cases")
    parser.add_argument("--seed", default="1", help="other cases")
    parser.add_argument("--layout", action="append", help="only this layout")
    parser.add_argument("--only", help="only kinds with these words in their name")
    options = parser.parse_args()
    scale = 20.0 if options.thorough else 1.0
    names = options.layout or layouts.NAMES

    with ProcessPoolExecutor() as pool:
        # The layouts that take longest go first.
        tasks = [
            pool.submit(judge_layout, (options.umbel, name, room, scale, options.seed, options.only))
            for room in range(ROOMS + 1)
            for name in sorted(names, key=lambda name: -len(layouts.ear_layout(name).channels))
        ]
        tasks.append(pool.submit(judge_conversion, (options.umbel, scale, options.seed, options.only)))
        rows = [row for task in tasks for row in task.result()]

    failed = report(rows)
    sys.exit(1 if failed or not rows else 0)


def report(rows):
    """Prints a line per kind and the worst case of each. True if a limit is passed."""
    kinds = {}
    for kind, limit, count, worst, detail in rows:
        so_far = kinds.setdefault(kind, [limit, 0, -1.0, ""])
        so_far[1] += count
        if worst > so_far[2]:
            so_far[2:] = worst, detail
    print(f"{'kind':<38} {'cases':>7} {'worst':>9} {'limit':>7}")
    for kind, (limit, count, worst, _) in kinds.items():
        print(f"{kind:<38} {count:>7} {worst:>9.2g} {limit:>7.0e}{'' if worst <= limit else '  TOO FAR'}")
    print("worst cases:")
    for kind, (_, _, worst, detail) in kinds.items():
        print(f"  {kind}: {worst:.2g}\n      {detail}")
    return any(worst > limit for limit, _, worst, _ in kinds.values())


if __name__ == "__main__":
    main()
