"""Writes speakers.json: gains of channels made for loudspeakers, on the ten systems of BS.2051, as EAR 2.1.0 has them.

"packs": every channel of the common packs that EAR maps, by pack and label. "cases": random labels, bands, positions,
bounds and screen edge locks; each is [system, channel, gains]. Gains name the channels that play.

`python3 speakers.py FILE COUNT` writes COUNT random cases of another seed for each system to FILE.
"""
import json
import pathlib
import random
import sys

from ear.core import bs2051
from ear.core.direct_speakers.panner import DirectSpeakersPanner, itu_packs
from ear.core.metadata_input import DirectSpeakersTypeMetadata, ExtraData
from ear.fileio.adm.adm import ADM
from ear.fileio.adm.common_definitions import load_common_definitions
from ear.fileio.adm.elements import (AudioBlockFormatDirectSpeakers, BoundCoordinate, DirectSpeakerCartesianPosition,
                                     DirectSpeakerPolarPosition, Frequency, ScreenEdgeLock)

DOLBY = {"RC_L": "M+030", "RC_R": "M-030", "RC_C": "M+000", "RC_LFE": "LFE1", "RC_Lss": "M+090", "RC_Rss": "M-090",
         "RC_Lrs": "M+135", "RC_Rrs": "M-135", "RC_Ls": "M+110", "RC_Rs": "M-110", "RC_Lts": "U+090", "RC_Rts": "U-090"}
systems = {name: bs2051.get_layout(name) for name in bs2051.layout_names}
panners = {name: DirectSpeakersPanner(layout, additional_substitutions=DOLBY) for name, layout in systems.items()}
labels = sorted({name for layout in systems.values() for name in layout.channel_names})
bulk = len(sys.argv) > 2
rng = random.Random(2051 + bulk)
count = int(sys.argv[2]) if bulk else 22


def played(system, metadata):
    gains = panners[system].handle(metadata)
    names = systems[system].channel_names
    return {name: round(float(gain), 8) for name, gain in zip(names, gains) if abs(gain) > 5e-9}


def one(lines):
    return "[\n  " + ",\n  ".join(json.dumps(line) for line in lines) + "\n ]"


def coordinate(value, low, high):
    """A number, or one with bounds that are often those of real files: some degrees, or half of the room, around it."""
    if rng.random() < 0.5:
        return value
    reach = rng.choice([0, 5, 15, 40, 90, 180]) * (high - low) / 360
    sides = {"min": max(value - reach * rng.random(), low), "max": min(value + reach * rng.random(), high)}
    return {"value": value, **{side: round(sides[side], 6) for side in ("min", "max") if rng.random() < 0.85}}


def at(low, high, grid):
    return float(rng.choice(grid)) if rng.random() < 0.6 else round(rng.uniform(low, high), 6)


def channel():
    keys = {"labels": []}
    if rng.random() < 0.35:
        for _ in range(rng.choice([1, 1, 2])):
            label = rng.choice(labels + list(DOLBY) + ["LFE", "LFEL", "LFER", "Lfe", "other"])
            prefix = rng.choice(["", f"urn:itu:bs:2051:{rng.randrange(3)}:speaker:"])
            keys["labels"].append(prefix + label)
    if rng.random() < 0.2:
        keys["low_pass"] = rng.choice([80.0, 120.0, 200.0, 200.5])
        if rng.random() < 0.2:
            keys["high_pass"] = 20.0
    if rng.random() < 0.6:
        azimuth = at(-180, 180, [0, 15, 22.5, 30, -30, 45, -45, 60, 90, -90, 110, -110, 135, -135, 180, -180])
        bounded = coordinate(azimuth, -180.0, 180.0)
        if isinstance(bounded, dict) and rng.random() < 0.3:
            # Through the back.
            bounded.update({"min": 150.0, "max": -150.0})
        keys["azimuth"] = bounded
        keys["elevation"] = coordinate(at(-90, 90, [0, 0, 0, 30, 30, 45, 90, -30]), -90.0, 90.0)
        keys["distance"] = coordinate(rng.choice([1.0, 1.0, 1.0, 0.8, 1.3]), 0.0, 2.0)
    else:
        for axis in "xyz":
            keys[axis] = coordinate(at(-1, 1, [-1, 0, 1, 1]), -1.0, 1.0)
    if rng.random() < 0.15:
        keys["screen_edge_lock"] = {key: rng.choice(sides) for key, sides in
                                    [("horizontal", ["left", "right"]), ("vertical", ["top", "bottom"])]
                                    if rng.random() < 0.7}
    return keys


def metadata(keys):
    def bound(key):
        value = keys[key]
        return BoundCoordinate(**value) if isinstance(value, dict) else BoundCoordinate(value)

    edge = ScreenEdgeLock(**keys.get("screen_edge_lock", {}))
    if "x" in keys:
        position = DirectSpeakerCartesianPosition(bound("x"), bound("y"), bound("z"), screenEdgeLock=edge)
    else:
        position = DirectSpeakerPolarPosition(bound("azimuth"), bound("elevation"), bound("distance"), screenEdgeLock=edge)
    block = AudioBlockFormatDirectSpeakers(position=position, speakerLabel=keys["labels"])
    frequency = Frequency(lowPass=keys.get("low_pass"), highPass=keys.get("high_pass"))
    return DirectSpeakersTypeMetadata(block_format=block, extra_data=ExtraData(channel_frequency=frequency))


def packs():
    adm = ADM()
    load_common_definitions(adm)
    for pack in adm.audioPackFormats:
        if pack.id not in itu_packs:
            continue
        for of_pack in pack.audioChannelFormats:
            block = of_pack.audioBlockFormats[0]
            of_channel = DirectSpeakersTypeMetadata(
                block_format=block, audioPackFormats=[pack],
                extra_data=ExtraData(channel_frequency=of_pack.frequency))
            position = block.position
            lock = position.screenEdgeLock.horizontal
            keys = {"labels": block.speakerLabel, "azimuth": position.azimuth, "elevation": position.elevation,
                    "distance": position.distance, "pack": pack.id}
            if of_pack.frequency.lowPass is not None:
                keys["low_pass"] = of_pack.frequency.lowPass
            if lock is not None:
                keys["screen_edge_lock"] = {"horizontal": lock}
            gains = {}
            for system in systems:
                # The systems on which it plays alike stand together.
                gains.setdefault(json.dumps(played(system, of_channel)), []).append(system)
            yield [keys, [[names, json.loads(text)] for text, names in gains.items()]]


cases = []
for system in systems:
    for _ in range(count):
        keys = channel()
        cases.append([system, keys, played(system, metadata(keys))])
target = pathlib.Path(sys.argv[1]) if bulk else pathlib.Path(__file__).with_name("speakers.json")
target.write_text('{\n "packs": ' + one(packs()) + ',\n "cases": ' + one(cases) + "\n}\n")
