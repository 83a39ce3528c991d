"""What earlier versions say of each row: the part it has, and which rows of a sealed part were never read."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets.core.lineage import BITS, OPEN, SEALED, Masks, Match, Past
from datasets.core.split import POOLED_BELOW, RETIRED, UNKNOWN, Assignments, Keys, Parts

CHECKPOINT, FINAL = 2, 3
FRESH_FROM = 400  # rows of a sealed part that was read, from which fresh ones begin a set of their own (STATISTICS 1.6)


@dataclass(frozen=True)
class Memory:
    """What is known of the rows of a table, the latest version first."""

    pasts: Sequence[Past]
    matches: Sequence[Match]

    def select(self, used: NDArray[np.bool_]) -> "Memory":
        """The same for some of the rows."""
        chosen = [Match(match.overlap, match.sealed, match.masks[used]) for match in self.matches]
        return Memory(self.pasts, chosen)

    def was_pooled(self) -> bool:
        """Whether the version before this one had one test set for both tiers."""
        return bool(self.pasts) and self.pasts[0].pooled

    def was_looked_at(self) -> bool:
        return bool(self.pasts) and self.pasts[0].looked

    def parts(self, keys: Keys, *, pooled: bool) -> Parts:
        """The part each row has; 255 for a row never seen.

        The latest version that knows a row decides. A row that one version trained on and another sealed is used no
        more, and the same holds for rows that the columns at hand no longer tell apart.
        """
        result = np.full(len(keys), UNKNOWN, np.uint8)
        for past, match in zip(self.pasts, self.matches, strict=True):
            here = _part_of(match.masks)
            if past.pooled and not pooled:
                here = divided_again(here, keys, looked=past.looked, opened=past.opened)
            clash = (result != UNKNOWN) & (here != UNKNOWN) & (is_open(result) != is_open(here))
            result = np.where(result == UNKNOWN, here, result)
            result[clash] = RETIRED
        return result

    def sources(self, rows: NDArray[np.bool_]) -> list[tuple[str, str]]:
        """Past version and tier of every sealed part that some of these rows lay in, the latest first."""
        found = []
        for past, match in zip(self.pasts, self.matches, strict=True):
            masks = match.masks[rows]
            found += [(past.name, tier) for tier in ("checkpoint", "final") if (masks & BITS[tier]).any()]
        return found

    def read(self, *, opened: bool, looked: bool) -> NDArray[np.bool_]:
        """Rows whose labels an answer was made of: an opening, a look, or either."""
        rows = np.zeros(len(self.matches[0].masks) if self.matches else 0, bool)
        for past, match in zip(self.pasts, self.matches, strict=True):
            if past.looked and looked:
                rows |= (match.masks & BITS["final" if past.pooled else "checkpoint"]) > 0
            if past.opened and opened:
                rows |= (match.masks & BITS["final"]) > 0
        return rows


def is_open(parts: Parts) -> NDArray[np.bool_]:
    """Whether rows are in train or validation."""
    return parts < CHECKPOINT


def _part_of(masks: Masks) -> Parts:
    """One part for rows that may have been found in several."""
    kinds = [(masks & bit) > 0 for bit in BITS.values()]
    train, validation, checkpoint, final, retired, fresh = kinds
    clash = ((masks & OPEN) > 0) & ((masks & SEALED) > 0)
    # rows that looks were answered on never become a final part; rows trained on never choose
    choices = [clash | retired | fresh, checkpoint, final, train, validation]
    return np.select(choices, [RETIRED, CHECKPOINT, FINAL, 0, 1], UNKNOWN).astype(np.uint8)


def divided_again(parts: Parts, keys: Keys, *, looked: bool, opened: bool) -> Parts:
    """A pooled final part once there are rows enough for two tiers (STATISTICS 0).

    Never looked at, it is divided by hash; looked at, it becomes the checkpoint; opened, it is used no more.
    """
    half = np.where(keys & np.uint64(1), FINAL, CHECKPOINT)
    becomes = RETIRED if opened else CHECKPOINT if looked else half
    return np.where(parts == FINAL, becomes, parts).astype(np.uint8)


def known_units(keys: Keys, carried: Parts, stored: Assignments, *, grouped: bool) -> Assignments:
    """Stored units, and those that hold a row with a part.

    A unit whose rows have open and sealed parts is used no more; a group of such rows is divided anew, as a whole
    (`settle` then keeps its rows out of parts they may not enter).
    """
    rows = np.flatnonzero((carried != UNKNOWN) & (stored.find(keys) == UNKNOWN))
    if not len(rows):
        return stored
    units, unit_of = np.unique(keys[rows], return_inverse=True)
    masks = np.zeros(len(units), np.uint8)
    np.bitwise_or.at(masks, unit_of, np.left_shift(1, carried[rows]).astype(np.uint8))
    parts = _part_of(masks)
    if grouped:
        one = ((masks & OPEN) == 0) | ((masks & SEALED) == 0)
        units, parts = units[one], parts[one]
    return stored.updated(Assignments.of(units, parts))


def settle(parts: Parts, carried: Parts) -> Parts:
    """Rows that were sealed leave train and validation, and rows that were open leave the sealed parts: unused."""
    clash = (carried != UNKNOWN) & (is_open(parts) != is_open(carried))
    return np.where(clash, RETIRED, parts).astype(np.uint8)


def rotate(keys: Keys, parts: Parts, memory: Memory, *, pooled: bool) -> Parts:
    """Begin a sealed part anew where enough of its units were never read: the others are used no more.

    Enough are as many fresh rows as half the others, and 400. Without looks or an opening there is nothing to leave behind.
    """
    parts = parts.copy()
    for code in (CHECKPOINT, FINAL):
        rows = parts == code
        read = memory.read(looked=pooled or code == CHECKPOINT, opened=pooled or code == FINAL)
        if not len(read) or not (rows & read).any():
            continue
        seen = np.zeros(len(parts), bool)
        for match in memory.matches:
            seen |= (match.masks & SEALED) > 0
        old = rows & np.isin(keys, keys[rows & seen])
        fresh = int(rows.sum() - old.sum())
        if fresh >= max(FRESH_FROM, old.sum() / 2):
            parts[old] = RETIRED
    return parts


def too_few_for_a_final(parts: Parts, memory: Memory) -> bool:
    """Whether a pooled set that was looked at had better stay one: its fresh final part would be no use yet."""
    return memory.was_pooled() and memory.was_looked_at() and int((parts == FINAL).sum()) < POOLED_BELOW // 2
