"""Arithmetic of the drawings that are plain SVG in a page: an axis, bars on it, a staircase, a strip of bars."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dlstart_web.kit.text import decimals_for, is_number, position, rounded


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: its place in percent and its label."""

    at: str
    label: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Axis:
    """A scale that covers the values shown; its ends are round numbers. ``is_cut`` says that it does not begin at 0."""

    low: float
    high: float
    ticks: tuple[Tick, ...]
    level_at: str
    level: str
    low_label: str
    high_label: str

    @property
    def is_cut(self) -> bool:
        return self.low != 0

    def at(self, value: object) -> str:
        """The place of a value in percent, or "" where there is none."""
        return position(float(value), self.low, self.high) if is_number(value) else ""  # type: ignore[arg-type]


@dataclass(frozen=True)
class Line:
    """One row of a drawing: the row itself and the places of its score, its range and the row below it."""

    row: Any
    at: str
    low_at: str
    high_at: str
    below_at: str
    level_before: bool

    @property
    def is_right(self) -> bool:
        """Whether it lies in the right half, where words beside it have more room to the left."""
        return float(self.at.rstrip("%") or 0) > 50


def read(row: Any, name: str) -> Any:
    """A value of a row, be it a mapping or an object."""
    return row.get(name) if isinstance(row, dict) else getattr(row, name, None)


def round_step(width: float, wanted: int) -> float:
    """The step of 1, 2 or 5 times a power of ten that cuts a width into about the wanted number of parts."""
    raw = width / wanted
    power = 10.0 ** math.floor(math.log10(raw))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)


def axis_for(rows: Iterable[Any], level: float | None = None, *, percent: bool = False, wanted: int = 6) -> Axis:
    """An axis for rows with ``score``, ``low`` and ``high``, and for the level asked for.

    Parameters
    ----------
    rows : iterable of mappings or objects
        Scores in the measure's own unit; missing ones are left out.
    level : float or None
        The level that is good enough, in the same unit.
    percent : bool, default=False
        Shares between 0 and 1, written in points of 100; the axis never goes past 100.
    """
    factor = 100.0 if percent else 1.0
    found = [read(row, name) for row in rows for name in ("score", "low", "high")] + [level]
    values = [float(value) * factor for value in found if is_number(value)]
    if not values:
        values = [0.0, 100.0 if percent else 1.0]
    low, high = min(values), max(values)
    if high - low < 1e-9:
        low, high = low - abs(low) * 0.05 - 1e-3, high + abs(high) * 0.05 + 1e-3
    step = round_step(high - low, wanted)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    if is_number(level):  # the level has its words above it: room on both sides
        at_level = level * factor / step  # type: ignore[operator]
        first, last = first - (at_level - first < 0.3), last + (last - at_level < 0.3)
    if percent:
        first, last = max(first, math.floor(0 / step)), min(last, math.ceil(100 / step))
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    ends = first * step, last * step
    ticks = []
    for number in range(first, last + 1):
        anchor = "start" if number == first else "end" if number == last else "middle"
        at = position(number * step, *ends)
        near_level = is_number(level) and abs(number * step - level * factor) < step * 0.6  # type: ignore[operator]
        ticks.append(Tick(at, "" if near_level else rounded(number * step, decimals), anchor))
    shown_level = level * factor if is_number(level) else None  # type: ignore[operator]
    return Axis(
        low=ends[0] / factor,
        high=ends[1] / factor,
        ticks=tuple(ticks),
        level_at=position(shown_level, *ends) if shown_level is not None else "",
        level=""
        if shown_level is None
        else rounded(shown_level, decimals_for(None, percent=percent, size=shown_level)),
        low_label=rounded(ends[0], decimals),
        high_label=rounded(ends[1], decimals),
    )


def lines(rows: Sequence[Any], axis: Axis, level: float | None = None, *, greater_is_better: bool = True) -> list[Line]:
    """Each row with its places on the axis; ``level_before`` marks the first row that does not reach the level."""
    drawn, crossed = [], not is_number(level)
    for index, row in enumerate(rows):
        score = read(row, "score")
        below = next((read(r, "score") for r in rows[index + 1 :] if is_number(read(r, "score"))), None)
        reaches = is_number(score) and not crossed and (score >= level if greater_is_better else score <= level)
        drawn.append(
            Line(
                row=row,
                at=axis.at(score),
                low_at=axis.at(read(row, "low")),
                high_at=axis.at(read(row, "high")),
                below_at=axis.at(below) or "0%",
                level_before=not crossed and not reaches,
            )
        )
        crossed = crossed or not reaches
    return drawn


def strip(fingerprint: str) -> list[tuple[str, str, str]]:
    """The first sixteen figures of a fingerprint as bars: left edge, top and height in percent."""
    digits = [int(figure, 16) for figure in fingerprint[:16].lower() if figure in "0123456789abcdef"]
    heights = [12.0 + digit * 88.0 / 15 for digit in digits]
    return [(f"{i * 6.25}%", f"{100 - height:.1f}%", f"{height:.1f}%") for i, height in enumerate(heights)]


def ruler(total: float, parts: int = 24, labelled_every: int = 6) -> list[tuple[str, str, str]]:
    """Marks of a ruler: place, label ("" on the small marks), anchor of the label."""
    marks = []
    for number in range(parts + 1):
        label = rounded(total * number / parts, 0) if number % labelled_every == 0 else ""
        anchor = "start" if number == 0 else "end" if number == parts else "middle"
        marks.append((position(number, 0, parts), label, anchor))
    return marks
