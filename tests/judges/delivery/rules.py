"""The rules of the Dolby Atmos master ADM profile and of ADM files at large, checked from the bytes of a file.

`violations(path, atmos)` lists what is broken. Written from the published rules, not from the program's sources.
"""

import re
import struct

from lxml import etree

TIME = re.compile(r"^\d\d:[0-5]\d:[0-5]\d\.\d{5}$")
ANY_TIME = re.compile(r"^\d\d+:[0-5]\d:[0-5]\d\.(\d{5,}|\d{5,}S\d{5,})$")
BEDS = [
    labels.split()
    for labels in (
        "L R",
        "L R C",
        "L R C Ls Rs",
        "L R C LFE Ls Rs",
        "L R C Lss Rss Lrs Rrs",
        "L R C LFE Lss Rss Lrs Rrs",
        "L R C Lss Rss Lrs Rrs Lts Rts",
        "L R C LFE Lss Rss Lrs Rrs Lts Rts",
    )
]
PLACES = {
    "L": ("RoomCentricLeft", (-1, 1, 0)),
    "R": ("RoomCentricRight", (1, 1, 0)),
    "C": ("RoomCentricCenter", (0, 1, 0)),
    "LFE": ("RoomCentricLFE", (-1, 1, -1)),
    "Lss": ("RoomCentricLeftSideSurround", (-1, 0, 0)),
    "Rss": ("RoomCentricRightSideSurround", (1, 0, 0)),
    "Lrs": ("RoomCentricLeftRearSurround", (-1, -1, 0)),
    "Rrs": ("RoomCentricRightRearSurround", (1, -1, 0)),
    "Lts": ("RoomCentricLeftTopSurround", (-1, 0, 1)),
    "Rts": ("RoomCentricRightTopSurround", (1, 0, 1)),
}
OBJECT_CHILDREN = "cartesian position gain importance width depth height diffuse channelLock jumpPosition zoneExclusion"


