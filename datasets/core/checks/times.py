"""What time does to a table: chance that promises more than later rows will keep, and how different those are."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from datasets.core.checks import parts
from datasets.core.checks.context import Context
from datasets.core.checks.leakage import auc_bound, numbers
from datasets.core.checks.quick import quick_chances, quick_matrix, quick_numbers, rows_for
from datasets.core.errors import shown
from datasets.core.findings import Finding
from datasets.core.split import SHARES
from dlstart_web.kit.say import say

MOST_ROWS, FEWEST_ROWS = 20_000, 200
LEAST, Z = 0.02, 2.0
TEST_SHARE = 0.2


def time_leakage(look: Context, features: Sequence[str]) -> Iterator[Finding]:
    """The same quick model, scored on a fifth by chance and on the latest fifth.

    The score is the AUC for two classes, the share right for several, and the explained share for a number.
    """
    dates = [name for name in features if look.kind(name) == "date"]
    time = look.time or (dates[0] if dates else None)
    if time is None or time not in look.sample.columns:
        return
    cells = look.sample[time]
    if not (cells.dtype.is_temporal() or cells.dtype.is_numeric()):
        return
    known = np.flatnonzero(cells.is_not_null().to_numpy())
    rows = np.random.default_rng(4).permutation(known)[: rows_for(len(features), MOST_ROWS)]
    if len(rows) < FEWEST_ROWS:
        return
    if len(rows) < len(known):
        look.looked_at["D207"] = len(rows)
    x = quick_matrix(look.sample.select(look.columns(features))[rows])
    y = look.sample_y[rows]
    test = int(TEST_SHARE * len(rows))
    by_chance, error = _score(look.task, x, y, np.arange(len(rows)) < test)
    when = numbers(cells)[rows]
    later, later_error = _score(look.task, x, y, when > np.sort(when)[-test - 1])
    gap = by_chance - later
    if gap > LEAST and gap > Z * float(np.hypot(error, later_error)):
        word = {"binary": "AUC", "multiclass": say("share right"), "regression": say("explained share")}[look.task]
        message = say(
            "By chance a quick model reaches {word} {by_chance:.2f}, on the latest fifth by '{time}' only "
            "{later:.2f}. If real use comes later than the data, divide by time.",
            word=word,
            by_chance=by_chance,
            time=shown(time),
            later=later,
        )
        evidence = {"by_chance": round(by_chance, 4), "later": round(later, 4), "rows": len(rows)}
        yield Finding("D207", "look", time, message, evidence)


def future_differs(look: Context, features: Sequence[str]) -> Iterator[Finding]:
    """Where a time is named: how well the latest fifth is told from the rows of train; the time itself does not count."""
    columns = [name for name in features if name != look.time]
    if look.time is None or look.time not in look.sample.columns or not columns:
        return
    cells = look.sample[look.time]
    if not (cells.dtype.is_temporal() or cells.dtype.is_numeric()):
        return
    known = np.flatnonzero(cells.is_not_null().to_numpy())
    rows = np.random.default_rng(6).permutation(known)[: rows_for(len(columns), parts.MOST_ROWS)]
    when = numbers(cells)[rows]
    train_ends, sealed_begins = np.quantile(when, [SHARES[0], SHARES[0] + SHARES[1]])
    late, sides = when > sealed_begins, (when <= train_ends) | (when > sealed_begins)
    if min(late.sum(), (sides & ~late).sum()) < parts.FEWEST_UNITS:
        return
    if len(rows) < len(known):
        look.looked_at["D303"] = len(rows)
    x, is_test = quick_matrix(look.sample.select(look.columns(columns))[rows[sides]]), late[sides]
    area, _ = parts.told_apart(x, is_test, np.arange(len(x), dtype=np.uint64))
    telling = parts.most_telling(x, is_test, columns)
    message = say(
        "How different the future is: a quick model tells the latest fifth by '{time}' from train with "
        "an AUC of {area:.2f} (0.5: not at all), most by '{telling}'.",
        time=shown(look.time),
        area=area,
        telling=shown(telling),
    )
    yield Finding("D303", "tip", telling, message, {"auc": round(area, 4), "rows": len(x)})


def _score(task: str, x: NDArray[np.float32], y: np.ndarray, test: NDArray[np.bool_]) -> tuple[float, float]:
    """The score on the chosen rows after learning from the others, and its standard error; 0 where there is none."""
    if not test.any() or test.all() or len(np.unique(y[~test])) < 2:
        return 0.0, np.inf
    if task == "regression":
        missed = (y[test] - quick_numbers(x[~test], y[~test], x[test])) ** 2
        spread = float(y.var()) or 1.0
        return 1 - float(missed.mean()) / spread, float(missed.std()) / spread / len(missed) ** 0.5
    chances = quick_chances(x[~test], y[~test], x[test])
    if task == "binary":
        positive = y[test] == y.max()
        fewest = min(int(positive.sum()), int((~positive).sum()))
        if not fewest:
            return 0.0, np.inf
        area, _ = auc_bound(chances[:, 1], positive)
        return area, float(np.sqrt(max(area * (1 - area), 1e-6) / fewest))
    right = float((np.unique(y[~test])[chances.argmax(1)] == y[test]).mean())
    return right, float(np.sqrt(max(right * (1 - right), 1e-6) / test.sum()))
