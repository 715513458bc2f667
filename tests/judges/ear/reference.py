"""What EAR says to a case: the dictionaries of `cases.py` in EAR's own classes, and its gains."""

import warnings

import numpy as np
from ear.common import CartesianPosition, CartesianScreen, PolarPosition, PolarScreen, default_screen
from ear.core.direct_speakers.panner import DirectSpeakersPanner
from ear.core.metadata_input import DirectSpeakersTypeMetadata, ExtraData, HOATypeMetadata, ObjectTypeMetadata
from ear.core.objectbased.conversion import extent_cart_to_polar, extent_polar_to_cart
from ear.core.objectbased.gain_calc import GainCalc
from ear.core.scenebased.design import HOADecoderDesign
from ear.fileio.adm.adm import ADM
from ear.fileio.adm.common_definitions import load_common_definitions
from ear.fileio.adm.elements import (
    AudioBlockFormatDirectSpeakers,
    AudioBlockFormatObjects,
    BoundCoordinate,
    CartesianZone,
    ChannelLock,
    DirectSpeakerCartesianPosition,
    DirectSpeakerPolarPosition,
    Frequency,
    ObjectCartesianPosition,
    ObjectDivergence,
    ObjectPolarPosition,
    PolarZone,
    ScreenEdgeLock,
)

import repair


def screen(screen):
    """A reference screen; the default without one."""
    if screen is None:
        return default_screen
    if "x" in screen:
        return CartesianScreen(
            aspectRatio=screen["aspect_ratio"],
            centrePosition=CartesianPosition(screen["x"], screen["y"], screen["z"]),
            widthX=screen["width_x"],
        )
    return PolarScreen(
        aspectRatio=screen["aspect_ratio"],
        centrePosition=PolarPosition(screen["azimuth"], screen["elevation"], screen["distance"]),
        widthAzimuth=screen["width"],
    )


def _edge_lock(case):
    lock = case.get("screen_edge_lock", {})
    return ScreenEdgeLock(horizontal=lock.get("horizontal"), vertical=lock.get("vertical"))


def _zone(zone):
    if "min_x" in zone:
        return CartesianZone(
            **{f"{end}{axis.upper()}": float(zone[f"{end}_{axis}"]) for end in ("min", "max") for axis in "xyz"}
        )
    return PolarZone(
        minAzimuth=float(zone["min_azimuth"]),
        maxAzimuth=float(zone["max_azimuth"]),
        minElevation=float(zone["min_elevation"]),
        maxElevation=float(zone["max_elevation"]),
    )


def object_block(case):
    """The audioBlockFormat of an object.

    EAR takes the width, height and depth of a Cartesian block as sizes along X, Y and Z; BS.2076-2 (table 16) and
    EAR's own conversion have height along Z and depth along Y. The cases mean the standard's.
    """
    width, height, depth = (case.get(key, 0.0) for key in ("width", "height", "depth"))
    if "x" in case:
        position = ObjectCartesianPosition(case["x"], case["y"], case["z"], screenEdgeLock=_edge_lock(case))
        height, depth = depth, height
    else:
        position = ObjectPolarPosition(
            case["azimuth"], case["elevation"], case["distance"], screenEdgeLock=_edge_lock(case)
        )
    lock = case.get("channel_lock")
    if lock is not None:
        lock = ChannelLock(maxDistance=None if lock is True else float(lock["max_distance"]))
    divergence = case.get("divergence")
    if divergence is not None:
        divergence = ObjectDivergence(
            float(divergence["value"]),
            azimuthRange=divergence.get("azimuth_range"),
            positionRange=divergence.get("position_range"),
        )
    return AudioBlockFormatObjects(
        position=position,
        cartesian="x" in case,
        width=width,
        height=height,
        depth=depth,
        gain=case.get("gain", 1.0),
        diffuse=case.get("diffuse", 0.0),
        channelLock=lock,
        objectDivergence=divergence,
        zoneExclusion=[_zone(zone) for zone in case.get("zones", [])],
        screenRef=case.get("screen_ref", False),
    )


