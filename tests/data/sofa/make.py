"""Writes the small SOFA files of this folder. Needs netCDF4, h5py and numpy; `python3 make.py` in this folder.

The "head" is a rigid sphere's delays without its shadow: 62 directions, one tap of 1 for each ear, delayed by
8 + 6 cos(angle to the ear's axis) frames, rounded so that taps can hold it.
"""

import os

import netCDF4
import numpy as np


def write(name, ir, positions, delay=None, kind="spherical", convention="SimpleFreeFieldHRIR", data="FIR", rate=48000.0,
          receivers=None, view=(1, 0, 0), listener=(0, 0, 0), zlib=True):
    if os.path.exists(name):
        os.remove(name)
    file = netCDF4.Dataset(name, "w", format="NETCDF4")
    count, ears, taps = ir.shape
    for key, value in {
        "Conventions": "SOFA", "Version": "1.0", "SOFAConventions": convention, "SOFAConventionsVersion": "1.0",
        "DataType": data, "RoomType": "free field", "Title": "a sphere", "License": "CC0", "Organization": "umbel",
    }.items():
        file.setncattr(key, value)
    for key, size in {"I": 1, "C": 3, "R": ears, "E": 1, "N": taps, "M": count}.items():
        file.createDimension(key, size)

    def add(name, dimensions, values, **attributes):
        variable = file.createVariable(name, "f8", dimensions, zlib=zlib)
        if variable.size:
            variable[:] = values
        for key, value in attributes.items():
            variable.setncattr(key, value)

    if receivers is None:
        receivers = np.array([[0, 0.09, 0], [0, -0.09, 0]] * ears)[:ears]
    add("ListenerPosition", ("I", "C"), [listener], Type="cartesian", Units="metre")
    add("ReceiverPosition", ("R", "C", "I"), receivers[:, :, None], Type="cartesian", Units="metre")
    add("SourcePosition", ("M", "C"), positions, Type=kind,
        Units="degree, degree, metre" if kind == "spherical" else "metre")
    add("EmitterPosition", ("E", "C", "I"), np.zeros((1, 3, 1)), Type="cartesian", Units="metre")
    add("ListenerUp", ("I", "C"), [[0, 0, 1]])
    add("ListenerView", ("I", "C"), [view], Type="cartesian", Units="metre")
    add("Data.IR", ("M", "R", "N"), ir)
    add("Data.SamplingRate", ("I",), [rate], Units="hertz")
    if delay is None:
        delay = np.zeros((1, ears))
    add("Data.Delay", ("I" if len(delay) == 1 else "M", "R"), delay)
    file.close()


angles = [(0, 90), (0, -90)]
for elevation, number in [(-60, 8), (-30, 12), (0, 20), (30, 12), (60, 8)]:
    angles += [(n * 360 / number, elevation) for n in range(number)]
angles = np.array(angles, float)
azimuth, elevation = np.radians(angles).T
left = np.sin(azimuth) * np.cos(elevation)
delays = np.round(np.stack([8 - 6 * left, 8 + 6 * left], 1))
count = len(angles)
positions = np.c_[angles, np.full(count, 1.2)]
cartesian = 1.2 * np.c_[np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)]
taps = np.zeros((count, 2, 24))
for n in range(count):
    for ear in range(2):
        taps[n, ear, int(delays[n, ear])] = 1
short = np.zeros((count, 2, 4))
short[:, :, 0] = 1

write("sphere_taps.sofa", taps, positions)
write("sphere_delays.sofa", short, positions, delay=delays)
write("sphere_cartesian.sofa", taps, cartesian, kind="cartesian", zlib=False)
write("general_fir.sofa", np.zeros((1, 16, 8)), positions[:1], convention="GeneralFIR")
write("one_ear.sofa", taps[:, :1], positions)
wrong = taps.copy()
wrong[3, 1, 5] = np.nan
write("nan.sofa", wrong, positions)
write("one_direction.sofa", taps, np.tile(positions[5], (count, 1)))
write("no_directions.sofa", taps[:0], positions[:0])
write("silent_ear.sofa", taps * np.array([1, 0])[None, :, None], positions)
write("looks_aside.sofa", taps, positions, view=(0, 1, 0))
elsewhere = np.array([2, -1, 0.5])
write("listener_elsewhere.sofa", taps, cartesian + elsewhere, kind="cartesian", listener=elsewhere)
right_first = np.array([[0, -0.09, 0], [0, 0.09, 0]])
write("right_first.sofa", taps[:, ::-1], positions, receivers=right_first)
shadow = np.stack([0.6 + 0.4 * left, 0.6 - 0.4 * left], 1)
write("mislabelled.sofa", taps * shadow[:, :, None], positions, receivers=right_first)


def write_plain(name, version, packed, order):
    """As h5py writes by itself: no netCDF layer, groups and attributes of the chosen version of the format."""
    import h5py

    with h5py.File(name, "w", libver=version) as file:
        for key, value in {
            "Conventions": "SOFA", "SOFAConventions": "SimpleFreeFieldHRIR", "SOFAConventionsVersion": "1.0",
            "DataType": "FIR", "Title": "a sphere", "License": "CC0",
        }.items():
            file.attrs[key] = value if packed else np.bytes_(value)

        def add(key, values, **attributes):
            how = {"compression": "gzip", "shuffle": True} if packed else {}
            array = file.create_dataset(key, data=np.asarray(values).astype(order), **how)
            for name, value in attributes.items():
                array.attrs[name] = value if packed else np.bytes_(value)

        add("SourcePosition", positions, Type="spherical", Units="degree, degree, metre")
        add("Data.IR", taps)
        add("Data.SamplingRate", 48000.0 if not packed else [48000.0])
        add("Data.Delay", np.zeros((1, 2)))


write_plain("plain_earliest.sofa", "earliest", False, "<f4")
write_plain("plain_latest.sofa", "latest", True, ">f8")
