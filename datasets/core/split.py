"""Rows to parts: units that never straddle, sticky quotas by keyed hash (STATISTICS 3.1). Cuts in time: `timecut`."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from datasets.core.canonical import canonical_keys
from datasets.core.corrections import Kind
from datasets.core.parts import PARTS

__all__ = [
    "PARTS",
    "RETIRED",
    "SHARES",
    "UNKNOWN",
    "Assignments",
    "Design",
    "Units",
    "assign_parts",
    "canonical_keys",
    "deciles",
    "group_keys",
    "is_pooled",
    "join_groups",
    "split_oversized",
    "unit_position",
]

Keys = NDArray[np.uint64]
Codes = NDArray[np.int64]
Parts = NDArray[np.uint8]
Counts = NDArray[np.int64]

RETIRED = 4  # was sealed once, is used no more, and never enters train
SHARES = (0.6, 0.2, 0.1, 0.1)
POOLED_BELOW = 600
UNKNOWN = 255  # the part of a unit never seen


@dataclass(frozen=True)
class Design:
    """How the rows are to be divided.

    Parameters
    ----------
    kind : {"random", "group", "time"}
    target : str
    task : {"binary", "multiclass", "regression"}
    group, time : str or None
        The column that names the group, or tells the time, where the kind asks for it.
    drop : sequence of str
        Columns that are no features: those ignored by the team and those that number the rows.
    shares : tuple of float
        Of train, validation, checkpoint and final.
    pooled : bool or None
        Whether checkpoint and final are one set; None lets the number of test rows decide (below 600), and what
        earlier versions had.
    kinds : mapping of str to Kind
        Of the columns, as people were shown them; found from the types where left out.
    horizon : float
        For cuts in time: how long after its row a label is known, in days where the time is a date, else in its unit.
    merged : dict of str to str
        Spellings of labels and the label each is read as.
    """

    kind: Literal["random", "group", "time"]
    target: str
    task: str
    group: str | None = None
    time: str | None = None
    drop: Sequence[str] = ()
    shares: tuple[float, float, float, float] = SHARES
    pooled: bool | None = None
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    horizon: float = 0.0
    merged: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Units:
    """The different keys of the rows, sorted; the place of each row's among them; and the rows of each."""

    keys: Keys
    of_row: NDArray[np.int32]
    sizes: NDArray[np.int32]

    @classmethod
    def of(cls, keys: Keys) -> "Units":
        """From one key a row: np.unique in half its time and memory."""
        order = np.argsort(keys)
        ordered = keys[order]
        new = np.ones(len(keys), bool)
        np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
        units = ordered[new]
        del ordered
        place = np.cumsum(new, dtype=np.int32)
        place -= 1
        of_row = np.empty(len(keys), np.int32)
        of_row[order] = place
        del order, place
        starts = np.flatnonzero(new).astype(np.int32)
        return cls(units, of_row, np.diff(starts, append=np.int32(len(keys))))


