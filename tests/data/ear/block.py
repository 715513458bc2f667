"""Blocks of type Objects, written as lines of `umbel gains`, for EAR 2.1.0."""
from ear.common import CartesianPosition, CartesianScreen, PolarPosition, PolarScreen
from ear.core.metadata_input import ExtraData, ObjectTypeMetadata
from ear.fileio.adm.elements import (AudioBlockFormatObjects, CartesianZone, ChannelLock, ObjectCartesianPosition,
                                     ObjectDivergence, ObjectPolarPosition, PolarZone, ScreenEdgeLock)


def zone(keys):
    of = CartesianZone if "min_x" in keys else PolarZone

    def name(key):
        side, axis = key.split("_")
        return side + axis.capitalize()

    return of(**{name(key): value for key, value in keys.items()})


def screen(keys):
    if "x" in keys:
        return CartesianScreen(keys["aspect_ratio"], CartesianPosition(keys["x"], keys["y"], keys["z"]), keys["width_x"])
    return PolarScreen(keys["aspect_ratio"], PolarPosition(keys["azimuth"], keys["elevation"], keys["distance"]),
                       keys["width"])


def block(line):
    """The metadata of a line. EAR takes a Cartesian block's width, height and depth for its sizes along x, y and z;
    what a line calls height is along z and depth along y, so the two change places."""
    edge = ScreenEdgeLock(**line.get("screen_edge_lock", {}))
    width, height, depth = (line.get(key, 0.0) for key in ("width", "height", "depth"))
    cartesian = "x" in line
    if cartesian:
        position = ObjectCartesianPosition(line["x"], line["y"], line["z"], screenEdgeLock=edge)
        height, depth = depth, height
    else:
        position = ObjectPolarPosition(line["azimuth"], line["elevation"], line["distance"], screenEdgeLock=edge)
    more = {}
    if "channel_lock" in line:
        lock = line["channel_lock"]
        more["channelLock"] = ChannelLock(None if lock is True else lock["max_distance"])
    if "divergence" in line:
        keys = line["divergence"]
        more["objectDivergence"] = ObjectDivergence(keys["value"], keys.get("azimuth_range"), keys.get("position_range"))
    extra = ExtraData()
    if "reference_screen" in line:
        extra = ExtraData(reference_screen=screen(line["reference_screen"]))
    return ObjectTypeMetadata(
        block_format=AudioBlockFormatObjects(
            position=position, cartesian=cartesian, width=width, height=height, depth=depth,
            gain=line.get("gain", 1.0), diffuse=line.get("diffuse", 0.0), screenRef=line.get("screen_ref", False),
            zoneExclusion=[zone(keys) for keys in line.get("zones", [])], **more),
        extra_data=extra)