class Checker:
    """One file."""

    def __init__(self, path, atmos):
        self.path, self.atmos, self.found = path, atmos, []
        self.chunks, self.order = {}, []

    def need(self, rule, holds, what=""):
        if not holds and len(self.found) < 50:
            self.found.append(f"rule {rule}: {what}")

    def run(self):
        self.container()
        self.fmt()
        self.read_xml()
        self.chna()
        self.general()
        if self.atmos:
            self.programme()
            self.packs()
            self.blocks()
            self.streams()
            self.dbmd()
        return self.found

    def container(self):
        with open(self.path, "rb") as file:
            size = file.seek(0, 2)
            file.seek(0)
            magic, form, wave = struct.unpack("<4sI4s", file.read(12))
            self.need(1, magic in (b"RIFF", b"RF64", b"BW64") and wave == b"WAVE", magic)
            large, long = magic != b"RIFF", {}
            self.need(2 if large else 3, form == (0xFFFFFFFF if large else size - 8), form)
            at = 12
            while at + 8 <= size:
                file.seek(at)
                name, length = struct.unpack("<4sI", file.read(8))
                if name == b"ds64":
                    self.need(7, at == 12 and large)
                    riff, data, frames, rows = struct.unpack("<QQQI", file.read(28))
                    long = {b"data": data}
                    self.need(10, 28 + 12 * rows <= length)
                    self.need(11, riff == size - 8, riff)
                    self.frames64 = frames
                elif large and at == 12:
                    self.need(7, False, "ds64 is not first")
                if length == 0xFFFFFFFF:
                    self.need(12, name in long, name)
                    length = long.get(name, 0)
                self.need(6, all(32 <= c <= 126 for c in name), name)
                self.need(16, at + 8 + length <= size, name)
                if name not in (b"JUNK",):
                    self.need(17, name not in self.chunks, name)
                if not large and at == 12:
                    self.need(15, name in (b"JUNK", b"bext") and length >= 28, name)
                if length % 2:
                    file.seek(at + 8 + length)
                    self.need(18, file.read(1) == b"\0", name)
                if name == b"data":
                    self.data_bytes, content = length, b""
                else:
                    file.seek(at + 8)
                    content = file.read(length)
                self.chunks.setdefault(name, content)
                self.order.append(name)
                at += 8 + length + length % 2
            self.need(5, at == size, f"{size - at} bytes are left")

    def fmt(self):
        content = self.chunks.get(b"fmt ", b"")
        self.need(19, len(content) >= 16)
        tag, self.channels, self.rate, byte_rate, align, self.bits = struct.unpack("<HHIIHH", content[:16])
        self.need(20, tag == 1, tag)
        self.need(21, align == self.channels * self.bits // 8 and byte_rate == align * self.rate)
        self.need(22, self.order.index(b"fmt ") < self.order.index(b"data"))
        self.need(23, self.data_bytes > 0)
        self.need(24, self.data_bytes % align == 0)
        self.frames = self.data_bytes // align

    def read_xml(self):
        self.need(40, b"axml" in self.chunks)
        root = etree.fromstring(self.chunks[b"axml"])
        formats = [e for e in root.iter() if etree.QName(e).localname == "audioFormatExtended"]
        self.need(41, len(formats) == 1)
        self.root_name = etree.QName(root).localname
        for element in root.iter():
            element.tag = etree.QName(element).localname
        self.adm = formats[0]
        self.by_id = {}
        for element in self.adm:
            key = "UID" if element.tag == "audioTrackUID" else element.tag + "ID"
            if element.tag != "profileList":
                self.need(44, element.get(key) not in self.by_id, element.get(key))
                self.by_id[element.get(key)] = element

    def all(self, tag):
        return self.adm.findall(tag)

    def chna(self):
        content = self.chunks.get(b"chna", b"")
        self.need(28, len(content) >= 4)
        self.need(29, (len(content) - 4) % 40 == 0)
        tracks, uids = struct.unpack("<HH", content[:4])
        rows = [content[at : at + 40] for at in range(4, len(content), 40)]
        self.need(30, len(rows) == uids)
        self.rows = {}
        indices = []
        for row in rows:
            self.need(32, row[39] == 0)
            index = struct.unpack("<H", row[:2])[0]
            uid, reference, pack = (row[a:b].rstrip(b"\0").decode() for a, b in ((2, 14), (14, 28), (28, 39)))
            self.need(33, re.fullmatch(r"ATU_[0-9a-fA-F]{8}", uid) and int(uid[4:], 16) > 0, uid)
            self.need(34, re.fullmatch(r"AT_[0-9a-fA-F]{8}_[0-9a-fA-F]{2}|AC_[0-9a-fA-F]{8}(_00)?", reference), reference)
            self.need(35, re.fullmatch(r"AP_[0-9a-fA-F]{8}", pack), pack)
            self.need(36, uid not in self.rows, uid)
            self.need(37, 1 <= index <= self.channels, index)
            self.rows[uid] = (index, reference, pack)
            indices.append(index)
        self.need(38, tracks == len(set(indices)))
        self.need(39, tracks == self.channels)

    def general(self):
        for tag in "audioProgramme audioContent audioObject audioTrackUID".split():
            self.need(45, self.all(tag), tag)
        used = set()
        for element in self.adm.iter():
            if element.tag.endswith("IDRef") or element.tag == "audioTrackUIDRef":
                used.add(element.text)
                common = re.match(r"A[PCST]_[0-9a-f]{4}0", element.text or "")
                self.need(46, element.text in self.by_id or common, element.text)
        for kind in "audioPackFormat audioChannelFormat".split():
            for element in self.all(kind):
                label, name = element.get("typeLabel"), element.get("typeDefinition")
                kinds = ["DirectSpeakers", "Matrix", "Objects", "HOA", "Binaural"]
                self.need(48, label and kinds[int(label) - 1] == name, element.get(kind + "ID"))
                self.need(49, element.get(kind + "ID")[3:7] == label)
        for pack in self.all("audioPackFormat"):
            for reference in pack.findall("audioChannelFormatIDRef"):
                channel = self.by_id[reference.text]
                self.need(50, channel.get("typeLabel") == pack.get("typeLabel"))
        for channel in self.all("audioChannelFormat"):
            blocks = channel.findall("audioBlockFormat")
            self.need(51, blocks, channel.get("audioChannelFormatID"))
            seen = set()
            for block in blocks:
                name = block.get("audioBlockFormatID")
                self.need(52, name[3:11] == channel.get("audioChannelFormatID")[3:], name)
                self.need(44, name not in seen, name)
                seen.add(name)
                self.need(54, (block.get("rtime") is None) == (block.get("duration") is None), name)
                for key in ("rtime", "duration"):
                    self.need(53, block.get(key) is None or ANY_TIME.match(block.get(key)), block.get(key))
        uids = {e.get("UID"): e for e in self.all("audioTrackUID")}
        self.need(55, set(uids) == set(self.rows))
        for uid, element in uids.items():
            _, reference, pack = self.rows.get(uid, (0, "", ""))
            track = element.findtext("audioTrackFormatIDRef")
            channel = element.findtext("audioChannelFormatIDRef")
            self.need(56, reference in (track, channel, f"{channel}_00"), uid)
            self.need(57, element.findtext("audioPackFormatIDRef") == pack, uid)
            self.need(58, element.get("sampleRate") == str(self.rate), uid)
            self.need(59, element.get("bitDepth") == str(self.bits), uid)
        for item in self.all("audioObject"):
            pack = self.by_id.get(item.findtext("audioPackFormatIDRef"))
            if pack is not None:
                count = len(pack.findall("audioChannelFormatIDRef"))
                self.need(60, len(item.findall("audioTrackUIDRef")) == count, item.get("audioObjectID"))
            for reference in item.findall("audioTrackUIDRef"):
                own = uids[reference.text].findtext("audioPackFormatIDRef")
                self.need(61, own == item.findtext("audioPackFormatIDRef"), reference.text)

    @staticmethod
    def parts(text):
        hours, minutes, seconds = text.split(":")
        return (int(hours) * 60 + int(minutes)) * 6_000_000 + int(seconds.replace(".", ""))

    def programme(self):
        self.need(63, self.rate in (48_000, 96_000), self.rate)
        self.need(64, self.bits == 24, self.bits)
        self.need(65, self.channels <= 128)
        self.need(66, self.root_name == "ebuCoreMain")
        for tag, most in (("audioContent", 123), ("audioObject", 123), ("audioChannelFormat", 128)):
            self.need(67, len(self.all(tag)) <= most, tag)
        programmes = self.all("audioProgramme")
        self.need(68, len(programmes) == 1)
        programme = programmes[0]
        self.need(69, programme.get("audioProgrammeID") == "APR_1001")
        self.need(70, programme.get("audioProgrammeName") == "Atmos_Master")
        start, end = programme.get("start"), programme.get("end")
        self.need(111, TIME.match(start) and TIME.match(end))
        self.length = self.parts(end) - self.parts(start)
        self.need(72, abs(self.length / 1e5 - self.frames / self.rate) < 21e-6, end)
        self.need(73, {e.tag for e in programme} == {"audioContentIDRef"})
        contents = self.all("audioContent")
        self.need(74, len(programme) == len(contents))
        holders = []
        for number, content in enumerate(contents):
            self.need(75, content.get("audioContentID") == f"ACO_{0x1001 + number:04x}")
            dialogue = content.findall("dialogue")
            self.need(76, len(dialogue) == 1 and dialogue[0].text == "2" and dialogue[0].get("mixedContentKind") == "0")
            self.need(77, content.findall("audioObjectIDRef"))
            holders += [e.text for e in content.findall("audioObjectIDRef")]
            self.need(79, {e.tag for e in content} <= {"audioObjectIDRef", "dialogue"})
        items = self.all("audioObject")
        self.need(78, sorted(holders) == sorted(e.get("audioObjectID") for e in items))
        taken, last, objects = set(), 0, 0
        for number, item in enumerate(items):
            name = item.get("audioObjectID")
            packs = item.findall("audioPackFormatIDRef")
            self.need(80, len(packs) == 1, name)
            kind = self.by_id[packs[0].text].get("typeDefinition")
            self.need(81, kind in ("DirectSpeakers", "Objects"), kind)
            count, at = len(item.findall("audioTrackUIDRef")), int(name[3:], 16)
            if kind == "Objects":
                objects += 1
                self.need(82, 0x100B <= at <= 0x1080, name)
                self.need(83, count == 1, name)
            else:
                self.need(93, number == 0, name)
                self.need(84, 0x1001 <= at <= 0x1080, name)
                self.need(85, 1 <= count <= 10, name)
            numbers = set(range(at, at + count))
            self.need(86, not numbers & taken, name)
            taken |= numbers
            self.need(87, item.get("start") == "00:00:00.00000", name)
            self.need(88, abs(self.parts(item.get("duration")) - self.length) <= 1, name)
            self.need(89, item.get("dialogue") is None and item.get("importance") is None)
            self.need(90, {e.tag for e in item} == {"audioPackFormatIDRef", "audioTrackUIDRef"}, name)
            for reference in item.findall("audioTrackUIDRef"):
                index = self.rows[reference.text][0]
                self.need(91, index > last, reference.text)
                last = index
        self.need(92, objects <= 118, objects)

    def packs(self):
        for pack in self.all("audioPackFormat"):
            name = pack.get("audioPackFormatID")
            self.need(94, int(name[7:], 16) >= 0x1001, name)
            self.need(95, {e.tag for e in pack} == {"audioChannelFormatIDRef"}, name)
            channels = [self.by_id[e.text] for e in pack]
            if pack.get("typeDefinition") == "Objects":
                self.need(96, len(channels) == 1, name)
                continue
            labels = [c.findtext("audioBlockFormat/speakerLabel") for c in channels]
            self.need(97, [label[3:] for label in labels] in BEDS, labels)
            for channel, label in zip(channels, labels):
                blocks = channel.findall("audioBlockFormat")
                self.need(98, channel.find("frequency") is None)
                self.need(99, len(blocks) == 1 and blocks[0].get("rtime") is None, label)
                expected, place = PLACES[label[3:]]
                self.need(101, channel.get("audioChannelFormatName") == expected, label)
                self.need(102, [e.text for e in blocks[0].findall("cartesian")] == ["1"], label)
                found = {e.get("coordinate"): float(e.text) for e in blocks[0].findall("position")}
                self.need(103, found == dict(zip("XYZ", place)), label)
                self.need(104, {e.tag for e in blocks[0]} == {"speakerLabel", "cartesian", "position"}, label)

    def blocks(self):
        for channel in self.all("audioChannelFormat"):
            if channel.get("typeDefinition") != "Objects":
                continue
            at = 0
            for number, block in enumerate(channel.findall("audioBlockFormat")):
                name = block.get("audioBlockFormatID")
                self.need(105, name.endswith(f"_{number + 1:08x}"), name)
                rtime, duration = block.get("rtime"), block.get("duration")
                self.need(106, rtime and duration, name)
                self.need(111, TIME.match(rtime) and TIME.match(duration), name)
                self.need(107 if number == 0 else 108, abs(self.parts(rtime) - at) <= 1, name)
                self.need(109, self.parts(duration) > 0, name)
                at = self.parts(rtime) + self.parts(duration)
                tags = [e.tag for e in block]
                self.need(112, set(tags) <= set(OBJECT_CHILDREN.split()), tags)
                self.need(112, len(set(tags) - {"position"}) == len([t for t in tags if t != "position"]), tags)
                self.need(113, block.findtext("cartesian") == "1", name)
                places = [(e.get("coordinate"), float(e.text)) for e in block.findall("position")]
                self.need(114, sorted(axis for axis, _ in places) in (["X", "Y"], ["X", "Y", "Z"]), name)
                self.need(115, all(-1 <= value <= 1 for _, value in places), name)
                jump = block.find("jumpPosition")
                self.need(116, jump is not None and jump.text == "1", name)
                length = float(jump.get("interpolationLength"))
                allowed = [0] if number == 0 else [0.005208, 250 / self.rate]
                self.need(117, any(abs(length - a) < 1e-6 for a in allowed), f"{name} {length}")
                sizes = [block.findtext(tag) for tag in ("width", "depth", "height")]
                self.need(118, len(set(sizes)) == 1 and (sizes[0] is None or 0 <= float(sizes[0]) <= 1), name)
                for tag in ("diffuse", "channelLock"):
                    self.need(119, block.findtext(tag) is None or float(block.findtext(tag)) in (0, 1), name)
                self.need(125, block.find("zoneExclusion") is None or len(block.find("zoneExclusion")), name)
            self.need(110, abs(at - self.length) <= 1, channel.get("audioChannelFormatID"))

    def streams(self):
        for stream in self.all("audioStreamFormat"):
            children = sorted(e.tag for e in stream)
            wanted = ["audioChannelFormatIDRef", "audioPackFormatIDRef", "audioTrackFormatIDRef"]
            self.need(126, children == wanted, children)
            self.need(127, stream.get("formatLabel") == "0001" and stream.get("formatDefinition") == "PCM")
            name = stream.get("audioStreamFormatID")
            self.need(128, name[3:] == stream.findtext("audioChannelFormatIDRef")[3:], name)
        for track in self.all("audioTrackFormat"):
            name = track.get("audioTrackFormatID")
            self.need(129, name.endswith("_01") and name[3:11] == track.findtext("audioStreamFormatIDRef")[3:], name)
        for number, uid in enumerate(self.all("audioTrackUID")):
            self.need(130, int(uid.get("UID")[4:], 16) == number + 1, uid.get("UID"))
            self.need(133, self.rows[uid.get("UID")][0] == number + 1, uid.get("UID"))

    def dbmd(self):
        content = self.chunks.get(b"dbmd", b"")
        self.need(134, len(content) >= 5)
        self.need(135, content[3] == 1 and content[:3] <= bytes([7, 0, 0]))
        at, segments = 4, {}
        while content[at] != 0:
            size = struct.unpack_from("<H", content, at + 1)[0]
            payload = content[at + 3 : at + 3 + size]
            self.need(137, len(payload) == size)
            self.need(138, (size + sum(payload) + content[at + 3 + size]) % 256 == 0, content[at])
            self.need(140, content[at] not in segments)
            segments[content[at]] = payload
            at += 4 + size
        self.need(136, not any(content[at:]))
        self.need(139, len(segments[9]) == 248)
        self.need(141, 1 <= segments[9][111] & 15 <= 6)
        self.need(142, segments[9][152] & 7 <= 4)
        sync, count = struct.unpack_from("<IH", segments[10])
        self.need(143, sync == 0xF8726FBD and len(segments[10]) == 142 + 2 * count)
        self.need(144, count == self.channels, count)
        self.need(145, all(mode & 7 <= 4 for mode in segments[10][142 + count :]))
        self.need("origin", b"Dolby" not in segments[9], "it claims another maker's origin")


def violations(path, atmos):
    """What is broken in the file, as a list of sentences."""
    return Checker(path, atmos).run()
