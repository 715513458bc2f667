"""Reads the 32-bit float files of the program under judgement (RIFF, RF64 or BW64)."""

import struct

import numpy as np

FLOAT = 3
EXTENSIBLE = 0xFFFE


def read_float(path):
    """Sample rate, channel mask (0: none) and frames x channels."""
    with open(path, "rb") as file:
        content = file.read()
    if content[:4] not in (b"RIFF", b"RF64", b"BW64") or content[8:12] != b"WAVE":
        raise ValueError(f"{path}: no WAVE file")
    position, fmt, long_size = 12, None, None
    while position + 8 <= len(content):
        name, size = content[position : position + 4], struct.unpack_from("<I", content, position + 4)[0]
        body = position + 8
        if name == b"ds64":
            long_size = struct.unpack_from("<Q", content, body + 8)[0]
        elif name == b"fmt ":
            fmt = struct.unpack_from("<HHIIHH", content, body)
            tag, mask = fmt[0], 0
            if tag == EXTENSIBLE:
                mask, tag = struct.unpack_from("<IH", content, body + 20)
            if tag != FLOAT or fmt[5] != 32:
                raise ValueError(f"{path}: not 32-bit float")
        elif name == b"data":
            size = long_size if size == 0xFFFFFFFF else size
            samples = np.frombuffer(content, "<f4", size // 4, body).astype(float)
            return fmt[2], mask, samples.reshape(-1, fmt[1])
        position = body + size + size % 2
    raise ValueError(f"{path}: no audio")
