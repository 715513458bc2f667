"""Copies of masters of the Dolby profile, changed so that EAR reads them, or with other audio."""

import re
import struct
from pathlib import Path

import numpy as np
from ear.fileio import openBw64
from ear.fileio.bw64.chunks import FormatInfoChunk

# Labels of the profile's beds and the ones of BS.2051 for the same loudspeakers.
LABELS = {
    "RC_L": "M+030", "RC_R": "M-030", "RC_C": "M+000", "RC_LFE": "LFE1", "RC_Ls": "M+110", "RC_Rs": "M-110",
    "RC_Lss": "M+090", "RC_Rss": "M-090", "RC_Lrs": "M+135", "RC_Rrs": "M-135", "RC_Lts": "U+090", "RC_Rts": "U-090",
}  # fmt: skip


def repaired_axml(axml):
    """The same metadata as BS.2076 allows it: streams refer to channels alone, labels are the ITU's."""
    text = axml.decode("utf-8")
    text = re.sub(
        r"<audioStreamFormat\b.*?</audioStreamFormat>",
        lambda stream: re.sub(r"<audioPackFormatIDRef>.*?</audioPackFormatIDRef>", "", stream.group(0)),
        text,
        flags=re.DOTALL,
    )
    text = re.sub(
        r"(<speakerLabel>)(.*?)(</speakerLabel>)",
        lambda label: label.group(1) + LABELS.get(label.group(2), label.group(2)) + label.group(3),
        text,
    )
    return text.encode("utf-8")


def lfe_tracks(axml, chna):
    """0-based tracks that an LFE channel of the bed is on."""
    text = axml.decode("utf-8")
    tracks = set()
    for channel in re.findall(r"<audioChannelFormat\b.*?</audioChannelFormat>", text, flags=re.DOTALL):
        if "<speakerLabel>RC_LFE</speakerLabel>" not in channel:
            continue
        digits = re.search(r'audioChannelFormatID="AC_([0-9A-Fa-f]{8})"', channel).group(1)
        for stream in re.findall(r"<audioStreamFormat\b.*?</audioStreamFormat>", text, flags=re.DOTALL):
            if f"ac_{digits}".lower() not in stream.lower():
                continue
            for track in re.findall(r"AT_[0-9A-Fa-f]{8}_[0-9A-Fa-f]{2}", stream):
                tracks |= {
                    entry.trackIndex - 1
                    for entry in chna.audioIDs
                    if entry.audioTrackFormatIDRef.lower() == track.lower()
                }
    return sorted(tracks)


def read(source):
    """The format, samples (frames x channels), axml and chna of a master."""
    with openBw64(str(source)) as file:
        fmt = FormatInfoChunk(
            formatTag=1, channelCount=file.channels, sampleRate=file.sampleRate, bitsPerSample=file.bitdepth
        )
        return fmt, file.read(len(file)), file.axml, file.chna


def repaired_copy(source, target):
    """Writes the master with metadata that EAR takes."""
    fmt, samples, axml, chna = read(source)
    with openBw64(str(target), "w", chna=chna, formatInfo=fmt, axml=repaired_axml(axml)) as out:
        out.write(samples)


def copy_with(source, target, samples):
    """Writes the file, byte for byte, with other samples (24 bit) in its data chunk."""
    content = bytearray(Path(source).read_bytes())
    integers = np.trunc(np.clip(samples, -1, 1) * (2**23 - 1)).astype("<i4")
    data = integers.reshape(-1, 1).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    position = 12
    while position + 8 <= len(content):
        name, size = content[position : position + 4], struct.unpack_from("<I", content, position + 4)[0]
        if name == b"data":
            if size != len(data):
                raise ValueError(f"{source}: {size} bytes of audio, not {len(data)}")
            content[position + 8 : position + 8 + size] = data
            Path(target).write_bytes(content)
            return
        position += 8 + size + size % 2
    raise ValueError(f"{source}: no data chunk")


def noise(shape, seed=3):
    """White noise, the same each time."""
    return 0.1 * np.random.RandomState(seed).uniform(-1, 1, shape)
