"""The record of a success criterion: what is in it, its fingerprint, and what may not be in it."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from dlstart_web.kit.say import say
from projects.core.errors import ProjectProblem
from projects.core.measures import MEASURES

GUARDS_AT_MOST = SLICES_AT_MOST = 5
LOOKS_AT_MOST = 100


def fingerprint(record: Mapping[str, Any]) -> str:
    """SHA-256 of the record as JSON with sorted keys; parts that say nothing are left out."""
    said = {key: value for key, value in record.items() if key not in OPTIONAL or value not in (None, "", [])}
    return hashlib.sha256(
        json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).hexdigest()


# came later; a record without them keeps its fingerprint
OPTIONAL = ("guards", "slices", "stop_rule", "today", "people", "looks_wanted")


def check_level(metric: str, level: float) -> None:
    """Refuse what no result could ever meet, or any result would."""
    measure = MEASURES.get(metric)
    if measure is None:
        raise ProjectProblem(
            say("There is no measure “{metric}”. Choose one of {names}.", metric=metric, names=", ".join(MEASURES))
        )
    low = -math.inf if metric == "r2" else 0.0
    high = 1.0 if measure.unit == "share" else math.inf
    if not math.isfinite(level) or not low < level <= high:
        share = say("above 0 and at most 1") if low == 0.0 else say("at most 1")
        raise ProjectProblem(
            say(
                "{measure} cannot be {level:g}: a level is {allowed}.",
                measure=measure.title,
                level=level,
                allowed=share if high == 1.0 else say("above 0"),
            )
        )


def check_difference(metric: str, difference: float) -> None:
    """Refuse a smallest difference that decides nothing."""
    is_share = MEASURES[metric].unit == "share"
    if not math.isfinite(difference) or difference <= 0 or (is_share and difference >= 1):
        raise ProjectProblem(
            say(
                "A smallest difference of {difference:g} decides nothing: it is {allowed}.",
                difference=difference,
                allowed=say("above 0 and below 1") if is_share else say("above 0"),
            )
        )


def check_beside(metric: str, today: float | None, people: float | None, looks_wanted: int | None) -> None:
    """Refuse a level of today or of people that the measure cannot have, and more looks than anybody plans."""
    for level in (today, people):
        if level is not None:
            check_level(metric, level)
    if looks_wanted is not None and not 0 <= looks_wanted <= LOOKS_AT_MOST:
        raise ProjectProblem(
            say("{found} test looks are no plan: say 0 to {most}.", found=looks_wanted, most=LOOKS_AT_MOST)
        )


def check_guards(
    metric: str, guards: Sequence[Mapping[str, Any]], slices: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Guard measures `{metric, level}` and slices `{column, value, level}` as they are kept; ProjectProblem otherwise."""
    if len(guards) > GUARDS_AT_MOST or len(slices) > SLICES_AT_MOST:
        raise ProjectProblem(
            say(
                "At most {guards} guard measures and {slices} slices are locked.",
                guards=GUARDS_AT_MOST,
                slices=SLICES_AT_MOST,
            )
        )
    names = [str(guard["metric"]) for guard in guards]
    if len({metric, *names}) != len(names) + 1:
        raise ProjectProblem(say("Each guard measure is named once, and is another one than the measure itself."))
    kept_guards, kept_slices = [], []
    for guard in guards:
        check_level(str(guard["metric"]), float(guard["level"]))
        kept_guards.append({"metric": str(guard["metric"]), "level": float(guard["level"])})
    for part in slices:
        check_level(metric, float(part["level"]))
        column, value = str(part["column"]).strip(), str(part["value"]).strip()
        if not column or not value:
            raise ProjectProblem(say("A slice names its column and the value in it, such as belt and new."))
        kept_slices.append({"column": column, "value": value, "level": float(part["level"])})
    return kept_guards, kept_slices