@dataclass(frozen=True)
class Assignments:
    """Units and their parts, sorted by key; units of deleted rows are kept for ever."""

    keys: Keys
    parts: Parts

    @classmethod
    def empty(cls) -> "Assignments":
        """No unit yet."""
        return cls(np.empty(0, np.uint64), np.empty(0, np.uint8))

    @classmethod
    def of(cls, keys: Keys | Units, parts: Parts) -> "Assignments":
        """From one key and part a row; the rows of a unit share their part."""
        units = keys if isinstance(keys, Units) else Units.of(keys)
        of_unit = np.empty(len(units.keys), np.uint8)
        of_unit[units.of_row] = parts
        return cls(units.keys, of_unit)

    @classmethod
    def read(cls, path: Path) -> "Assignments":
        """From the Parquet file that `write` made."""
        frame = pl.read_parquet(path)
        words = {word: code for code, word in enumerate((*PARTS, "retired"))}
        parts = frame["part"].cast(pl.String).replace_strict(words, return_dtype=pl.UInt8)
        return cls(frame["unit"].to_numpy(), parts.to_numpy())

    def write(self, path: Path) -> None:
        """To a Parquet file: unit, part."""
        words = pl.Series([*PARTS, "retired"])
        frame = pl.DataFrame({"unit": self.keys, "part": words.gather(self.parts)})
        frame.write_parquet(path, compression="zstd", compression_level=1)

    def find(self, keys: Keys) -> Parts:
        """The part of each key; 255 where it is not known."""
        found = np.full(len(keys), UNKNOWN, np.uint8)
        if len(self.keys):
            place = np.searchsorted(self.keys, keys).clip(0, len(self.keys) - 1)
            known = self.keys[place] == keys
            found[known] = self.parts[place[known]]
        return found

    def updated(self, other: "Assignments") -> "Assignments":
        """These and the other ones; the other ones win."""
        if not len(self.keys):
            return other
        rest = other.find(self.keys) == UNKNOWN
        keys = np.concatenate([other.keys, self.keys[rest]])
        return Assignments.of(keys, np.concatenate([other.parts, self.parts[rest]]))


def _digest(data: bytes, secret: bytes) -> bytes:
    return hashlib.blake2b(data, key=secret, digest_size=8).digest()


def unit_position(value: bytes | str, secret: bytes) -> float:
    """Where a unit stands in [0, 1): the first 52 bits of its keyed hash.

    Parameters
    ----------
    value : bytes or str
        Canonical row, or group value.
    secret : bytes
        The dataset's secret, at most 64 bytes.
    """
    data = value.encode() if isinstance(value, str) else value
    return float((int.from_bytes(_digest(data, secret), "big") >> 12) / 2.0**52)


def is_pooled(rows: int, shares: Sequence[float] = SHARES) -> bool:
    """Whether the test rows are too few for two tiers (below 600)."""
    return rows * (shares[2] + shares[3]) < POOLED_BELOW - 1e-6


def group_keys(groups: pl.Series, secret: bytes, content: Keys) -> Keys:
    """The key of each row's group; a row without a group keeps the key of its content."""
    values = groups.unique().drop_nulls()
    if values.is_empty():
        return content
    texts = [repr(value + 0.0) if isinstance(value, float) else _text(value) for value in values.to_list()]
    hashed = np.frombuffer(b"".join(_digest(text.encode(), secret) for text in texts), ">u8").astype(np.uint64)
    place = groups.replace_strict(values, np.arange(len(values)), default=None, return_dtype=pl.Int64)
    known = place.is_not_null().to_numpy()
    keys = content.copy()
    keys[known] = hashed[place.drop_nulls().to_numpy()]
    return keys


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)


def deciles(target: np.ndarray) -> Codes:
    """The decile of each number; fewer where many numbers are equal."""
    edges = np.unique(np.quantile(target, np.arange(1, 10) / 10))
    return np.searchsorted(edges, target, side="right").astype(np.int64)


def split_oversized(keys: Keys, strata: Codes, secret: bytes, stored: Assignments) -> tuple[Keys, int]:
    """Give the rows of a too common content keys of their own: the content's key and the ordinal of the copy.

    A content is too common above 50 rows and above 1 % of its class. One that already has a part keeps it whole, and
    one whose rows were divided before stays divided, so that no row leaves the part it was sealed in.

    Returns
    -------
    keys : ndarray of uint64
        New keys for those rows, the old ones elsewhere.
    rows : int
        How many rows got keys of their own.
    """
    if not len(stored.keys) and not _has_runs(keys, 50):
        return keys, 0
    found = Units.of(keys)
    units, unit_of, counts = found.keys, found.of_row, found.sizes
    class_rows = np.bincount(strata)
    several = np.flatnonzero(counts > 1)
    limit = np.maximum(50, 0.01 * class_rows[_majority(unit_of, strata, len(units), counts)[several]])
    whole = stored.find(units[several]) != UNKNOWN
    firsts = np.array([_ordinal_key(int(units[unit]), 0, secret) for unit in several], np.uint64)
    divided = stored.find(firsts) != UNKNOWN
    chosen = several[((counts[several] > limit) & ~whole) | divided]
    if not len(chosen):
        return keys, 0
    keys = keys.copy()
    flag = np.zeros(len(units), bool)
    flag[chosen] = True
    rows = np.flatnonzero(flag[unit_of])
    rows = rows[np.argsort(unit_of[rows], kind="stable")]
    starts = np.flatnonzero(np.diff(unit_of[rows], prepend=-1))
    ordinals = np.arange(len(rows)) - np.repeat(starts, np.diff(starts, append=len(rows)))
    keys[rows] = [_ordinal_key(int(key), int(n), secret) for key, n in zip(keys[rows], ordinals, strict=True)]
    return keys, len(rows)


