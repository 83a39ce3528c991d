"""Rows without a label, and classes with few rows."""

from collections.abc import Iterator

import numpy as np

from datasets.core.checks.context import Context
from datasets.core.errors import shown
from datasets.core.findings import Finding
from datasets.core.split import is_pooled
from dlstart_web.kit.say import say, say_count

FOR_EVERY_PART, FOR_EVERY_PART_POOLED = 10, 5
FOR_A_RECALL = 50
FOR_AN_AUC = 250


def unlabelled(look: Context) -> Iterator[Finding]:
    """Rows without a label are kept out of all parts."""
    missing = int((~look.labelled).sum())
    if missing:
        message = say("{missing:,} of {y:,} rows without label, kept out of all parts.", missing=missing, y=len(look.y))
        yield Finding("D401", "look", look.target, message, {"rows": missing, "of": len(look.y)})


def rare_classes(look: Context) -> Iterator[Finding]:
    """Classes too small for every part, for a recall of their own, or for an AUC on the final part."""
    if look.task == "regression":
        return
    counts = np.bincount(look.y[look.labelled], minlength=len(look.classes))
    needed = FOR_EVERY_PART_POOLED if is_pooled(int(counts.sum())) else FOR_EVERY_PART
    few = [(name, int(rows)) for name, rows in zip(look.classes, counts, strict=True) if rows < needed]
    for name, rows in few[:20]:
        message = say_count(
            rows,
            "Class '{name}' has {count} row; {needed} are needed to be sure of every part.",
            "Class '{name}' has {count} rows; {needed} are needed to be sure of every part.",
            name=shown(name),
            needed=needed,
        )
        yield Finding("D403", "look", look.target, message, {"class": name, "rows": rows, "needed": needed})
    if len(few) > 20:
        message = say("{count:,} further classes have fewer than {needed} rows.", count=len(few) - 20, needed=needed)
        yield Finding("D403", "look", look.target, message, {"classes": len(few) - 20, "needed": needed})
    small = {name: int(rows) for name, rows in zip(look.classes, counts, strict=True) if needed <= rows < FOR_A_RECALL}
    if small:
        listed = ", ".join(f"'{shown(name, 40)}' ({rows})" for name, rows in list(small.items())[:5])
        if len(small) > 5:
            listed = say("{listed} and {more} more", listed=listed, more=len(small) - 5)
        message = say(
            "Fewer than {needed} rows: {listed}. Their recall on test rows will be very uncertain.",
            needed=FOR_A_RECALL,
            listed=listed,
        )
        yield Finding("D403", "tip", look.target, message, {"classes": dict(list(small.items())[:100])})
    if look.task == "binary" and len(counts) == 2 and FOR_A_RECALL <= counts.min() < FOR_AN_AUC:
        name, rows = look.classes[int(counts.argmin())], int(counts.min())
        message = say(
            "Class '{name}' has {rows} rows; below {needed} the range of the final AUC is wide.",
            name=shown(name),
            rows=rows,
            needed=FOR_AN_AUC,
        )
        yield Finding("D403", "tip", look.target, message, {"class": name, "rows": rows, "needed": FOR_AN_AUC})
