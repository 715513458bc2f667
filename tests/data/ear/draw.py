"""Random objects as lines of `umbel gains`, with few digits so that the files stay small."""


def number(rng, least, most, digits=3):
    return round(rng.uniform(least, most), digits) + 0.0


def place(rng, cartesian):
    if cartesian:
        walls = [-1.0, 0.0, 0.5, 1.0]
        return {axis: rng.choice(walls) if rng.random() < 0.2 else number(rng, -1.1, 1.1) for axis in "xyz"}
    return {"azimuth": rng.choice([0.0, 30.0, -110.0, 180.0]) if rng.random() < 0.2 else number(rng, -180, 180, 1),
            "elevation": rng.choice([0.0, 30.0, 90.0]) if rng.random() < 0.2 else number(rng, -90, 90, 1),
            "distance": rng.choice([1.0, number(rng, 0, 2, 2)])}


def size(rng, cartesian):
    largest = rng.choice([0.1, 0.4, 1.0]) if cartesian else rng.choice([10.0, 90.0, 360.0])
    keys = {key: number(rng, 0, largest) if rng.random() < 0.8 else 0.0 for key in ("width", "height", "depth")}
    if not cartesian:
        keys["depth"] = rng.choice([0.0, number(rng, 0, 1)])
    return keys


def lock(rng, _):
    return {"channel_lock": rng.choice([True, {"max_distance": number(rng, 0, 1.5)}])}


def divergence(rng, cartesian):
    keys = {"value": rng.choice([0.0, 1.0, number(rng, 0, 1), number(rng, 0, 1)])}
    if rng.random() < 0.8:
        if cartesian:
            keys["position_range"] = number(rng, 0, 1)
        else:
            keys["azimuth_range"] = number(rng, 0, 180, 1)
    return {"divergence": keys}


def zones(rng, _):
    def limits(least, most, digits):
        low, high = sorted([number(rng, least, most, digits), number(rng, least, most, digits)])
        return (least, most) if rng.random() < 0.3 else (low, high)

    def one():
        if rng.random() < 0.5:
            low, high = limits(-90.0, 90.0, 1)
            return {"min_azimuth": number(rng, -180, 180, 1), "max_azimuth": number(rng, -180, 180, 1),
                    "min_elevation": low, "max_elevation": high}
        sides = {axis: limits(-1.0, 1.0, 2) for axis in "xyz"}
        return {f"{side}_{axis}": sides[axis][i] for axis in "xyz" for i, side in enumerate(("min", "max"))}

    return {"zones": [one() for _ in range(rng.choice([1, 1, 2]))]}


def reference(rng, _):
    keys = {"screen_ref": True}
    kind = rng.random()
    if kind < 0.4:
        keys["reference_screen"] = {
            "aspect_ratio": number(rng, 1.2, 2.4, 2), "azimuth": number(rng, -30, 30, 1),
            "elevation": number(rng, -20, 20, 1), "distance": 1.0, "width": number(rng, 10, 100, 1)}
    elif kind < 0.7:
        keys["reference_screen"] = {
            "aspect_ratio": number(rng, 1.2, 2.4, 2), "x": number(rng, -0.3, 0.3, 2), "y": 1.0,
            "z": number(rng, -0.3, 0.3, 2), "width_x": number(rng, 0.2, 2, 2)}
    return keys


def edge(rng, _):
    keys = {"horizontal": rng.choice(["left", "right"]), "vertical": rng.choice(["top", "bottom"])}
    return {"screen_edge_lock": dict(list(keys.items())[slice(*rng.choice([(0, 1), (1, 2), (0, 2)]))])}


def level(rng, _):
    return {"gain": number(rng, 0, 2, 2), "diffuse": rng.choice([1.0, number(rng, 0, 1, 2)])}


FEATURES = [size, lock, divergence, zones, reference, edge, level]
