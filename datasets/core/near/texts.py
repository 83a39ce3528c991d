"""Texts that are nearly the same: MinHash finds candidates, the sets themselves confirm them (STATISTICS 3.2)."""

import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Links = NDArray[np.int64]

SHINGLE = 5  # characters
PERMUTATIONS, BANDS = 128, 25
ROWS_A_BAND = PERMUTATIONS // BANDS  # pairs of Jaccard 0.8 meet in some band with probability 0.9999
JACCARD = 0.8
_ESTIMATE = 0.65  # four standard deviations of the estimate below
_AT_ONCE = 4_000_000  # characters hashed together, about 100 MB


def near_texts(texts: Sequence[str | None]) -> Links:
    """Pairs of texts whose sets of 5-character shingles have a Jaccard similarity of at least 0.8.

    Parameters
    ----------
    texts : sequence of str or None
        Case and blanks do not count. Texts under five characters have no shingle and pair with nothing.

    Returns
    -------
    ndarray of int64 of shape (n_pairs, 2)
        Places in `texts`, enough of them to connect what belongs together: not every pair of a large set is listed.

    Notes
    -----
    Broder (1997), On the resemblance and containment of documents. 25 bands of 5 minima; each candidate is confirmed.
    """
    plain = [_plain(text) for text in texts]
    places: dict[str, int] = {}
    first = np.array([places.setdefault(text, place) for place, text in enumerate(plain)], np.int64)
    known = np.array([len(text) >= SHINGLE for text in plain], bool)
    equal = np.flatnonzero(known & (first != np.arange(len(plain))))
    links = [np.column_stack([first[equal], equal])]
    rows = np.flatnonzero(known & (first == np.arange(len(plain))))
    if len(rows) > 1:
        minima = _minima([plain[row] for row in rows])
        confirmed = [(a, b) for a, b in _candidates(minima) if _jaccard(plain[rows[a]], plain[rows[b]]) >= JACCARD]
        links.append(rows[np.array(confirmed, np.int64).reshape(-1, 2)])
    return np.concatenate(links)


def _plain(text: str | None) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()) if text else ""


def _minima(texts: list[str]) -> NDArray[np.uint32]:
    """The signature of each text: its smallest shingle under each of 128 hash functions."""
    generator = np.random.default_rng(0)
    factors = generator.integers(0, 2**63, PERMUTATIONS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    terms = generator.integers(0, 2**63, PERMUTATIONS, dtype=np.uint64)
    powers = generator.integers(0, 2**63, SHINGLE, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    minima = np.empty((len(texts), PERMUTATIONS), np.uint32)
    for start, stop in _blocks([len(text) for text in texts]):
        lengths = np.array([len(text) for text in texts[start:stop]])
        codes = np.frombuffer("".join(texts[start:stop]).encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
        count = len(codes) - SHINGLE + 1
        hashed = np.zeros(count, np.uint64)
        for place in range(SHINGLE):
            hashed += codes[place : place + count] * powers[place]
        hashed ^= hashed >> np.uint64(29)
        hashed *= np.uint64(0xBF58476D1CE4E5B9)
        hashed ^= hashed >> np.uint64(32)
        begins = np.cumsum(lengths) - lengths
        whole = np.ones(count, bool)  # shingles that do not reach into the next text
        for place in range(1, SHINGLE):
            ends = begins[1:] - place
            whole[ends[ends < count]] = False
        hashed = hashed[whole]
        shingles = lengths - SHINGLE + 1
        firsts = np.cumsum(shingles) - shingles
        for place in range(PERMUTATIONS):
            values = ((hashed * factors[place] + terms[place]) >> np.uint64(32)).astype(np.uint32)
            minima[start:stop, place] = np.minimum.reduceat(values, firsts)
    return minima


def _blocks(lengths: list[int]) -> Iterator[tuple[int, int]]:
    start, held = 0, 0
    for place, length in enumerate(lengths):
        held += length
        if held >= _AT_ONCE or place == len(lengths) - 1:
            yield start, place + 1
            start, held = place + 1, 0


def _candidates(minima: NDArray[np.uint32]) -> list[tuple[int, int]]:
    """Pairs that share a band, and whose signatures agree well enough to be worth a count."""
    found: list[Links] = []
    generator = np.random.default_rng(1)
    weights = generator.integers(0, 2**63, ROWS_A_BAND, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    for band in range(BANDS):
        part = minima[:, band * ROWS_A_BAND : (band + 1) * ROWS_A_BAND].astype(np.uint64)
        keys = (part * weights).sum(1)
        order = np.argsort(keys, kind="stable")
        same = keys[order][1:] == keys[order][:-1]
        starts = np.flatnonzero(np.r_[True, ~same])
        # each with the next of its bucket, and with the first of it: enough to connect them
        head = np.repeat(order[starts], np.diff(starts, append=len(order)))
        found.append(np.column_stack([order[:-1][same], order[1:][same]]))
        found.append(np.column_stack([head[1:][same], order[1:][same]]))
    pairs = np.unique(np.sort(np.concatenate(found), axis=1), axis=0)
    chosen = []
    for start in range(0, len(pairs), 100_000):
        block = pairs[start : start + 100_000]
        agree = (minima[block[:, 0]] == minima[block[:, 1]]).mean(1)
        chosen += [(int(a), int(b)) for a, b in block[agree >= _ESTIMATE]]
    return chosen


def _jaccard(one: str, other: str) -> float:
    a, b = _shingles(one), _shingles(other)
    both = len(a & b)
    return both / (len(a) + len(b) - both)


def _shingles(text: str) -> set[str]:
    return {text[place : place + SHINGLE] for place in range(len(text) - SHINGLE + 1)}
