"""Pictures: the size is read from the header first, then decoded once and written again as a plain PNG of ours."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from datasets.core.errors import DataProblem, shown
from datasets.core.limits import Limits
from dlstart_web.kit.say import say

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
LONGEST_SIDE = 256  # what is kept; the original file stays whole in the vault

Image.MAX_IMAGE_PIXELS = None  # our own limit comes before, and in words

_TURNED = {"JPEG", "MPO", "WEBP", "TIFF"}  # formats whose files often say which side is up
_WHITES = (255, 4_095, 65_535)  # of 8, 12 and 16 bits
_GREY = {"1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"}


@dataclass(frozen=True)
class Picture:
    """A PNG, and whether it was made smaller."""

    cell: bytes
    shrunk: bool


def is_picture(head: bytes) -> bool:
    """Whether bytes begin as one of the formats read here."""
    return head.startswith(
        (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM", b"II*\0", b"MM\0*")
    ) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def encode_picture(content: bytes, name: str, limits: Limits) -> Picture:
    """Decode a picture of any mode and size (the first frame of several) and write it again, grey or in colour.

    No metadata is carried over.

    Parameters
    ----------
    content : bytes
    name : str
        The entry's name, for messages.
    limits : Limits

    Raises
    ------
    DataProblem
        With status 413 where the header says more pixels than are read; nothing was decoded then.
    OSError, ValueError, SyntaxError, EOFError, ...
        Whatever Pillow says of a picture that it cannot decode.
    """
    image: Image.Image = Image.open(io.BytesIO(content), formats=FORMATS)
    _refuse_size(image.size, name, limits)
    width, height = image.size
    shrink = max(width, height) > LONGEST_SIDE
    if shrink and image.format == "JPEG":
        image.draft(None, (LONGEST_SIDE, LONGEST_SIDE))  # decodes at a half, a fourth or an eighth, never below this
    image.load()
    if image.format in _TURNED or "exif" in image.info:
        image = ImageOps.exif_transpose(image)
    image = _plain(image)
    if shrink:
        image = image.resize(_fitted(*image.size), Image.Resampling.LANCZOS)
    return Picture(_png(image), shrink)


def _refuse_size(size: tuple[int, int], name: str, limits: Limits) -> None:
    width, height = size
    pixels = width * height
    if pixels > limits.image_pixels or max(size) > limits.image_side:
        of_pixels = pixels > limits.image_pixels
        limit = limits.image_pixels if of_pixels else limits.image_side
        words = say("{pixels:,.4g} MP; at most {limit:,.3g} MP are read", pixels=pixels / 1e6, limit=limit / 1e6)
        if not of_pixels:
            words = say("a side of {size:,} pixels; at most {limit:,} are read", size=max(size), limit=limit)
        raise DataProblem(
            "PICTURE_TOO_LARGE",
            say(
                "Picture '{name}' has {width:,} x {height:,} pixels: {words}.",
                name=shown(name),
                width=width,
                height=height,
                words=words,
            ),
            413,
            where=shown(name),
            limit=limit,
            found=pixels if of_pixels else max(size),
            next=say("Make the picture smaller, or leave it out."),
        )


def _fitted(width: int, height: int) -> tuple[int, int]:
    scale = LONGEST_SIDE / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _plain(image: Image.Image) -> Image.Image:
    """Grey or RGB; what is transparent shows white."""
    if image.mode in ("L", "RGB") and "transparency" not in image.info:
        return image
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _eight_bits(image)
    if image.mode == "1":
        return image.convert("L")
    if image.has_transparency_data:
        grey = image.mode in _GREY
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(ground, image).convert("L" if grey else "RGB")
    return image.convert("L" if image.mode in _GREY else "RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey in more than 8 bits: black stays black where cameras count from 0; other ranges fill all of 8 bits."""
    values = np.asarray(image.convert("I") if image.mode.startswith("I;16") else image, np.float64)
    low, high = float(values.min()), float(values.max())
    if not np.isfinite([low, high]).all():
        raise ValueError("pixels that are not finite")
    if image.mode != "F" and low >= 0 and high <= _WHITES[-1]:
        low, high = 0.0, next(white for white in _WHITES if high <= white)
    scale = 255 / (high - low) if high > low else 0.0
    return Image.fromarray(np.rint((values - low) * scale).astype(np.uint8))


def _png(image: Image.Image) -> bytes:
    # a new picture from bare pixels carries no metadata along
    bare = Image.frombytes(image.mode, image.size, image.tobytes())
    out = io.BytesIO()
    bare.save(out, "PNG", compress_level=1)
    return out.getvalue()
