"""The first stage, and the same once more as people said: the upload becomes a typed table."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from datasets import lineages, store
from datasets.core.errors import DataProblem
from datasets.core.stages import within
from datasets.ingestion.checking import checking, write_check, write_findings
from datasets.ingestion.child import in_child, kin_of, limits
from datasets.limited.check import check
from datasets.limited.read import read as read_table
from datasets.models import DatasetVersion, Ingestion
from dlstart_web.kit.jobs import Pulse

State = DatasetVersion.State


def read(version: DatasetVersion, job: Ingestion, pulse: Pulse) -> Callable[[], None]:
    progress = within(pulse.check, 0, 0.95)
    with store.work_folder(version) as folder:
        table = folder / "table.parquet"
        try:
            found = in_child(read_table, _reading(version, table, version.corrections), progress)
        except DataProblem as problem:
            if problem.code != "KIND_DOES_NOT_FIT":
                raise
            # what was said of the version before does not fit this one
            version.corrections = {}
            found = in_child(read_table, _reading(version, table, {}), progress)
        _add_what_is_known_again(version, table, found, pulse)
        _keep_first_lines(version, folder, found)
        store.put(table, store.table_path(version))

    def write() -> None:
        _write_reading(version, found)
        version.state = State.READY

    return write


def correct(version: DatasetVersion, job: Ingestion, pulse: Pulse) -> Callable[[], None]:
    """Read the file again as people said, and check it again where its target is chosen."""
    before = version.kinds
    with store.work_folder(version) as folder:
        table = folder / "table.parquet"
        found = in_child(read_table, _reading(version, table, job.corrections), within(pulse.check, 0, 0.7))
        after = {column["name"]: column["kind"] for column in found["columns"]}
        if before.get(version.target) != after.get(version.target):
            version.task = ""
        checked = None
        if list(before) != list(after):  # another line names the columns: what was chosen means nothing now
            version.target = version.task = version.group_column = version.time_column = version.rule = ""
            version.dropped = []
        if version.target:
            version.columns = found["columns"]
            checked = in_child(check, checking(version, table), within(pulse.check, 0.7, 0.95))
        _add_what_is_known_again(version, table, found, pulse)
        _keep_first_lines(version, folder, found)
        store.put(table, store.table_path(version))

    def write() -> None:
        was = before | version.found
        version.corrections = job.corrections | {"found": {name: was[name] for name in job.corrections["kinds"]}}
        _write_reading(version, found)
        version.state = State.READY
        if checked:
            write_check(version, checked)
        else:
            write_findings(version, [], needs_target=True)

    return write


def _reading(version: DatasetVersion, table: Path, corrections: dict[str, Any]) -> dict[str, Any]:
    """Arguments of `limited.read`."""
    return {
        "source": str(store.quarantine_path(version)),
        "file_name": version.file_name,
        "out": str(table),
        "limits": asdict(limits()),
        "corrections": {key: value for key, value in corrections.items() if key != "found"},
    }


def _add_what_is_known_again(version: DatasetVersion, table: Path, found: dict[str, Any], pulse: Pulse) -> None:
    """A finding, where rows of this table are sealed already."""
    names = [column["name"] for column in found["columns"]]
    kin = kin_of(version, table, names, within(pulse.check, 0.95, 1))
    if again := lineages.finding_of(version, kin):
        found["findings"].append(again.as_dict())


def _keep_first_lines(version: DatasetVersion, folder: Path, found: dict[str, Any]) -> None:
    """They may hold labels of rows that will be sealed, so they stay out of the database."""
    if lines := found["profile"].get("head", {}).pop("lines", None):
        (folder / "head.json").write_text(json.dumps(lines), encoding="utf-8")
        store.put(folder / "head.json", store.head_path(version))


def _write_reading(version: DatasetVersion, found: dict[str, Any]) -> None:
    version.rows_read, version.columns, version.profile = found["rows"], found["columns"], found["profile"]
    write_findings(version, found["findings"], needs_target=False)
