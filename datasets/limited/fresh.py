"""The rows of a later table that no earlier version knows."""

from pathlib import Path
from typing import Any

from datasets.core.fresh import set_apart as set_rows_apart
from datasets.core.lineage import Past
from datasets.core.split import Design
from datasets.core.stages import Progress, nothing


def set_apart(
    *,
    table: str,
    design: dict[str, Any],
    features: list[str],
    classes: list[str] | None,
    secret: str,
    stored: str | None,
    sealed: list[str],
    pasts: list[dict[str, Any]],
    key: str,
    out: str,
    progress: Progress = nothing,
) -> dict[str, Any]:
    """Their features as a file, what may be known of them, and what must be locked away as arrays."""
    fresh = set_rows_apart(
        Path(table),
        design=Design(**design),
        features=features,
        classes=classes,
        secret=bytes.fromhex(secret),
        stored=Path(stored) if stored else None,
        sealed=[Path(path) for path in sealed],
        pasts=[Past.from_dict(past) for past in pasts],
        key=bytes.fromhex(key),
        out=Path(out),
    )
    progress(1.0)
    arrays = {"labels": fresh.labels} | ({} if fresh.units is None else {"units": fresh.units})
    return fresh.as_dict() | {"arrays": arrays}
