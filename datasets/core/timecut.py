"""Rows to parts by time: the latest are sealed, and a gap of one label horizon lies at each cut (STATISTICS 3.1)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from datasets.core.split import RETIRED, SHARES, UNKNOWN, Assignments, Keys, Parts

Times = NDArray[np.int64] | NDArray[np.float64]


def assign_by_time(
    keys: Keys,
    times: Times,
    stored: Assignments | None = None,
    *,
    shares: Sequence[float] = SHARES,
    pooled: bool = False,
    horizon: float = 0.0,
) -> Parts:
    """Cut by time, the latest rows last; rows of one moment stay together.

    With stored assignments, rows later than all stored ones are cut by their own quantiles and the older sealed rows
    are retired; other new rows go to train or validation, whichever their time belongs to, and no row that was sealed
    is ever moved to them.

    Parameters
    ----------
    keys : ndarray of uint64 of shape (n_rows,)
    times : ndarray of shape (n_rows,)
    stored : Assignments, optional
    shares, pooled : see `assign_parts`
    horizon : float
        In the unit of the times: how long after its row a label is known. Rows whose label was not known yet when the
        next part begins are used no more; the gap at each cut (STATISTICS 3.1).

    Returns
    -------
    ndarray of uint8 of shape (n_rows,)
    """
    part = (stored or Assignments.empty()).find(keys)
    known = part != UNKNOWN
    if not known.any():
        return _cut(times, shares, pooled, horizon)
    later = later_rows(part, times)
    if later.any():
        part[part == 2], part[part == 3] = RETIRED, RETIRED
        part[later] = _cut(times[later], shares, pooled, horizon)
    earlier = ~known & ~later
    validation = times[known & (part == 1)]
    part[earlier] = np.where(times[earlier] < validation.min(), 0, 1) if len(validation) else 0
    return part


def later_rows(known: Parts, times: Times) -> NDArray[np.bool_]:
    """New rows that are later than all that have a part."""
    is_known = known != UNKNOWN
    return ~is_known & (times > times[is_known].max()) if is_known.any() else np.ones(len(times), bool)


def _cut(times: Times, shares: Sequence[float], pooled: bool, horizon: float) -> Parts:
    ordered = np.sort(times)
    ends = np.cumsum(shares)[:3]
    if pooled:
        ends = np.array([ends[0], ends[1], ends[1]])
    cuts = ordered[np.minimum(np.round(ends * len(times)).astype(np.int64), len(times) - 1)]
    parts = np.searchsorted(cuts, times, side="right").astype(np.uint8)
    for cut in np.unique(cuts) if horizon else ():
        parts[(times < cut) & (times >= cut - horizon)] = RETIRED
    return parts
