"""Archives of pictures and sounds that are broken or mean harm, made as they are needed.

`REFUSED` holds name -> (content, code, status, words of the message); `ACCEPTED` holds name -> (content, rows, codes of
the findings).
"""

import io
import pickle
import stat
import struct
import sys
import zipfile
import zlib

import numpy as np
import soundfile
from PIL import Image

from datasets.core.limits import Limits

# what a small machine would allow: every limit can be met by a small file
SMALL = Limits(
    upload=500_000, zip_entries=60, zip_unpacked=2_500_000, zip_entry=2_000_000, image_pixels=40_000, image_side=250,
    sound_seconds=5,
)  # fmt: skip


def picture(seed: int = 0, size: tuple[int, int] = (9, 7), mode: str = "RGB", kind: str = "PNG", **options) -> bytes:
    """A picture of random pixels."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(out, kind, **options)
    return out.getvalue()


def sound(seed: int = 0, seconds: float = 0.2, rate: int = 8_000, kind: str = "WAV", channels: int = 1) -> bytes:
    """A recording of noise."""
    samples = np.random.default_rng(seed).normal(0, 0.1, (int(seconds * rate), channels))
    out = io.BytesIO()
    soundfile.write(out, samples, rate, format=kind, subtype="PCM_16")
    return out.getvalue()


def pictures(count: int = 20) -> dict[str, bytes]:
    """A good archive's entries: two classes."""
    return {f"{'cat' if i % 2 else 'dog'}/{i}.png": picture(i) for i in range(count)}


def sounds(count: int = 20) -> dict[str, bytes]:
    return {f"{'drum' if i % 2 else 'bell'}/{i}.wav": sound(i) for i in range(count)}


