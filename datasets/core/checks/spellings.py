"""Labels that differ only in how they are written."""

import re
import unicodedata
from collections.abc import Iterator, Mapping

import numpy as np

from datasets.core.checks.context import Context
from datasets.core.errors import shown
from datasets.core.findings import Finding, Severity
from dlstart_web.kit.say import say


def look_alikes(counts: Mapping[str, int]) -> dict[str, str]:
    """Spellings and the label each should become: the commonest of those that look alike, the first of equals.

    Case, blanks, the marks _ and - between words, and the zeros of a number (1, 1.0, 01) do not count.
    """
    alike: dict[str, list[str]] = {}
    for label in counts:
        alike.setdefault(_plain(label), []).append(label)
    merged: dict[str, str] = {}
    for spellings in alike.values():
        best = min(spellings, key=lambda label: (-counts[label], label))
        merged |= {label: best for label in spellings if label != best}
    return merged


def _plain(label: str) -> str:
    text = " ".join(re.sub(r"[\s_-]+(?=\w)|\s+", " ", unicodedata.normalize("NFKC", label).casefold()).split())
    if re.fullmatch(r"[+-]?\d+(?:\.\d+)?", label.strip()):
        return repr(float(label))
    return text or label


def look_alike_labels(look: Context, least_rows: int = 3) -> Iterator[Finding]:
    """One finding a label that has other spellings; a stop where the classes could not be divided as they are."""
    if look.task == "regression":
        return
    rows = np.bincount(look.y[look.labelled], minlength=len(look.classes))
    counts = {label: int(count) for label, count in zip(look.classes, rows, strict=True) if count}
    merged = look_alikes(counts)
    for best in sorted(set(merged.values())):
        spellings = sorted(label for label, into in merged.items() if into == best)
        small = min(counts[label] for label in (*spellings, best)) < least_rows
        severity: Severity = "stop" if small or (look.task == "binary" and len(counts) > 2) else "look"
        listed = ", ".join(f"'{shown(label, 40)}' ({counts[label]:,})" for label in spellings[:5])
        if len(spellings) > 5:
            listed = say("{listed} and {more} more", listed=listed, more=len(spellings) - 5)
        message = say(
            "{listed} and '{best}' ({rows:,}) look like one label. Merge them, or each is a class of its own.",
            listed=listed,
            best=shown(best, 40),
            rows=counts[best],
        )
        yield Finding("D405", severity, look.target, message, {"into": best, "spellings": spellings[:100]})
