"""The unit and the part of each row of a table: by chance, by group or by time, and as earlier versions had it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datasets.core import canonical
from datasets.core.carry import Memory, divided_again, known_units, rotate, settle, too_few_for_a_final
from datasets.core.errors import DataProblem, shown
from datasets.core.findings import Finding
from datasets.core.lineage import Hashed, Past, recognise
from datasets.core.near.unite import MOST_PICTURES, compared, links_of_pictures, links_of_texts, unite
from datasets.core.split import (
    RETIRED,
    UNKNOWN,
    Assignments,
    Design,
    Keys,
    Parts,
    Units,
    assign_parts,
    group_keys,
    is_pooled,
    join_groups,
    split_oversized,
)
from datasets.core.stages import Progress, nothing
from datasets.core.timecut import Times, assign_by_time, later_rows
from dlstart_web.kit.say import say


def remember(table: Path, columns: Sequence[str], pasts: Sequence[Past], key: bytes) -> Memory:
    """Where the rows of a table were before."""
    hashed: dict[Hashed, Keys] = {}
    found = [(past, match) for past in pasts if (match := recognise(table, columns, past, key, hashed))]
    return Memory([past for past, _ in found], [match for _, match in found])


def assign(
    table: Path,
    design: Design,
    secret: bytes,
    features: Sequence[str],
    used: NDArray[np.bool_],
    strata: NDArray[np.int64],
    stored: Assignments,
    memory: Memory,
    findings: list[Finding],
    others: Sequence[tuple[bytes, Path]] = (),
    progress: Progress = nothing,
) -> tuple[Keys, Parts, bool, Assignments]:
    """The unit and part of each row, whether the sealed parts are pooled, and all that is known of units from now on."""
    timed = design.kind == "time" and design.time is not None
    columns = {*features, design.time} if timed and design.time else set(features)
    content = canonical.canonical_keys(table, sorted(columns), secret, progress)[used]
    if timed and design.time:
        times, day = instants(_column(table, design.time, used), design.time)
        return _by_time(design, content, times, design.horizon * day, stored, memory)
    alone, content = content, _united(table, design, features, used, content, strata, stored, findings)
    grouped = design.kind == "group" and design.group is not None
    if grouped and design.group:
        names = _column(table, design.group, used)
        groups = group_keys(names, secret, content)
        for theirs, file in others:  # a group may be known there alone, under another secret
            part = Assignments.read(file).find(group_keys(names, theirs, content))
            new = (part != UNKNOWN) & (stored.find(groups) == UNKNOWN)
            stored = stored.updated(Assignments.of(groups[new], part[new]))
        keys, joined = join_groups(groups, content, stored)
        if joined:
            message = say(
                "{joined:,} groups share rows with the same features with another group; these stay together.",
                joined=joined,
            )
            findings.append(Finding("D204", "look", design.group, message, {"groups": joined}))
    else:
        keys, rows = split_oversized(content, strata, secret, stored)
        if rows:
            message = say("{rows:,} rows have features so common that they were divided one by one.", rows=rows)
            findings.append(Finding("D108", "look", None, message, {"rows": rows}))

    units = Units.of(keys)

    def attempt(pooled: bool) -> tuple[Parts, Assignments]:
        before = stored
        if memory.was_pooled() and not pooled:
            again = memory.pasts[0]
            regraded = divided_again(before.parts, before.keys, looked=again.looked, opened=again.opened)
            before = Assignments(before.keys, regraded)
        carried = memory.parts(keys, pooled=pooled)
        known = known_units(keys, carried, before, grouped=grouped)
        parts = assign_parts(units, strata, known, shares=design.shares, pooled=pooled)
        return rotate(keys, settle(parts, carried), memory, pooled=pooled), before

    pooled = _is_pooled(design, len(strata), stored.find(keys), memory)
    parts, before = attempt(pooled)
    if design.pooled is None and not pooled and too_few_for_a_final(parts, memory):
        pooled = True
        parts, before = attempt(pooled)
    if not grouped and content is not alone:
        # each is remembered by itself too, and keeps its part should what links it to the others go
        before = before.updated(Assignments.of(alone, parts))
    return keys, parts, pooled, before.updated(Assignments.of(units, parts))


def _united(
    table: Path,
    design: Design,
    features: Sequence[str],
    used: NDArray[np.bool_],
    content: Keys,
    strata: NDArray[np.int64],
    stored: Assignments,
    findings: list[Finding],
) -> Keys:
    """The content of each row, with one key for those that are nearly the same."""
    texts = [name for name in features if design.kinds.get(name) == "text"]
    pictures = [name for name in features if design.kinds.get(name) == "picture"]
    places = np.flatnonzero(used)
    links = [np.empty((0, 2), np.int64)]
    if texts:
        rows = compared(content)
        frame = pl.read_parquet(table, columns=texts, glob=False)
        links.append(rows[links_of_texts(frame[places[rows]])])
    for name in pictures:
        rows = compared(content, MOST_PICTURES)
        found = links_of_pictures(table, name, places[rows], content[rows])
        links.append(np.searchsorted(places, found))
        if len(found):
            alike = len(np.unique(found))
            message = say(
                "{alike:,} rows have nearly the same picture as another row; such rows share a part.", alike=alike
            )
            findings.append(Finding("D116", "tip", name, message, {"rows": alike}))
    united, _, dropped = unite(content, np.concatenate(links), strata, stored)
    if dropped:
        message = say(
            "{dropped:,} rows have features so nearly alike that they were divided one by one.", dropped=dropped
        )
        findings.append(Finding("D108", "look", None, message, {"rows": dropped}))
    return united if (united != content).any() else content


def _is_pooled(design: Design, rows: int, known: Parts, memory: Memory) -> bool:
    """Rows that were two tiers stay two; else their number decides."""
    if design.pooled is not None:
        return design.pooled
    two_tiers = (known == 2).any() or (memory.parts(np.zeros(rows, np.uint64), pooled=True) == 2).any()
    return is_pooled(rows, design.shares) and not two_tiers


def _by_time(
    design: Design, keys: Keys, times: Times, horizon: float, stored: Assignments, memory: Memory
) -> tuple[Keys, Parts, bool, Assignments]:
    """Later rows are cut by themselves, so their number decides about tiers; without any the tiers stay as they are."""
    carried = memory.parts(keys, pooled=True)
    known = known_units(keys, carried, stored, grouped=False)
    have = known.find(keys)
    later = later_rows(have, times)
    pooled = design.pooled
    if pooled is None:
        pooled = is_pooled(int(later.sum()), design.shares) if later.any() else not (have == 2).any()
    parts = assign_by_time(keys, times, known, shares=design.shares, pooled=pooled, horizon=horizon)
    if later.any():  # whoever sealed them, older sealed rows are used no more
        carried = np.where((carried == 2) | (carried == 3), RETIRED, carried).astype(np.uint8)
    parts = settle(parts, carried)
    return keys, parts, pooled, stored.updated(Assignments.of(keys, parts))


def _column(table: Path, name: str, used: NDArray[np.bool_]) -> pl.Series:
    return pl.read_parquet(table, columns=[name], glob=False).to_series().filter(pl.Series(used))


def instants(times: pl.Series, name: str) -> tuple[Times, float]:
    """Times as numbers, and how many of them a horizon of 1 is: a day, or one of the column's own unit."""
    if times.dtype.is_temporal():
        return times.cast(pl.Datetime("us")).cast(pl.Int64).to_numpy(), 86_400e6
    if times.dtype.is_numeric():
        return times.cast(pl.Float64).to_numpy(), 1.0
    example = shown(times[0], 40)
    raise DataProblem(
        "TIME_NOT_A_TIME",
        say(
            "Column '{name}' holds '{example}', which is neither a date nor a number.",
            name=shown(name),
            example=example,
        ),
        where=say("column {name}", name=shown(name)),
        found=example,
        next=say("Write times as 2024-03-31 or 2024-03-31 14:05:00, or choose another column."),
    )