def zipped(entries: dict[str, bytes] | list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive; a list may hold a name twice."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in entries.items() if isinstance(entries, dict) else entries:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            archive.writestr(info, content)
    return out.getvalue()


def with_mode(mode: int) -> bytes:
    """Good pictures and one entry of another kind of file, such as a link."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in pictures().items():
            archive.writestr(name, content)
        info = zipfile.ZipInfo("cat/s.png")
        info.create_system, info.external_attr = 3, (mode | 0o644) << 16
        archive.writestr(info, "/etc/passwd")
    return out.getvalue()


def renamed(old: bytes, new: bytes, *, everywhere: bool = True) -> bytes:
    """Good pictures with a name changed behind the archive's back; the lengths must agree."""
    assert len(old) == len(new)
    content = zipped(pictures() | {old.decode(): picture(99)})
    return content.replace(old, new) if everywhere else content[::-1].replace(old[::-1], new[::-1], 1)[::-1]


def patched(field: int, value: bytes, *, entry: int = 0) -> bytes:
    """Good pictures with bytes of one directory record changed: `field` counts from the record's start."""
    content = bytearray(zipped(pictures()))
    place = -1
    for _ in range(entry + 1):
        place = content.index(b"PK\x01\x02", place + 1)
    content[place + field : place + field + len(value)] = value
    return bytes(content)


def end_record(field: int, value: bytes) -> bytes:
    content = bytearray(zipped(pictures()))
    place = content.rindex(b"PK\x05\x06")
    content[place + field : place + field + len(value)] = value
    return bytes(content)


def overlapping() -> bytes:
    """Two directory records that share one entry's bytes."""
    content = zipped(pictures())
    first = content.index(b"PK\x01\x02")
    second = content.index(b"PK\x01\x02", first + 1)
    offset = content[first + 42 : first + 46]
    local = struct.unpack("<L", offset)[0]
    changed = bytearray(content)
    # the second record and a copy of its local header point into the first entry's bytes
    name = content[second + 46 : second + 46 + 9]
    inside = local + 30 + 9
    changed[inside : inside + 30] = content[local : local + 30]
    changed[inside + 30 : inside + 39] = name
    changed[second + 42 : second + 46] = struct.pack("<L", inside)
    return bytes(changed)


def png_of_size(width: int, height: int) -> bytes:
    """A PNG whose header says so and whose pixels are a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))

    head = struct.pack(">2L5B", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")


def wav_header(rate: int, channels: int, data_bytes: int) -> bytes:
    """A WAV whose header promises more than it holds."""
    width = channels * 2
    head = struct.pack("<4sLHHLLHH", b"fmt ", 16, 1, channels, rate, rate * width, width, 16)
    body = b"WAVE" + head + struct.pack("<4sL", b"data", data_bytes) + b"\0" * 64
    return b"RIFF" + struct.pack("<L", 36 + data_bytes) + body


class Payload:
    """Stops the tests when it is unpickled."""

    def __reduce__(self):
        return sys.exit, ("a pickle was loaded",)


GOOD = zipped(pictures())
GOOD_SOUND = zipped(sounds())
TABLE = "file,label\n" + "".join(f"pictures/{i}.png,{'cat' if i % 2 else 'dog'}\n" for i in range(20))
BY_TABLE = {f"pictures/{i}.png": picture(i) for i in range(20)} | {"labels.csv": TABLE.encode()}
NO_PICTURE = b"this is no picture at all " * 4
CUT = picture(1, (60, 60))[:-300]

REFUSED: dict[str, tuple[bytes, str, int, str]] = {
    # the archive itself
    "cut in the middle": (GOOD[: len(GOOD) // 2], "ARCHIVE_BROKEN", 422, "no directory at its end"),
    "only its magic": (b"PK\x03\x04", "ARCHIVE_BROKEN", 422, "no directory"),
    "no entries": (zipped({}), "NO_ROWS", 422, "no files"),
    "folders alone": (zipped({"cat/": b"", "dog/": b""}), "NO_ROWS", 422, "no files"),
    "litter alone": (zipped({"__MACOSX/._a.png": b"x", ".DS_Store": b"x"}), "NO_ROWS", 422, "no files"),
    "count lies small": (end_record(8, b"\x01\x00\x01\x00"), "ARCHIVE_BROKEN", 422, "says 1"),
    "count lies big": (end_record(8, b"\x30\x00\x30\x00"), "ARCHIVE_BROKEN", 422, "says 48"),
    "several discs": (end_record(4, b"\x01\x00"), "ARCHIVE_BROKEN", 422, "several files"),
    "directory outside": (end_record(16, b"\xf0\xff\xff\x7f"), "ARCHIVE_BROKEN", 422, "outside the file"),
    "directory too short": (end_record(12, b"\x10\x00\x00\x00"), "ARCHIVE_BROKEN", 422, "entries and says"),
    "directory of zeros": (GOOD.replace(b"PK\x01\x02", b"\0\0\0\0"), "ARCHIVE_BROKEN", 422, "does not add up"),
    "local headers gone": (GOOD[:4] + GOOD[4:].replace(b"PK\x03\x04", b"\0\0\0\0"), "ARCHIVE_BROKEN", 422, "not where"),
    "encrypted": (patched(8, b"\x01\x00"), "ARCHIVE_ENCRYPTED", 422, "Entry 1"),
    "packed by bzip2": (zipped(pictures(), zipfile.ZIP_BZIP2), "ARCHIVE_METHOD", 422, "method 12"),
    "packed by lzma": (zipped(pictures(), zipfile.ZIP_LZMA), "ARCHIVE_METHOD", 422, "method 14"),
    "method lies": (patched(10, b"\x00\x00"), "ARCHIVE_BROKEN", 422, "differently"),
    "checksum lies": (patched(16, b"\x00\x00\x00\x00"), "ARCHIVE_BROKEN", 422, "checksum"),
    "size lies small": (patched(24, b"\x10\x00\x00\x00"), "ARCHIVE_BROKEN", 422, "size does not match the 16 bytes"),
    "size lies big": (patched(24, b"\x00\x40\x00\x00"), "ARCHIVE_BROKEN", 422, "size does not match"),
    "packed size lies": (patched(20, b"\x05\x00\x00\x00"), "ARCHIVE_BROKEN", 422, "does not match"),
    "offset lies": (patched(42, b"\x03\x00\x00\x00"), "ARCHIVE_BROKEN", 422, "not where"),
    "offset outside": (patched(42, b"\xff\xff\xff\x7f"), "ARCHIVE_BROKEN", 422, "not where"),
    "overlap": (overlapping(), "ARCHIVE_BROKEN", 422, "overlaps"),
    # names
    "dots": (zipped(pictures() | {"../evil.png": picture()}), "ARCHIVE_NAME", 422, "leaves the archive"),
    "dots inside": (zipped(pictures() | {"cat/../../evil.png": picture()}), "ARCHIVE_NAME", 422, "leaves the archive"),
    "absolute": (zipped(pictures() | {"/etc/evil.png": picture()}), "ARCHIVE_NAME", 422, "leaves the archive"),
    "drive": (zipped(pictures() | {"C:/evil.png": picture()}), "ARCHIVE_NAME", 422, "leaves the archive"),
    "backslash": (renamed(b"cat/xevil.png", b"cat\\xevil.png"), "ARCHIVE_NAME", 422, "leaves the archive"),
    "network path": (renamed(b"nnhost/x.png", b"\\\\host/x.png"), "ARCHIVE_NAME", 422, "leaves the archive"),
    "NUL in a name": (renamed(b"cat/ok.png!.html", b"cat/ok.png\0.html"), "ARCHIVE_NAME", 422, "control characters"),
    "line end in a name": (zipped(pictures() | {"cat/a\nb.png": picture()}), "ARCHIVE_NAME", 422, "control"),
    "escape in a name": (zipped(pictures() | {"cat/\x1b[31m.png": picture()}), "ARCHIVE_NAME", 422, "control"),
    "empty folder name": (zipped(pictures() | {"cat//a.png": picture()}), "ARCHIVE_NAME", 422, "empty folder"),
    "a dot as folder": (zipped(pictures() | {"./cat/a.png": picture()}), "ARCHIVE_NAME", 422, "empty folder"),
    "too deep": (zipped(pictures() | {"a/" * 9 + "a.png": picture()}), "ARCHIVE_NAME", 422, "8 folders deep"),
    "too long": (zipped(pictures() | {"a" * 2_000 + ".png": picture()}), "ARCHIVE_NAME", 422, "1,024 bytes"),
    "twice": (renamed(b"cat/zz.png", b"cat/01.png").replace(b"cat/01.png", b"cat/11.png"), "ARCHIVE_NAME", 422, "twice"),
    "directory and entry differ": (
        renamed(b"cat/zzz.png", b"cat/qqq.png", everywhere=False), "ARCHIVE_BROKEN", 422, "differently",
    ),
    "name that is no UTF-8": (
        renamed("cat/ä.png".encode(), b"cat/\xff\xfe.png"), "ARCHIVE_NAME", 422, "said to be UTF-8",
    ),
    # what an entry is
    "link": (with_mode(stat.S_IFLNK), "ARCHIVE_LINK", 422, "cat/s.png"),
    "pipe": (with_mode(stat.S_IFIFO), "ARCHIVE_LINK", 422, "cat/s.png"),
    "device": (with_mode(stat.S_IFCHR), "ARCHIVE_LINK", 422, "cat/s.png"),
    "archive inside": (zipped(pictures() | {"more.zip": GOOD}), "ARCHIVE_INSIDE", 422, "more.zip"),
    "gzip inside": (zipped(pictures() | {"more.gz": b"\x1f\x8b\x08\0" * 9}), "ARCHIVE_INSIDE", 422, "more.gz"),
    "pickle inside": (zipped(pictures() | {"x.bin": pickle.dumps(Payload())}), "WRONG_KIND", 415, "may hold code"),
    "model inside": (zipped(pictures() | {"model.pt": GOOD}), "WRONG_KIND", 415, "may hold code"),
    "array inside": (zipped(pictures() | {"x.npy": b"\x93NUMPY\1\0"}), "WRONG_KIND", 415, "may hold code"),
    # too much
    "too many entries": (
        zipped({f"cat/{i}.png": b"x" for i in range(70)}), "TOO_MANY_ENTRIES", 413, "70 entries; at most 60",
    ),
    "bomb by ratio": (zipped(pictures() | {"cat/b.bmp": b"\0" * 1_900_000}), "UNPACKED_TOO_LARGE", 413, "100 : 1"),
    "bomb by sum": (
        zipped(pictures() | {f"{i}.bmp": b"\0" * 900_000 for i in range(3)}), "UNPACKED_TOO_LARGE", 413, "2,500,000",
    ),
    "bomb in one entry": (
        zipped(pictures() | {"cat/b.bmp": np.random.default_rng(0).integers(0, 2, 2_100_000, dtype=np.uint8).tobytes()}),
        "UNPACKED_TOO_LARGE", 413, "from one entry",
    ),
    "declares a lot": (patched(24, b"\xfe\xff\xff\xff"), "UNPACKED_TOO_LARGE", 413, "unpacks to 4,294,"),
    # pictures
    "picture bomb": (zipped(pictures() | {"cat/b.png": png_of_size(30_000, 30_000)}), "PICTURE_TOO_LARGE", 413, "900 MP"),
    "picture of 2^31": (
        zipped(pictures() | {"cat/b.png": png_of_size(2**31 - 1, 1)}), "PICTURE_TOO_LARGE", 413, "2,147,483,647",
    ),
    "picture too wide": (zipped(pictures() | {"cat/b.png": png_of_size(300, 2)}), "PICTURE_TOO_LARGE", 413, "a side of"),
    "text as pictures": (
        zipped({f"cat/{i}.png": NO_PICTURE for i in range(20)}), "MEDIA_BROKEN", 422, "cat/0.png",
    ),
    "empty pictures": (zipped({f"cat/{i}.png": b"" for i in range(20)}), "MEDIA_BROKEN", 422, "cat/1.png"),
    "cut pictures": (zipped({f"cat/{i}.png": CUT for i in range(20)}), "MEDIA_BROKEN", 422, "cannot be decoded"),
    "pixels of nothing": (
        zipped({f"cat/{i}.png": png_of_size(20, 20) for i in range(20)}), "MEDIA_BROKEN", 422, "cannot be decoded",
    ),
    "SVG as picture": (zipped({f"cat/{i}.svg": b"<svg/>" for i in range(20)}), "NO_MEDIA", 415, "cat/0.svg"),
    # sounds
    "sound too long": (zipped(sounds() | {"drum/l.wav": sound(1, 6, 1_000)}), "SOUND_TOO_LONG", 413, "6 seconds"),
    "header promises a lot": (
        zipped({f"a/{i}.wav": wav_header(8_000, 1, 2**31) for i in range(12)}), "MEDIA_BROKEN", 422, "cannot be decoded",
    ),
    "no channels": (
        zipped({f"a/{i}.wav": wav_header(8_000, 0, 64) for i in range(12)}), "MEDIA_BROKEN", 422, "cannot be decoded",
    ),
    "text as sounds": (zipped({f"a/{i}.wav": NO_PICTURE for i in range(20)}), "MEDIA_BROKEN", 422, "a/0.wav"),
    "cut FLAC": (
        zipped({f"a/{i}.flac": sound(i, kind="FLAC")[:20] for i in range(20)}), "MEDIA_BROKEN", 422, "a/0.flac",
    ),
    # what they are together
    "pictures and sounds": (zipped(pictures(10) | sounds(10)), "MEDIA_MIXED", 422, "at once"),
    "documents": (zipped({"a.txt": b"x", "b.md": b"y"}), "NO_MEDIA", 415, "'a.txt', 'b.md'"),
    "too few": (zipped(pictures(5)), "TOO_FEW_ROWS", 422, "5 rows"),
    "CSV that names nothing": (
        zipped(BY_TABLE | {"labels.csv": b"file,label\n" + b"no.png,cat\n" * 20}), "FILES_NOT_NAMED", 422, "0 of 20",
    ),
    "CSV that names a file twice": (
        zipped(BY_TABLE | {"labels.csv": (TABLE + "pictures/3.png,dog\n").encode()}), "FILES_NOT_NAMED", 422, "twice",
    ),
    "CSV with our column": (
        zipped(BY_TABLE | {"labels.csv": TABLE.replace("file,label", "file,label,name").replace("cat\n", "cat,x\n")
                           .replace("dog\n", "dog,y\n").encode()}), "DUPLICATE_COLUMN", 422, "'name'",
    ),
    "broken CSV": (zipped(BY_TABLE | {"labels.csv": b'file,label\n"a,b\n'}), "QUOTE_OPEN", 422, "never closes"),
}  # fmt: skip

LITTER = {"__MACOSX/cat/._1.png": b"x", "cat/Thumbs.db": b"x", "cat/desktop.ini": b"x", ".DS_Store": b"x"}
ACCEPTED: dict[str, tuple[bytes, int, list[str]]] = {
    "good": (GOOD, 20, []),
    "good sounds": (GOOD_SOUND, 20, []),
    "stored, not packed": (zipped(pictures(), zipfile.ZIP_STORED), 20, []),
    "one top folder": (zipped({f"set/{name}": content for name, content in pictures().items()}), 20, ["D124"]),
    "litter": (zipped(pictures() | LITTER), 20, ["D121"]),
    "a readme": (zipped(pictures() | {"README.txt": b"hello", "LICENSE": b"free"}), 20, ["D122"]),
    "one of 21 cut": (zipped(pictures() | {"cat/cut.png": CUT}), 20, ["D122"]),
    "train and test folders": (
        zipped({f"{'train' if i < 15 else 'test'}/{'ab'[i % 2]}/{i}.png": picture(i) for i in range(20)}), 20, ["D124"],
    ),
    "by a table": (zipped(BY_TABLE), 20, []),
    "markup as class": (
        zipped({name.replace("cat", "<script>alert(1)<"): content for name, content in pictures().items()}), 20, [],
    ),
    "a comment behind": (GOOD[:-2] + b"\x05\x00hello", 20, []),
    "something before": (b"PK\x03\x04" + GOOD[4:], 20, []),
}  # fmt: skip
