"""Pictures that are nearly the same: a perceptual hash finds candidates, their pixels confirm them (STATISTICS 3.2)."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.fft import dctn

from datasets.core.media import picture

Links = NDArray[np.int64]

SIDE, LOW = 32, 8  # pixels of the small copy; lowest frequencies that make the 64 bits
HAMMING = 4
DIFFERENCE = 4.0  # of 255, the mean over all pixels of the small copies
_ROWS_AT_ONCE = 128


def small_copy(cell: bytes) -> NDArray[np.uint8]:
    """A picture of 32 x 32 in colour, shape (3072,)."""
    return np.asarray(picture(cell).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)).reshape(-1)


def perceptual_hashes(small: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """64 bits a picture: which of its 8 x 8 lowest cosine frequencies lie above their median, the constant one aside.

    Parameters
    ----------
    small : ndarray of uint8 of shape (n_pictures, 3072)

    Notes
    -----
    Zauner (2010), Implementation and Benchmarking of Perceptual Image Hash Functions, section 3.2.1 (DCT).
    """
    bits = []
    for start in range(0, len(small), 4_096):
        block = small[start : start + 4_096].reshape(-1, SIDE, SIDE, 3)
        grey = block @ np.array([0.299, 0.587, 0.114], np.float32)
        low = dctn(grey, axes=(1, 2))[:, :LOW, :LOW].reshape(len(block), -1)
        # a blank picture has no frequencies: rounding must not make bits of noise
        bits.append(np.round(low, 1) > np.round(np.median(low[:, 1:], axis=1, keepdims=True), 1))
    return np.packbits(np.concatenate(bits), axis=1).view(">u8").ravel().astype(np.uint64)


def near_pictures(small: NDArray[np.uint8], order: NDArray[np.uint64]) -> Links:
    """Pairs of pictures that are nearly the same, as stars: each joins one centre at most, and no centre joins another.

    Parameters
    ----------
    small : ndarray of uint8 of shape (n_pictures, 3072)
        Small copies of the pictures.
    order : ndarray of uint64 of shape (n_pictures,)
        Pictures become centres by ascending order, so that the same ones do whatever the order of the rows.

    Returns
    -------
    ndarray of int64 of shape (n_pairs, 2)
        Places of centre and member.
    """
    by_order = np.argsort(order, kind="stable")
    small = small[by_order]
    hashes = perceptual_hashes(small)
    joined = np.zeros(len(small), bool)
    links = []
    for start in range(0, len(small), _ROWS_AT_ONCE):
        rows = hashes[start : start + _ROWS_AT_ONCE]
        near = np.bitwise_count(rows[:, None] ^ hashes[None, start:]) <= HAMMING
        for place in np.flatnonzero(near.sum(1) > 1):
            centre = start + int(place)
            if joined[centre]:
                continue
            others = start + np.flatnonzero(near[place])
            others = others[(others > centre) & ~joined[others]]
            apart = np.abs(small[others].astype(np.int16) - small[centre].astype(np.int16)).mean(1)
            members = others[apart <= DIFFERENCE]
            joined[members] = True
            links += [(centre, int(member)) for member in members]
    return by_order[np.array(links, np.int64).reshape(-1, 2)]
