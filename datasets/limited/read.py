"""An upload becomes a typed table, and what one wants to know of it."""

from pathlib import Path
from typing import Any

from datasets.core.codes import numeric_codes
from datasets.core.corrections import Corrections
from datasets.core.limits import Limits
from datasets.core.profile import profile_table
from datasets.core.readers import read_table
from datasets.core.stages import Progress, nothing, within


def read(
    *,
    source: str,
    file_name: str,
    out: str,
    limits: dict[str, int],
    corrections: dict[str, Any] | None = None,
    progress: Progress = nothing,
) -> dict[str, Any]:
    """An upload -> typed Parquet file, and what one wants to know of it."""
    table = read_table(
        Path(source),
        file_name=file_name,
        out=Path(out),
        limits=Limits(**limits),
        corrections=Corrections(**(corrections or {})),
        progress=within(progress, 0, 0.9),
    )
    profile = profile_table(Path(out), table.columns)
    said = {finding.column for finding in table.findings if finding.code == "D111"}
    settled = {*(corrections or {}).get("kinds", {}), *said}
    findings = [*table.findings, *numeric_codes(Path(out), profile, settled=settled)]
    return {
        "rows": table.rows,
        "columns": [column.as_dict() for column in table.columns],
        "findings": [finding.as_dict() for finding in findings],
        "profile": profile | ({"head": table.head} if table.head else {}) | {"orders": table.orders},
    }
