"""Rows of a typed table that were sealed before."""

from pathlib import Path
from typing import Any

from datasets.core.lineage import Hashed, Keys, Past
from datasets.core.lineage import recognise as find_again
from datasets.core.stages import Progress, nothing


def recognise(
    *, table: str, columns: list[str], pasts: list[dict[str, Any]], key: str, progress: Progress = nothing
) -> dict[str, Any]:
    """For each past version that the table has rows of, by its name: how much the two share, and which parts each row was in."""
    found, hashed = {}, dict[Hashed, Keys]()
    for place, past in enumerate(pasts):
        found[past["name"]] = find_again(Path(table), columns, Past.from_dict(past), bytes.fromhex(key), hashed)
        progress((place + 1) / len(pasts))
    return {
        "matches": {name: [match.overlap, match.sealed] for name, match in found.items() if match},
        "arrays": {name: match.masks for name, match in found.items() if match},
    }