def _has_runs(keys: Keys, longest: int) -> bool:
    """Whether any key stands more than `longest` times: cheap, and most tables have none."""
    ordered = np.sort(keys)
    return bool((ordered[longest:] == ordered[: max(0, len(keys) - longest)]).any())


def _ordinal_key(key: int, ordinal: int, secret: bytes) -> int:
    return int.from_bytes(_digest(key.to_bytes(8, "big") + ordinal.to_bytes(8, "big"), secret), "big")


def join_groups(groups: Keys, content: Keys, stored: Assignments) -> tuple[Keys, int]:
    """Join groups that share a content: one key for each connected component.

    A component takes the key of its smallest stored group, so that new groups follow; groups with parts of their own
    keep them. Content above 50 rows and 1 % of the rows ties nothing, nor does a component above a tenth of the rows.

    Returns
    -------
    keys : ndarray of uint64
    joined : int
        How many groups share their unit with another one.
    """
    group_names, group_of = np.unique(groups, return_inverse=True)
    contents, content_of, counts = np.unique(content, return_inverse=True, return_counts=True)
    ties = (counts > 1) & (counts <= max(50, 0.01 * len(groups)))
    rows = np.flatnonzero(ties[content_of])
    if not len(rows):
        return groups, 0
    size = len(group_names)
    nodes = size + len(contents)
    links = (np.ones(len(rows), np.int8), (group_of[rows], size + content_of[rows]))
    edges = coo_array(links, shape=(nodes, nodes))
    component = connected_components(edges, directed=False)[1][:size]
    members = np.bincount(component)
    component_rows = np.bincount(component[group_of])
    tied = (members[component] > 1) & (component_rows[component] <= max(50, 0.1 * len(groups)))
    known = stored.find(group_names) != UNKNOWN
    # stored groups first, then by key: the first of each component names it
    order = np.lexsort((group_names, ~known, component))
    first = order[np.searchsorted(component[order], np.arange(len(members)))]
    renamed = np.where(tied & ~known, group_names[first[component]], group_names)
    return renamed[group_of], int((renamed != group_names).sum())


