"""Ends of intervals for a mean of rows in [0, 1]: by bisection, without scipy, so that pages can ask for them."""

import math
from collections.abc import Callable


def kl_lower(p: float, n: float, allowance: float) -> float:
    """The smallest true mean q below ``p`` with ``n * kl(p, q) <= allowance`` (Chernoff bound for rows in [0, 1])."""
    return _bisect(p, 0.0, lambda q: n * _kl(p, q) <= allowance)


def kl_upper(p: float, n: float, allowance: float) -> float:
    """The largest true mean q above ``p`` with ``n * kl(p, q) <= allowance``."""
    return _bisect(p, 1.0, lambda q: n * _kl(p, q) <= allowance)


def clopper_pearson(k: int, n: int, alpha: float) -> tuple[float, float]:
    """Exact interval for a proportion of ``k`` out of ``n``, at however small an ``alpha`` (Clopper, Pearson 1934)."""
    return 1 - _clopper_pearson_upper(n - k, n, alpha), _clopper_pearson_upper(k, n, alpha)


def _kl(p: float, q: float) -> float:
    q = min(max(q, 1e-15), 1 - 1e-15)
    return (p * math.log(p / q) if p > 0 else 0.0) + ((1 - p) * math.log((1 - p) / (1 - q)) if p < 1 else 0.0)


def _bisect(inside: float, outside: float, holds: Callable[[float], bool]) -> float:
    """The last point from ``inside`` towards ``outside`` at which ``holds`` is true."""
    for _ in range(60):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if holds(middle) else (inside, middle)
    return inside


def _clopper_pearson_upper(k: int, n: int, alpha: float) -> float:
    return 1.0 if k == n else _bisect(k / n, 1.0, lambda p: _at_most(k, n, p) > alpha / 2)


def _at_most(k: int, n: int, p: float) -> float:
    """P(X <= k) of a binomial for p above k / n: summed from k downwards, where the terms only shrink."""
    if p <= 0 or p >= 1:
        return 1.0 if p <= 0 else 0.0
    choices = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    term = total = math.exp(choices + k * math.log(p) + (n - k) * math.log1p(-p))
    for i in range(k, 0, -1):
        term *= i / (n - i + 1) * (1 - p) / p
        total += term
        if term < total * 1e-17:
            break
    return total
