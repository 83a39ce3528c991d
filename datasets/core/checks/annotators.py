"""Columns in which single annotators wrote their labels: how far they agree; they are no features."""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import polars as pl

from datasets.core.agreement import agreement
from datasets.core.checks.context import Context
from datasets.core.checks.roles import snake
from datasets.core.errors import shown
from datasets.core.findings import Finding
from datasets.core.table import col
from datasets.core.target import label_texts
from dlstart_web.kit.say import say

FEWEST_ROWS = 10
_NAMED = re.compile(
    r"^(?:(?:label|class|rating|score|answer|y)_)?(?:annotators?|raters?|labell?ers?|coders?|judges?|experts?|readers?)"
    r"_?(?:\d{1,2}|[a-z])?(?:_(?:label|class|rating|score|answer|y))?$"
    r"|^(?:label|class|rating|annotation)_?(?:\d{1,2}|[a-c])$|^(?:label|class|rating|annotation)_(?:by|of)_\w+$"
)


def annotators_of(look: Context, named: Sequence[str]) -> list[str]:
    """The annotators' columns: those that a person named, else those so called that hold the target's labels."""
    if look.task == "regression":
        return []
    if named:
        return [name for name in look.schema if name in named]
    classes = set(look.classes)
    found = []
    for name in look.features:
        if _NAMED.match(snake(name)) and name in look.sample.columns:
            values = set(label_texts(look.sample[name], look.merged).drop_nulls().unique().to_list())
            if values and len(values & classes) >= min(2, len(values)) and values <= classes:
                found.append(name)
    if found and _NAMED.match(snake(look.target)):
        found.insert(0, look.target)  # one annotator's column was chosen as the label
    return found if len(found) > 1 else []


def annotators_agree(look: Context, columns: Sequence[str]) -> Iterator[Finding]:
    """Cohen's kappa for each two annotators, and one finding a column that is therefore no feature."""
    if not columns:
        return
    table = pl.scan_parquet(look.path, glob=False).select(map(col, columns)).collect()
    texts = {name: label_texts(table[name], look.merged) for name in columns}
    pairs: list[dict[str, Any]] = []
    for one, other in combinations(columns, 2):
        both = (texts[one].is_not_null() & texts[other].is_not_null()).to_numpy()
        if both.sum() < FEWEST_ROWS:
            continue
        first, second = (texts[name].to_numpy()[both].astype(str) for name in (one, other))
        found = agreement(first, second)
        figures = {name: round(getattr(found, name), 4) for name in ("equal", "kappa", "low", "high", "ceiling")}
        pairs.append({"columns": [one, other], "rows": found.rows, "words": found.words, **figures})
    if pairs:
        worst = min(pairs, key=lambda pair: pair["kappa"])
        one, other = map(shown, worst["columns"])
        message = say(
            "'{one}' and '{other}' give the same label in {equal:.0%} of {rows:,} rows: kappa {kappa:.2f} "
            "(95% {low:.2f} to {high:.2f}), {words}. Against one annotator's labels even the truth would be right in about {ceiling:.0%}.",
            one=one,
            other=other,
            equal=worst["equal"],
            rows=worst["rows"],
            kappa=worst["kappa"],
            low=worst["low"],
            high=worst["high"],
            words=worst["words"],
            ceiling=worst["ceiling"],
        )
        yield Finding("D406", "look" if worst["kappa"] < 0.6 else "tip", look.target, message, {"pairs": pairs[:50]})
    for name in columns:
        if name != look.target:
            message = say("Column '{name}' holds one annotator's labels; left out of the features.", name=shown(name))
            yield Finding("D407", "look", name, message)
