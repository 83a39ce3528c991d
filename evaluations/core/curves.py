"""Learning curves as plain arrays: enough points to draw, never more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

POINTS = 300


class Point(Protocol):
    """What a curve is made of, from a recipe or from the database."""

    @property
    def x(self) -> float: ...
    @property
    def train_loss(self) -> float | None: ...
    @property
    def validation_loss(self) -> float | None: ...
    @property
    def train_score(self) -> float | None: ...
    @property
    def validation_score(self) -> float | None: ...


@dataclass(frozen=True)
class Curve:
    """Columns of a curve, all of the same length; None where a figure wasn't taken."""

    x: list[float]
    train_loss: list[float | None]
    validation_loss: list[float | None]
    train_score: list[float | None]
    validation_score: list[float | None]

    def __len__(self) -> int:
        return len(self.x)

    @property
    def best(self) -> int | None:
        """Index of the lowest validation loss."""
        known = [(v, i) for i, v in enumerate(self.validation_loss) if v is not None]
        return min(known)[1] if known else None


def as_curve(points: Sequence[Point]) -> Curve:
    """Points in order of x, as columns."""
    ordered = sorted(points, key=lambda point: point.x)
    return Curve(
        x=[float(p.x) for p in ordered],
        train_loss=[p.train_loss for p in ordered],
        validation_loss=[p.validation_loss for p in ordered],
        train_score=[p.train_score for p in ordered],
        validation_score=[p.validation_score for p in ordered],
    )


def thin(curve: Curve, limit: int = POINTS) -> Curve:
    """At most `limit` points, evenly spaced over the index; the first, the last and the best always stay."""
    n = len(curve)
    if n <= limit:
        return curve
    kept = {round(i * (n - 1) / (limit - 2)) for i in range(limit - 1)}
    if curve.best is not None:
        kept.add(curve.best)
    index = sorted(kept)
    return Curve(
        x=[curve.x[i] for i in index],
        train_loss=[curve.train_loss[i] for i in index],
        validation_loss=[curve.validation_loss[i] for i in index],
        train_score=[curve.train_score[i] for i in index],
        validation_score=[curve.validation_score[i] for i in index],
    )
