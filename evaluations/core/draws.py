"""Scores in bootstrap draws, remembered: a board tests each model against several others on the same draws."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from evaluations.core.intervals import Array, WeightedScore, resample

REMEMBERED = 64  # predictions
_last: OrderedDict[tuple[Any, ...], tuple[int, Array]] = OrderedDict()


def drawn(
    weighted: Callable[[Array, Array], WeightedScore],
    y: Array,
    prediction: Array,
    *,
    stratified: bool,
    groups: Array | None,
    draws: int,
    seed: int,
) -> Array:
    """The score in each draw, as `resample` gives it.

    All predictions of the same rows see the same draws, so two can be paired, and the first of many draws are what
    fewer would have been.

    Parameters
    ----------
    weighted : callable
        (y, prediction) -> function of row weights -> score.
    y, prediction : ndarray
    stratified : bool
        Whether each class keeps its number of rows.
    groups : ndarray of shape (n_rows,), or None
    draws, seed : int

    Returns
    -------
    ndarray of shape (n_draws,)
    """
    key = (weighted, stratified, seed, *map(_digest, (y, prediction, groups)))
    asked, values = _last.pop(key, (0, y))
    if asked < draws:
        strata = y if stratified else None
        scorer = weighted(y, prediction)
        asked = draws
        values = resample([scorer], len(y), strata=strata, groups=groups, draws=draws, seed=seed)[:, 0]
    _last[key] = asked, values
    if len(_last) > REMEMBERED:
        _last.popitem(last=False)
    return values[:draws]


def _digest(values: Array | None) -> bytes:
    return b"" if values is None else hashlib.blake2b(np.ascontiguousarray(values).tobytes()).digest()
