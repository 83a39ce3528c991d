"""Columns that play another part than that of a feature: whom or what a row belongs to, or how much it counts."""

import re
from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from datasets.core.checks.context import Context
from datasets.core.errors import shown
from datasets.core.findings import Finding
from datasets.core.table import col
from dlstart_web.kit.say import say

FEWEST_GROUPS, ROWS_A_GROUP = 5, 1.2
_WHO = (
    "person|people|user|customer|client|patient|subject|participant|respondent|employee|worker|student|pupil|teacher|"
    "driver|player|speaker|author|writer|reviewer|donor|applicant|household|family|account|member|citizen|individual|"
    "device|machine|sensor|camera|meter|vehicle|truck|engine|robot|phone|station|session|visit|trip|episode|recording|"
    "video|scene|experiment|batch|lot|plate|slide|specimen|animal"
)
_NUMBER = "id|ids|no|nr|num|number|name|key|code|uuid|guid|hash|identifier"
_NAMED = re.compile(rf"^(?:(?:.*_)?(?:{_WHO})s?(?:_?(?:{_NUMBER}))?|.+_?(?:id|uuid|guid)|nr|id|id_?code|uuid)$")
_WEIGHT = re.compile(
    r"^(?:(?:.*_)?(?:sample|sampling|survey|case|row|instance|design|population|person|final|frequency|inverse_prob\w*)"
    r"_?(?:weight|weights|wgt|wt)|f?n?l?wgt|pweight|fweight|pwgt\w*|weights|perwt|hhwt|ipw|expansion_factor)$"
)
PURE, Z = 0.98, 5.0


def group_like(look: Context, features: Sequence[str]) -> Iterator[Finding]:
    """Columns named like a person, a device or a session whose values come back; proposed as the group."""
    if look.group is not None:
        return
    for name in features:
        cells = look.sample[name]
        discrete = cells.dtype.is_integer() or look.kind(name) == "category"
        if name == look.time or not discrete or not _NAMED.match(snake(name)):
            continue
        counts = pl.scan_parquet(look.path, glob=False).select(col(name)).collect().to_series().drop_nulls()
        groups = counts.n_unique()
        if groups < FEWEST_GROUPS or len(counts) < ROWS_A_GROUP * groups:
            continue
        message = say(
            "Column '{name}' looks like a person, a device or a session: {groups:,} values in "
            "{counts:,} rows. By chance, rows of one would come into several parts, and the score would "
            "be too good for new ones.",
            name=shown(name),
            groups=groups,
            counts=len(counts),
        )
        yield Finding("D208", "look", name, message, {"groups": groups, "rows": len(counts)})


def label_by_group(look: Context, features: Sequence[str]) -> Iterator[Finding]:
    """Columns each of whose values has several rows and one label, which chance would not do.

    Purity is compared with what equal shares of labels would give: 98 % of the values, and 5 standard deviations more.
    """
    y = np.unique(look.sample_y, return_inverse=True)[1]
    shares = np.bincount(y) / max(1, len(y))
    for name in features:
        cells = look.sample[name]
        if not (cells.dtype.is_integer() or look.kind(name) == "category"):
            continue
        codes = cells.rank("dense").fill_null(0).to_numpy().astype(np.int64)
        rows = np.bincount(codes, minlength=1)
        rows[0] = 0
        several = rows > 1
        if several.sum() < 2 * FEWEST_GROUPS or rows[several].sum() < 0.5 * len(y):
            continue
        low, high = np.full(len(rows), len(shares)), np.full(len(rows), -1)
        np.minimum.at(low, codes, y)
        np.maximum.at(high, codes, y)
        pure = (low == high)[several]
        sizes, of = np.unique(rows[several], return_inverse=True)
        luck = np.array([float((shares**size).sum()) for size in sizes])[of]
        more = (pure.sum() - luck.sum()) / np.sqrt(max(1e-9, float((luck * (1 - luck)).sum())))
        if pure.mean() >= PURE and more > Z:
            message = say(
                "Each value of '{name}' has several rows and one label ({values:,} values). "
                "The label belongs to the value, not to the row: keep its rows in one part.",
                name=shown(name),
                values=int(several.sum()),
            )
            yield Finding("D209", "look", name, message, {"groups": int(several.sum()), "pure": round(pure.mean(), 4)})


def weight_like(look: Context, features: Sequence[str]) -> Iterator[Finding]:
    """Columns named like the weight of a row in a survey, or called weight and of mean 1."""
    for name in features:
        cells = look.sample[name]
        if not cells.dtype.is_numeric():
            continue
        known = cells.drop_nulls().cast(pl.Float64)
        mean, low = known.mean(), known.min()
        if not isinstance(low, float) or not isinstance(mean, float) or low < 0:
            continue
        word = snake(name)
        if _WEIGHT.match(word) or (re.search("weight|wgt", word) and abs(mean - 1) < 0.005):
            message = say(
                "Column '{name}' looks like the weight of a row: how many real ones it stands for. New "
                "rows will not bring it; leave it out, or say what it measures.",
                name=shown(name),
            )
            yield Finding("D117", "look", name, message, {"mean": round(mean, 6), "min": low})


def snake(name: str) -> str:
    """A column's name in small letters, words parted by underscores: userId, User ID -> user_id."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")
