"""Pictures and sounds as cells of a table: a PNG or a FLAC that we wrote ourselves, and what is in it."""

import hashlib
import io

import numpy as np
import soundfile
from numpy.typing import NDArray
from PIL import Image

PNG, FLAC = b"\x89PNG\r\n\x1a\n", b"fLaC"


def picture(cell: bytes) -> Image.Image:
    """The picture in a cell, decoded: mode L (grey) or RGB."""
    image = Image.open(io.BytesIO(cell), formats=("PNG",))
    image.load()
    return image


def sound(cell: bytes) -> tuple[NDArray[np.int16], int]:
    """The samples in a cell, of shape (n_frames, n_channels), and how many frames a second has."""
    samples, rate = soundfile.read(io.BytesIO(cell), dtype="int16", always_2d=True)
    return samples, int(rate)


def content_key(cell: bytes) -> bytes:
    """BLAKE2b of what one sees or hears: mode, size and pixels, or rate, channels and samples.

    Two cells have the same key exactly when they decode to the same, whatever library packed them.
    """
    if cell.startswith(PNG):
        image = picture(cell)
        head, body = f"picture {image.mode} {image.width} {image.height}\n", image.tobytes()
    elif cell.startswith(FLAC):
        samples, rate = sound(cell)
        head, body = f"sound {rate} {samples.shape[1]}\n", samples.tobytes()
    else:
        head, body = "bytes\n", cell
    return hashlib.blake2b(head.encode() + body, digest_size=16).digest()
