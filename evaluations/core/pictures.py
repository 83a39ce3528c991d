"""Pictures as numbers: small grey or colour tensors for a network, and gradient cells for everything else."""

import io

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
LONGEST_SIDE, SHORTEST_SIDE = 64, 8
SAMPLE = 500  # pictures that side and colour are taken from
CELLS = 8  # at most so many cells a side
BINS = 9
_CHUNK = 2_048


def shape_of(cells: pl.Series) -> tuple[int, int]:
    """Side and channels (1 or 3) that serve a column of pictures: the usual longest side, at most 64 pixels."""
    known = cells.drop_nulls()
    step = max(1, len(known) // SAMPLE)
    sides, colour = [], False
    for cell in known.gather_every(step):
        image = _open(cell)
        sides.append(max(image.size))
        colour = colour or (image.mode == "RGB" and _is_coloured(image))
    side = int(np.median(sides)) if sides else SHORTEST_SIDE
    return int(np.clip(side, SHORTEST_SIDE, LONGEST_SIDE)), 3 if colour else 1


def pixels(cells: pl.Series, side: int, channels: int) -> Pixels:
    """Pictures of shape (n, side, side, channels): stretched to the square, missing ones black."""
    mode = "RGB" if channels == 3 else "L"
    out = np.zeros((len(cells), side, side, channels), np.uint8)
    for place, cell in enumerate(cells):
        if cell is None:
            continue
        image = _open(cell)
        if image.mode != mode:
            image = image.convert(mode)
        if image.size != (side, side):
            image = image.resize((side, side), Image.Resampling.BILINEAR)
        out[place] = np.asarray(image).reshape(side, side, channels)
    return out


def gradient_cells(pictures: Pixels) -> NDArray[np.float32]:
    """Directions of edges, weighted by their strength, in up to 8 x 8 cells, and the mean of each cell and channel.

    Parameters
    ----------
    pictures : ndarray of uint8 of shape (n, side, side, channels)

    Returns
    -------
    ndarray of shape (n, cells * cells * (9 + channels))

    Notes
    -----
    After Dalal and Triggs (2005), Histograms of oriented gradients for human detection, with one block norm a picture.
    """
    n, side, _, channels = pictures.shape
    cells, size = _grid(side)
    out = np.empty((n, width_of(side, channels)), np.float32)
    for start in range(0, n, _CHUNK):
        part = pictures[start : start + _CHUNK].astype(np.float32) / 255
        grey = part.mean(axis=3)
        across, down = np.zeros_like(grey), np.zeros_like(grey)
        across[:, :, 1:-1], down[:, 1:-1] = grey[:, :, 2:] - grey[:, :, :-2], grey[:, 2:] - grey[:, :-2]
        strength = np.hypot(across, down)
        angle = (np.arctan2(down, across) % np.pi) * (BINS / np.pi)
        lower = np.floor(angle)
        share, lower = angle - lower, lower.astype(np.int8) % BINS
        bins = [
            _cell_sums(strength * ((lower == i) * (1 - share) + ((lower + 1) % BINS == i) * share), cells, size)
            for i in range(BINS)
        ]
        edges = np.stack(bins, axis=-1)
        norm = np.sqrt((edges**2).sum(axis=-1, keepdims=True) + 1e-3)
        edges /= norm.mean(axis=(1, 2), keepdims=True) + norm
        means = [_cell_sums(part[..., c], cells, size) / size**2 for c in range(channels)]
        rows = len(part)
        out[start : start + rows] = np.hstack([edges.reshape(rows, -1), *(m.reshape(rows, -1) for m in means)])
    return out


def width_of(side: int, channels: int) -> int:
    """How many numbers `gradient_cells` gives."""
    cells, _ = _grid(side)
    return cells * cells * (BINS + channels)


def _grid(side: int) -> tuple[int, int]:
    """Cells a side and pixels a cell."""
    size = max(4, -(-side // CELLS)) if side >= 2 * 4 else 4
    return max(1, side // size), size


def _cell_sums(values: NDArray[np.floating], cells: int, size: int) -> NDArray[np.floating]:
    kept = cells * size
    sums: NDArray[np.floating] = values[:, :kept, :kept].reshape(len(values), cells, size, cells, size).sum(axis=(2, 4))
    return sums


def _open(cell: bytes) -> Image.Image:
    return Image.open(io.BytesIO(cell), formats=("PNG",))


def _is_coloured(image: Image.Image) -> bool:
    array = np.asarray(image).astype(np.int16)
    return bool(np.abs(array - array.mean(axis=2, keepdims=True)).max() > 8)