def _bound(value):
    if isinstance(value, dict):
        return BoundCoordinate(
            float(value["value"]), **{end: float(value[end]) for end in ("min", "max") if end in value}
        )
    return BoundCoordinate(float(value))


def speaker_block(case):
    """The audioBlockFormat of a DirectSpeakers channel."""
    where = case["position"]
    if "x" in where:
        position = DirectSpeakerCartesianPosition(
            bounded_X=_bound(where["x"]),
            bounded_Y=_bound(where["y"]),
            bounded_Z=_bound(where["z"]),
            screenEdgeLock=_edge_lock(case),
        )
    else:
        position = DirectSpeakerPolarPosition(
            bounded_azimuth=_bound(where["azimuth"]),
            bounded_elevation=_bound(where["elevation"]),
            bounded_distance=_bound(where.get("distance", 1.0)),
            screenEdgeLock=_edge_lock(case),
        )
    # EAR knows no labels of Dolby beds; umbel plays them from their ITU loudspeakers.
    labels = [repair.LABELS.get(label.split(":")[-1], label) for label in case["labels"]]
    return AudioBlockFormatDirectSpeakers(position=position, speakerLabel=labels)


class Reference:
    """EAR set up for one layout."""

    def __init__(self, layout):
        self.layout = layout
        self.objects = GainCalc(layout)
        self.speakers = DirectSpeakersPanner(layout)
        self.is_lfe = layout.is_lfe
        self.adm = ADM()
        load_common_definitions(self.adm)

    def gains(self, case):
        """The direct and the diffuse gains, in the layout's order."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if "labels" in case:
                direct = self.speakers.handle(self._speaker_metadata(case))
                return direct, np.zeros(len(direct))
            meta = ObjectTypeMetadata(
                block_format=object_block(case),
                extra_data=ExtraData(reference_screen=screen(case.get("reference_screen"))),
            )
            gains = self.objects.render(meta)
            return gains.direct, gains.diffuse

    def _speaker_metadata(self, case):
        packs = [self.adm[case["pack"]]] if "pack" in case else None
        frequency = Frequency(lowPass=case.get("low_pass"), highPass=case.get("high_pass"))
        return DirectSpeakersTypeMetadata(
            block_format=speaker_block(case),
            audioPackFormats=packs,
            extra_data=ExtraData(channel_frequency=frequency),
        )

    def hoa_decoders(self, requests):
        """A matrix (channels x components in ACN order) for each (order, normalization)."""
        design = HOADecoderDesign(self.layout.without_lfe)
        matrices = []
        for order, normalization in requests:
            components = [(n, m) for n in range(order + 1) for m in range(-n, n + 1)]
            meta = HOATypeMetadata(
                orders=[n for n, _ in components], degrees=[m for _, m in components], normalization=normalization
            )
            matrix = np.zeros((len(self.is_lfe), len(components)))
            matrix[~self.is_lfe] = design.design(meta)
            matrices.append(matrix)
        return matrices


def convert(case):
    """The other kind of position, and the extent that goes with it."""
    size = [case.get(key, 0.0) for key in ("width", "height", "depth")]
    if "x" in case:
        width, height, depth = size
        azimuth, elevation, distance, *size = extent_cart_to_polar(
            case["x"], case["y"], case["z"], width, depth, height
        )
        result = {"azimuth": azimuth, "elevation": elevation, "distance": distance}
        width, height, depth = size
    else:
        x, y, z, width, depth, height = extent_polar_to_cart(
            case["azimuth"], case["elevation"], case["distance"], *size
        )
        result = {"x": x, "y": y, "z": z}
    return {key: float(v) for key, v in {**result, "width": width, "height": height, "depth": depth}.items()}
