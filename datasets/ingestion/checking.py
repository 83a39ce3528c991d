"""The stage after a target was chosen: what the checks find."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from datasets import store
from datasets.ingestion.child import in_child, limits
from datasets.limited.check import check as look_for_faults
from datasets.models import DatasetVersion, Finding, Ingestion
from dlstart_web.kit.jobs import Pulse

State = DatasetVersion.State
GRAVITY = {"stop": 0, "look": 1, "tip": 2}


def check(version: DatasetVersion, job: Ingestion, pulse: Pulse) -> Callable[[], None]:
    found = in_child(look_for_faults, checking(version, store.table_path(version)), pulse.check)

    def write() -> None:
        write_check(version, found)
        version.state = State.READY

    return write


def checking(version: DatasetVersion, table: Path) -> dict[str, Any]:
    """Arguments of `limited.check`."""
    roles = (version.group_column, version.time_column)
    return {
        "table": str(table),
        "target": version.target,
        "task": version.task,
        "group": version.group_column or None,
        "time": version.time_column or None,
        "drop": [name for name in version.no_features if name not in roles],
        "kinds": version.kinds,
        "merged": version.merged,
        "annotators": version.annotators,
        "limits": asdict(limits()),
    }


def write_check(version: DatasetVersion, found: dict[str, Any]) -> None:
    version.task = found["task"]
    version.profile["agreement"] = [
        pair for finding in found["findings"] if finding["code"] == "D406" for pair in finding["evidence"]["pairs"]
    ]
    write_findings(version, found["findings"], needs_target=True)


def write_findings(version: DatasetVersion, found: list[dict[str, Any]], *, needs_target: bool) -> None:
    """Replace the findings of this stage; a reason why one may stay holds while it is found again, and no graver.

    It holds over versions too: the version before is asked for reasons that this one has none for.
    """
    before = version.findings.filter(needs_target=needs_target)
    kept = {(each.code, each.column): each for each in before.exclude(kept_reason="")}
    earlier = version.dataset.versions.filter(number__lt=version.number).exclude(rows_read=None).first()
    if earlier and (not needs_target or earlier.target == version.target):
        for each in earlier.findings.filter(needs_target=needs_target).exclude(kept_reason=""):
            kept.setdefault((each.code, each.column), each)
    before.delete()
    rows = []
    for finding in found:
        row = Finding(version=version, needs_target=needs_target, **finding | {"column": finding["column"] or ""})
        same = kept.get((row.code, row.column))
        if same and GRAVITY[same.severity] <= GRAVITY[row.severity]:
            row.kept_reason, row.kept_by_id = same.kept_reason, same.kept_by_id
        rows.append(row)
    Finding.objects.bulk_create(rows)
