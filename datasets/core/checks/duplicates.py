"""Rows that stand in the file more than once, and equal rows that are labelled differently."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from datasets.core.canonical import batches
from datasets.core.checks.context import Context
from datasets.core.findings import Finding, Severity
from dlstart_web.kit.say import say_count

LOOK_ABOVE = 0.01


def duplicates(look: Context, features: Sequence[str]) -> Iterator[Finding]:
    """Count exact copies, and rows whose features come with more than one label."""
    if not features:
        return
    hashes = np.concatenate([frame.hash_rows(0).to_numpy() for frame in batches(look.path, features)])
    hashes, y = hashes[look.labelled], look.y[look.labelled]
    rows = len(y)
    repeated = _repeated(hashes)
    hashes, y = hashes[repeated], y[repeated]
    order = np.lexsort((y, hashes))
    hashes, y = hashes[order], y[order]
    same_row = hashes[1:] == hashes[:-1]
    copies = int((same_row & (y[1:] == y[:-1])).sum())
    content = np.cumsum(np.r_[True, ~same_row]) - 1
    torn = np.unique(content[1:][same_row & (y[1:] != y[:-1])])
    conflicting = int(np.bincount(content)[torn].sum()) if len(torn) else 0
    if copies:
        message = say_count(
            copies,
            "{count:,} duplicate: a row that stands in the file before. They will share a part.",
            "{count:,} duplicates: rows that stand in the file before. They will share a part.",
        )
        yield Finding("D103", _severity(copies, rows), None, message, {"rows": copies, "of": rows})
    if conflicting:
        message = say_count(
            len(torn),
            "{rows:,} conflicting rows: one set of equal features has different labels.",
            "{rows:,} conflicting rows: {count:,} sets of equal features have different labels.",
            rows=conflicting,
        )
        evidence = {"rows": conflicting, "sets": len(torn), "of": rows}
        yield Finding("D402", _severity(conflicting, rows), look.target, message, evidence)


def _repeated(hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which rows have a hash that another row has too."""
    ordered = np.sort(hashes)
    common = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not len(common):
        return np.zeros(len(hashes), bool)
    place = np.searchsorted(common, hashes).clip(0, len(common) - 1)
    repeated: NDArray[np.bool_] = common[place] == hashes
    return repeated


def _severity(found: int, rows: int) -> Severity:
    return "look" if found > LOOK_ABOVE * rows else "tip"
