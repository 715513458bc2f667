"""Compares whole renderings of umbel with those of the EBU ADM Renderer, frame by frame.

usage: audio.py UMBEL [--shared FOLDER] [--thorough] [--scene NAME]... [--layout NAME]...

FOLDER/adm/*/*.wav: masters made by other tools, rendered too. EAR gets a repaired copy of them, umbel the file as
it is.
"""

import argparse
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import masters  # noqa: E402
import numpy as np  # noqa: E402
import repair  # noqa: E402
import scenes  # noqa: E402
from umbel import Umbel, UmbelFailed  # noqa: E402

import layouts  # noqa: E402
import render  # noqa: E402

LAYOUTS = ["0+2+0", "0+5+0", "4+5+0", "4+7+0", "9+10+3"]

# Peak difference in units of full scale.
LIMIT = 1e-5
# A decoder's element, with another set of points over the sphere.
DECODER = 2e-4


def options_of(selection):
    """The options of `umbel render` for what `render.render` takes."""
    options = []
    if "programme" in selection:
        options += ["--programme", selection["programme"]]
    for identifier in selection.get("complementary", ()):
        options += ["--complementary", identifier]
    if "importance" in selection:
        options += ["--importance", str(selection["importance"])]
    return options


def judge_scene(task):
    """Rows (name, layout, limit, worst difference, what is wrong) for one scene and layout."""
    program, name, layout, folder = task
    umbel = Umbel(program)
    path = Path(folder) / f"{name.replace(' ', '-')}.wav"
    scene = scenes.make(name)
    limit = DECODER * scene.level * scene.tracks if scene.sound_field else LIMIT
    rows = []
    for title, selection in {"": {}, **scene.selections}.items():
        try:
            _, _, theirs = render.render(path, layout, **selection)
            rows.append(_compare(umbel, path, layout, theirs, scene.rate, folder, options_of(selection), title))
        except UmbelFailed as failure:
            rows.append((np.inf, f"{title}: {failure}"))
    return [(name, layout, limit, worst, text) for worst, text in rows]


def _compare(umbel, path, layout, theirs, rate, folder, options=(), title=""):
    output = Path(folder) / f"{path.stem}-{layout}-{os.getpid()}.wav"
    our_rate, ours = umbel.render(path, layout, output, options)
    output.unlink()
    labels = layouts.ear_layout(layout).channel_names
    own = umbel.labels(layout)
    if our_rate != rate:
        return np.inf, f"{title} sample rate {our_rate} instead of {rate}"
    if ours.shape != theirs.shape:
        return np.inf, f"{title} frames x channels {ours.shape} instead of {theirs.shape}"
    ours = ours[:, [own.index(label) for label in labels]]
    difference = np.abs(ours - theirs)
    difference[~np.isfinite(difference)] = np.inf
    frame, channel = np.unravel_index(np.argmax(difference), difference.shape)
    worst = difference[frame, channel]
    first = np.argmax(np.max(difference, axis=1) > LIMIT)
    return worst, (
        f"{title} frame {frame} {labels[channel]}: umbel {ours[frame, channel]:.9f}, EAR {theirs[frame, channel]:.9f}"
        f"; first beyond {LIMIT:.0e}: frame {first}"
    )


def judge_master(task):
    """Rows for one master made by another tool: as it is, with noise on every track, with noise on the LFE's alone."""
    program, source, layout, folder = task
    umbel = Umbel(program)
    source = Path(source)
    fmt, samples, axml, chna = repair.read(source)
    noise = repair.noise(samples.shape)
    lfe_tracks = repair.lfe_tracks(axml, chna)
    rows = []
    try:
        for title, content in (("as it is", samples), ("with noise", noise)):
            if not np.any(content):
                continue
            path = Path(folder) / f"{source.stem}-{layout}.wav"
            repaired = path.with_suffix(".repaired.wav")
            repair.copy_with(source, path, content)
            repair.repaired_copy(path, repaired)
            rate, _, theirs = render.render(repaired, layout, repair_times=True)
            path = source if content is samples else path
            rows.append((f"{source.stem}, {title}", *_compare(umbel, path, layout, theirs, rate, folder)))
        if lfe_tracks:
            # The LFE plays at its own level in the LFE, and nowhere else.
            path = Path(folder) / f"{source.stem}-lfe-{layout}.wav"
            alone = np.zeros_like(noise)
            alone[:, lfe_tracks] = noise[:, lfe_tracks]
            repair.copy_with(source, path, alone)
            names = layouts.ear_layout(layout).channel_names
            expected = np.zeros((len(noise), len(names)))
            if "LFE1" in names:
                expected[:, names.index("LFE1")] = alone.sum(axis=1)
            rows.append(
                (f"{source.stem}, LFE alone", *_compare(umbel, path, layout, expected, fmt.sampleRate, folder))
            )
    except UmbelFailed as failure:
        rows.append((source.stem, np.inf, str(failure)))
    return [(name, layout, LIMIT, worst, text) for name, worst, text in rows]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("umbel")
    parser.add_argument("--shared", help="folder with masters made by other tools")
    parser.add_argument("--thorough", action="store_true", help="many more masters drawn at random")
    parser.add_argument("--scene", action="append", help="only this scene")
    parser.add_argument("--layout", action="append", help="only this layout")
    parser.add_argument("--keep", help="write the masters here")
    options = parser.parse_args()
    drawn = [f"{kind} {seed}" for kind in scenes.DRAWN for seed in range(60 if options.thorough else 3)]
    names = options.scene or [*scenes.SCENES, *drawn]
    chosen = options.layout or LAYOUTS

    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor() as pool:
        folder = options.keep or folder
        Path(folder).mkdir(parents=True, exist_ok=True)
        for name in names:
            scene = scenes.make(name)
            masters.write(scene, Path(folder) / f"{name.replace(' ', '-')}.wav", masters.noise(scene, name))
        tasks = []
        if options.shared and not options.scene:
            sources = sorted(Path(options.shared).glob("adm/*/*.wav"))
            tasks = [
                pool.submit(judge_master, (options.umbel, str(source), layout, folder))
                for source in sources
                for layout in chosen
            ]
        tasks += [
            pool.submit(judge_scene, (options.umbel, name, layout, folder)) for name in names for layout in chosen
        ]
        rows = [row for task in tasks for row in task.result()]

    sys.exit(1 if report(rows) or not rows else 0)


def report(rows):
    """Prints a line per master and every failure. True if a limit is passed."""
    by_name = {}
    for name, layout, limit, worst, text in rows:
        by_name.setdefault(name, []).append((worst, limit, layout, text))
    print(f"{'master':<40} {'renderings':>10} {'worst':>9} {'limit':>7}")
    for name, results in by_name.items():
        worst, limit, layout, text = max(results)
        print(f"{name:<40} {len(results):>10} {worst:>9.2g} {limit:>7.1g}{'' if worst <= limit else '  TOO FAR'}")
        for worst, limit, layout, text in results:
            if not worst <= limit:
                print(f"    {layout}: {worst:.2g} {text}")
    return any(not worst <= limit for _, _, limit, worst, _ in rows)


if __name__ == "__main__":
    main()
