"""What a budget pays for when proposals are taken in their order; and what falls out."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Asked:
    """One proposal in its place. `money`: None where nobody summed it up. `is_blocked`: a floor is missed, or it was stopped."""

    key: str
    money: float | None
    is_blocked: bool = False


@dataclass(frozen=True)
class Cut:
    """Keys that the budget pays for, that fall out for want of money, that are blocked, and that ask for no known sum."""

    fits: tuple[str, ...]
    out: tuple[str, ...]
    blocked: tuple[str, ...]
    unknown: tuple[str, ...]
    left: float


def cut(order: Sequence[Asked], budget: float) -> Cut:
    """Take proposals in order while the money lasts; a smaller one further down may still fit."""
    left = budget
    fits, out, blocked, unknown = [], [], [], []
    for one in order:
        if one.is_blocked:
            blocked.append(one.key)
        elif one.money is None:
            unknown.append(one.key)
        elif one.money <= left:
            fits.append(one.key)
            left -= one.money
        else:
            out.append(one.key)
    return Cut(tuple(fits), tuple(out), tuple(blocked), tuple(unknown), left)
