"""SipHash-2-4 of many short messages at once (Aumasson and Bernstein 2012): a keyed hash that needs no loop over rows."""

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
_BLOCK = 32_768  # messages whose state stays near the processor


def siphash(words: Words, key: bytes) -> Words:
    """The keyed 64-bit hash of each message.

    Parameters
    ----------
    words : ndarray of uint64 of shape (n_words, n_messages)
        The messages, all of one length, in words of eight bytes, little-endian.
    key : bytes
        16 bytes. Without them the hash looks like chance, even to who chooses the messages.

    Returns
    -------
    ndarray of uint64 of shape (n_messages,)
    """
    starts = range(0, words.shape[1], _BLOCK)
    return np.concatenate([_hashed(words[:, start : start + _BLOCK], key) for start in starts] or [words.sum(axis=0)])


def _hashed(words: Words, key: bytes) -> Words:
    begun = np.frombuffer(b"somepseudorandomlygeneratedbytes", ">u8") ^ np.frombuffer(2 * key, "<u8")
    v0, v1, v2, v3 = state = np.repeat(begun.astype(np.uint64)[:, None], words.shape[1], axis=1)
    room = np.empty_like(v0)
    length = np.uint64(8 * len(words) % 256 << 56)
    for word in (*words, length):
        v3 ^= word
        _round(state, room)
        _round(state, room)
        v0 ^= word
    v2 ^= np.uint64(0xFF)
    for _ in range(4):
        _round(state, room)
    hashed: Words = v0 ^ v1 ^ v2 ^ v3
    return hashed


def _round(state: Words, room: Words) -> None:
    v0, v1, v2, v3 = state
    v0 += v1
    _rotate(v1, 13, room)
    v1 ^= v0
    _rotate(v0, 32, room)
    v2 += v3
    _rotate(v3, 16, room)
    v3 ^= v2
    v0 += v3
    _rotate(v3, 21, room)
    v3 ^= v0
    v2 += v1
    _rotate(v1, 17, room)
    v1 ^= v2
    _rotate(v2, 32, room)


def _rotate(values: Words, bits: int, room: Words) -> None:
    np.left_shift(values, np.uint64(bits), out=room)
    np.right_shift(values, np.uint64(64 - bits), out=values)
    values |= room