def _majority(unit_of: NDArray[np.int32], strata: Codes, units: int, counts: NDArray[np.int32]) -> NDArray[np.int32]:
    """The commonest stratum of each unit, the first of equals."""
    result = np.zeros(units, np.int32)
    result[unit_of] = strata
    rows = np.flatnonzero((counts > 1)[unit_of])
    if len(rows):
        width = int(strata.max()) + 1
        pairs, times = np.unique(unit_of[rows].astype(np.int64) * width + strata[rows], return_counts=True)
        order = np.lexsort((pairs, -times))[::-1]
        result[pairs[order] // width] = pairs[order] % width
    return result


def assign_parts(
    keys: Keys | Units,
    strata: Codes,
    stored: Assignments | None = None,
    *,
    shares: Sequence[float] = SHARES,
    pooled: bool = False,
) -> Parts:
    """Sticky quota assignment.

    Every unit that was assigned before keeps its part. Strata go by descending size; the new units of one, sorted by
    key, fill each part's floor of its share less what it has, and what is left over goes to the part furthest below
    its share of all rows so far, at most one unit a part.

    Parameters
    ----------
    keys : ndarray of uint64 of shape (n_rows,), or Units
        The unit of each row.
    strata : ndarray of int of shape (n_rows,)
        Class or decile of each row; a unit counts to the commonest of its rows.
    stored : Assignments, optional
        Assignments of earlier versions.
    shares : sequence of 4 float
    pooled : bool
        Whether the checkpoint's share goes to the final part.

    Returns
    -------
    ndarray of uint8 of shape (n_rows,)
        Place in `PARTS`; 4 for rows that were retired.
    """
    stored = stored or Assignments.empty()
    wanted = np.array([shares[0], shares[1], 0.0, shares[2] + shares[3]] if pooled else shares)
    units = keys if isinstance(keys, Units) else Units.of(keys)
    sizes = units.sizes
    stratum = _majority(units.of_row, strata, len(units.keys), sizes)
    part = stored.find(units.keys)
    rows_of = np.bincount(stratum, sizes).astype(np.int64)
    order = np.argsort(stratum.astype(np.uint16), kind="stable")  # units are sorted by key, so each stratum's are
    bounds = np.cumsum(np.r_[0, np.bincount(stratum)])
    del stratum  # there may be as many as rows
    done, total = np.zeros(4), 0
    for code in np.lexsort((np.arange(len(rows_of)), -rows_of)):
        members = order[bounds[code] : bounds[code + 1]]
        if not len(members):
            continue
        known = part[members]
        have = _rows_by_part(known, sizes[members])
        new = members[known == UNKNOWN]
        total += int(sizes[members].sum())
        chosen, taken = _fill(sizes[new], wanted, have, int(rows_of[code]), done, total)
        part[new] = chosen
        done += have + taken
    return part[units.of_row]


def _fill(
    sizes: NDArray[np.int32],
    wanted: NDArray[np.float64],
    have: Counts,
    rows: int,
    done: NDArray[np.float64],
    total: int,
) -> tuple[Parts, Counts]:
    """Parts for a stratum's new units, and the rows each part got."""
    quota = np.maximum(0, np.floor(wanted * rows + 1e-9).astype(np.int64) - have)
    quota = _cut_to(quota, int(sizes.sum()))
    edges = np.cumsum(quota)
    doubled = np.cumsum(sizes, dtype=np.int64)  # of each unit's middle, which only grows
    doubled *= 2
    doubled -= sizes
    firsts = np.searchsorted(doubled, 2 * edges)
    del doubled
    chosen = np.zeros(len(sizes), np.uint8)
    for first in firsts:
        chosen[first:] += 1
    taken = _rows_by_part(chosen, sizes)
    served: set[int] = set()
    for unit in np.flatnonzero(chosen == 4):
        if len(served) == (wanted > 0).sum():
            served.clear()
        short = wanted * total - (done + have + taken)
        short[[*np.flatnonzero(wanted <= 0), *served]] = -np.inf
        target = int(np.argmax(short))
        served.add(target)
        chosen[unit] = target
        taken[target] += sizes[unit]
    return chosen, taken


def _rows_by_part(parts: Parts, sizes: NDArray[np.int32]) -> Counts:
    return np.array([sizes[parts == code].sum() for code in range(4)], np.int64)


def _cut_to(quota: Counts, rows: int) -> Counts:
    """Quotas lowered from the top until they sum to the rows there are."""
    if quota.sum() <= rows:
        return quota
    low, high = 0, int(quota.max())
    while low < high:  # the highest level under which they fit
        level = (low + high + 1) // 2
        low, high = (level, high) if np.minimum(quota, level).sum() <= rows else (low, level - 1)
    cut = np.minimum(quota, low)
    above = np.flatnonzero(quota > low)[::-1]
    cut[above[: rows - int(cut.sum())]] += 1
    return cut
