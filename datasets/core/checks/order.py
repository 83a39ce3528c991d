"""A file sorted by its label, where the row number alone predicts."""

from collections.abc import Iterator

import numpy as np
from scipy.stats import norm, spearmanr

from datasets.core.checks.context import Context
from datasets.core.errors import shown
from datasets.core.findings import Finding
from dlstart_web.kit.say import say

LEAST_SHIFT = 0.05
_ADVICE = say("Parts by chance undo that; parts by time show how labels change in time.")


def sorted_by_label(look: Context) -> Iterator[Finding]:
    """The AUC of the row number for each class against the rest; for a number, Spearman's correlation.

    An archive of class folders is always in the order of its classes, so that says nothing of pictures and sounds.
    """
    if look.media:
        return
    rows = np.flatnonzero(look.labelled)
    y, n = look.y[rows], len(rows)
    if look.task == "regression":
        related = abs(float(spearmanr(y, rows).statistic)) if n > 2 and np.ptp(y) > 0 else 0.0
        if related > max(2 * LEAST_SHIFT, 3 / np.sqrt(n)):
            message = say(
                "The file is sorted by '{target}', at least in part: it goes with the row number "
                "(Spearman {related:.2f}). {advice}",
                target=shown(look.target),
                related=related,
                advice=_ADVICE,
            )
            yield Finding("D203", "look", look.target, message, {"spearman": round(related, 4)})
        return
    counts = np.bincount(y, minlength=len(look.classes))
    places = np.bincount(y, np.arange(1, n + 1), minlength=len(look.classes))
    other = n - counts
    usable = (counts > 0) & (other > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        auc = (places - counts * (counts + 1) / 2) / (counts * other)
        spread = np.sqrt((n + 1) / (12 * counts * other))
    # 3 standard deviations for one comparison; the same rate of false alarms for all classes together
    z = 3.0 if len(counts) == 2 else float(norm.isf(norm.sf(3.0) / len(counts)))
    off = np.where(usable, np.abs(auc - 0.5), 0)
    flagged = np.flatnonzero(usable & (off > np.maximum(LEAST_SHIFT, z * spread)))
    if len(flagged):
        worst = int(flagged[np.argmax(off[flagged])])
        message = say(
            "The file is sorted by label, at least in part: the row number tells "
            "'{name}' from the rest with an AUC of {auc:.2f}. {advice}",
            name=shown(look.classes[worst]),
            auc=max(auc[worst], 1 - auc[worst]),
            advice=_ADVICE,
        )
        yield Finding("D203", "look", look.target, message, {"auc": round(float(auc[worst]), 4)})
