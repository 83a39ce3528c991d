"""What labelling costs, and how many rows a part of a certain size needs. Web-safe: plain numbers in and out."""

from dataclasses import dataclass
from math import ceil, sqrt

FINAL_SHARE, POOLED_SHARE = 0.1, 0.2  # of all rows: the final part, and checkpoint and final as one set
POOLED_BELOW = 3_000  # rows; below, the two sealed tiers are one set
Z = 1.959964


@dataclass(frozen=True)
class LabelPlan:
    """The sums of labelling up to a number of rows.

    Parameters
    ----------
    rows, have : int
        Labelled rows wanted, and those there are.
    missing : int
        Rows to label.
    doubled : int
        Of these, rows that several people label.
    people : int
        How many label such a row.
    labels : int
        All labels to be given: once for each missing row, and people - 1 more for each doubled one.
    cost : float
        Labels times the cost of one.
    """

    rows: int
    have: int
    missing: int
    doubled: int
    people: int
    labels: int
    cost: float


def plan_labels(*, rows: int, have: int, each: float, double_share: float, people: int = 2) -> LabelPlan:
    """The cost of labelling to a target.

    Parameters
    ----------
    rows, have : int
        Labelled rows wanted, and those there are already.
    each : float
        Cost of one label, in any currency.
    double_share : float
        Share of the new rows that several people label, 0 to 1.
    people : int, default=2
        How many people label such a row.

    Examples
    --------
    4,000 rows, each labelled by 2 people at 0.10 a label, are 8,000 labels and cost 800.
    """
    missing = max(0, rows - have)
    doubled = ceil(round(double_share * missing, 6))
    labels = missing + doubled * (people - 1)
    return LabelPlan(rows, have, missing, doubled, people, labels, labels * each)


def agreement_margin(doubled: int, equal: float) -> float | None:
    """Half the width of the 95% interval of a share of equal labels, counted on so many rows; None without rows."""
    return Z * sqrt(equal * (1 - equal) / doubled) if doubled else None


def rows_for_final(final: int) -> int:
    """All rows needed so that the final part has this many: it is a tenth, or a fifth where it is one set."""
    pooled = ceil(final / POOLED_SHARE)
    return pooled if pooled < POOLED_BELOW else max(POOLED_BELOW, ceil(round(final / FINAL_SHARE, 6)))


def rows_within(level: float, margin: float) -> int:
    """Rows on which a true share of `level` reads within the margin, 95 times in 100 (normal approximation)."""
    return ceil(round(Z**2 * level * (1 - level) / margin**2, 6))
