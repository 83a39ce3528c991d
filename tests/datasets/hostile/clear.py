"""What a refusal must say to be clear."""

from typing import Any

from datasets.core.errors import NOTHING_STORED


def lacks(refusal: dict[str, Any], status: int) -> list[str]:
    """What a refusal does not say: its sentence, the next step, and of something too large the limit and what was found."""
    missing = [] if refusal["message"].endswith(".") else ["a sentence"]
    if len((refusal["next"] or "").removesuffix(NOTHING_STORED).split()) < 2:
        missing.append("the next step")
    if status == 413:
        missing += [key for key in ("limit", "found") if refusal[key] is None]
    if status == 415 and refusal["found"] is None:
        missing.append("found")
    words = refusal["message"].lower()
    if words.startswith(("line ", "entry ", "column ")) and not refusal["where"]:
        missing.append("where")
    return missing
