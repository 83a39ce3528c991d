"""Rows that are nearly copies of each other: in their numbers, or in their texts."""

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from scipy.spatial import cKDTree

from datasets.core.checks.context import Context
from datasets.core.checks.leakage import numbers
from datasets.core.findings import Finding, Severity
from datasets.core.near.unite import MOST_ROWS, links_of_texts
from dlstart_web.kit.say import say

FEWEST_COLUMNS, MOST_COLUMNS, MOST_NUMBER_ROWS = 4, 30, 10_000
FEWEST_ROWS = 50
FEWEST_VALUES = 20  # a column of fewer is a code, and rows of equal codes are no copies
CLOSE, LOOK_ABOVE, EQUAL_OTHERS = 0.05, 0.005, 0.9
TRAIN_SHARE = 0.6


def near_numbers(look: Context, features: Sequence[str]) -> Iterator[Finding]:
    """Rows that lie much nearer to a row of another part than rows do among themselves.

    Parts by chance are drawn for the count. A row counts when its nearest neighbour in train is nearer than 0.05 of the
    median distance there, not equal to it (equal rows share a part already) and the same in nearly all other columns.
    Some rows are near without being copies: how many follows from the dimension that the distances show.

    Notes
    -----
    Dimension from the ratio of second to first distances: Facco et al. (2017), Scientific Reports 7:12140.
    """
    measures = [name for name in features if _measures(look, name)]
    chosen = measures[:MOST_COLUMNS]
    if len(chosen) < FEWEST_COLUMNS or look.group is not None:
        return
    generator = np.random.default_rng(3)
    rows = generator.permutation(len(look.sample))[:MOST_NUMBER_ROWS]
    look.looked_at["D205"], look.columns_looked_at["D205"] = len(rows), (len(chosen), len(measures))
    values = np.column_stack([numbers(look.sample[name])[rows] for name in chosen])
    _, firsts = np.unique(values, axis=0, return_index=True)
    firsts = generator.permutation(firsts[~np.isnan(values[firsts]).any(1)])
    rows, values = rows[firsts], values[firsts]
    spread = values.std(0)
    if len(values) < FEWEST_ROWS or not (spread > 0).all():
        return
    values = (values - values.mean(0)) / spread
    cut = int(TRAIN_SHARE * len(values))
    tree = cKDTree(values[:cut])
    within = tree.query(values[:cut], k=3)[0]
    ratio, median = np.median(within[:, 2] / within[:, 1]), float(np.median(within[:, 1]))
    if ratio <= 1:
        return
    expected = 1 - 2.0 ** -(CLOSE ** (np.log(2) / np.log(ratio)))
    distance, nearest = tree.query(values[cut:], k=1, distance_upper_bound=CLOSE * median)
    here = np.flatnonzero(np.isfinite(distance))
    others = [name for name in features if not look.sample[name].dtype.is_numeric()]
    if others and len(here):
        table = look.sample.select(look.columns(others))
        same = table[rows[cut + here]].select(pl.all().hash()).to_numpy() == (
            table[rows[nearest[here]]].select(pl.all().hash()).to_numpy()
        )
        here = here[same.mean(1) >= EQUAL_OTHERS]
    if len(here) / len(distance) > LOOK_ABOVE + 3 * expected:
        message = say(
            "{here:,} of {distance:,} rows would be nearly copies of a train row in their {chosen} "
            "number columns, if divided by chance. Rows that belong together (one thing measured twice, "
            "neighbouring moments) need a group or a time.",
            here=len(here),
            distance=len(distance),
            chosen=len(chosen),
        )
        evidence = {"rows": len(here), "of": len(distance), "columns": len(chosen), "looked_at": len(values)}
        yield Finding("D205", "look", None, message, evidence)


def _measures(look: Context, name: str) -> bool:
    cells = look.sample[name]
    return cells.dtype.is_numeric() and name != look.time and cells.head(5_000).n_unique() >= FEWEST_VALUES


def near_texts_found(look: Context, texts: Sequence[str]) -> Iterator[Finding]:
    """Rows with nearly the same text as another; they are kept in one part."""
    if not texts:
        return
    look.looked_at["D115"] = len(look.sample)
    links = links_of_texts(look.sample.select(look.columns(texts)))
    rows = len(np.unique(links))
    if rows:
        severity: Severity = "look" if rows > 0.01 * len(look.sample) else "tip"
        message = say(
            "{rows:,} of {sample:,} rows have nearly the same text as another row (four fifths of the "
            "pieces of five letters, or more). They will share a part.",
            rows=rows,
            sample=len(look.sample),
        )
        yield Finding("D115", severity, texts[0], message, {"rows": rows, "of": len(look.sample), "most": MOST_ROWS})
