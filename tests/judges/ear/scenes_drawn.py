"""Masters drawn at random from a seed."""

import random
from fractions import Fraction

import cases
import reference
from ear.fileio.adm.elements import Frequency
from masters import OBJECTS, SPEAKERS, Scene, begin, drawn, jump, time


@drawn
def any_objects(seed):
    """Objects with any features, sizes and times."""
    rng = random.Random(f"any objects {seed}")
    screen = cases.screen(rng)
    builder = begin(referenceScreen=reference.screen(screen))
    for track in range(6):
        times = sorted({"0", *(f"{rng.uniform(0, 0.4):.{rng.choice([2, 5])}f}" for _ in range(5))}, key=float)
        blocks = []
        for start, end in zip(times, times[1:]):
            [case] = cases.combinations(rng, 1)
            if "x" in case and "depth" in case:
                # EAR swaps the two, see `reference.object_block`.
                case["height"] = case["depth"]
            length = time(end) - time(start)
            jumps = rng.random() < 0.6
            made = reference.object_block(case)
            made.rtime = time(start)
            made.duration = length * rng.choice([1, 1, 1, Fraction(1, 2)])
            if jumps:
                whole = made.duration
                made.jumpPosition = jump(rng.choice([None, 0, whole / 2 if whole * 100000 % 2 == 0 else 0]))
            blocks.append(made)
        item = builder.create_item_mono(OBJECTS, track, f"object {track}", block_formats=blocks)
        if rng.random() < 0.5:
            item.audio_object.start = time(f"{rng.uniform(0, 0.1):.5f}")
    return Scene(builder, 6, seconds=0.5, rate=rng.choice([44100, 48000, 96000]))


@drawn
def any_bed(seed):
    """Channels with any labels, bounds, bands and screen edges."""
    rng = random.Random(f"any bed {seed}")
    builder = begin()
    chosen = cases.speaker_labels(rng, 8) + cases.speaker_bounds(rng, 4)
    made = builder.create_format_multichannel(SPEAKERS, "bed", [[reference.speaker_block(case)] for case in chosen])
    for channel, case in zip(made.channel_formats, chosen):
        channel.frequency = Frequency(lowPass=case.get("low_pass"), highPass=case.get("high_pass"))
    builder.create_item_multichannel_from_format(made, list(range(len(chosen))), "bed")
    return Scene(builder, len(chosen), seconds=0.1)
