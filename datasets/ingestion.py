"""What a worker does with an upload: read it, check it against the chosen target, divide and seal it."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, fields
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast
from uuid import UUID
from zipfile import ZipFile

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from datasets import limited, lineages, selectors, store, vault
from datasets.core.divide import Division, divide
from datasets.core.errors import NOTHING_STORED, DataProblem
from datasets.core.figures import look_over
from datasets.core.findings import LEFT_OUT
from datasets.core.findings import Finding as CoreFinding
from datasets.core.limits import Limits
from datasets.core.split import Design
from datasets.core.table import Column
from datasets.core.wall import picture_wall
from datasets.models import DatasetVersion, Finding, Ingestion, LookGate, Seal, TestSet, Upload
from dlstart_web.kit import jobs
from dlstart_web.kit.jobs import Pulse
from projects import services as project_services
from projects.models import Project

State = DatasetVersion.State
GRAVITY = {"stop": 0, "look": 1, "tip": 2}
Kind = Literal["random", "group", "time"]
OUR_FAULT = {
    "code": "FAULT",
    "message": "A fault of ours stopped this; the data was not at fault.",
    "next": "Try it once more. If it stops again, tell the administrator the id of this version.",
}


def execute(pk: str, token: str) -> None:
    """Claim the ingestion and do its stage; what it finds is written in the transaction that ends it."""
    sweep()
    jobs.execute(Ingestion, pk, token, _work, problems=(DataProblem,), on_failure=_refuse)


def limits() -> Limits:
    """The limits of this installation."""
    known = {field.name for field in fields(Limits)}
    return Limits(**{name: value for name, value in settings.LIMITS.items() if name in known})


def _work(job: Ingestion, pulse: Pulse) -> Callable[[], None]:
    version = DatasetVersion.objects.select_related("dataset__lineage", "dataset__project").get(pk=job.version_id)
    began = time.monotonic()
    stages = {
        Ingestion.Stage.READ: _read,
        Ingestion.Stage.CORRECT: _correct,
        Ingestion.Stage.CHECK: _check,
        Ingestion.Stage.SEAL: _seal,
        Ingestion.Stage.ERASE: _erase,
    }
    finish = stages[Ingestion.Stage(job.stage)](version, job, pulse)

    def write_down() -> None:
        finish()
        version.seconds += time.monotonic() - began
        version.rejection = None
        version.save()

    return write_down


def _limited(name: str, arguments: dict[str, Any], pulse: Pulse) -> dict[str, Any]:
    if settings.FORCE_IN_PROCESS_INGESTION:  # `dlstart vet`: the file is the user's own, and so is the process
        return limited.TASKS[name](**arguments, progress=pulse.check)
    return limited.run(
        name, arguments, memory=settings.INGEST_MEMORY, seconds=settings.INGEST_SECONDS, progress=pulse.check
    )


def read_rows(*, source: Path, file_name: str, out: Path, corrections: dict[str, Any], pulse: Pulse) -> dict[str, Any]:
    """A file of rows that are no data set (to be predicted), read under the same limits; DataProblem where it is refused."""
    arguments = {
        "source": str(source),
        "file_name": file_name,
        "out": str(out),
        "limits": asdict(limits()) | {"least_rows": 1},  # nothing is divided
        "corrections": corrections,
    }
    return _limited("read", arguments, pulse)


# ---- read


def _read(version: DatasetVersion, job: Ingestion, pulse: Pulse) -> Callable[[], None]:
    with store.work_folder(version) as folder:
        table = folder / "table.parquet"
        try:
            found = _limited("read", _reading(version, table, version.corrections), pulse)
        except DataProblem as problem:
            if problem.code != "KIND_DOES_NOT_FIT":
                raise
            # what was said of the version before does not fit this one
            version.corrections = {}
            found = _limited("read", _reading(version, table, {}), pulse)
        _add_what_is_known_again(version, table, found)
        _keep_first_lines(version, folder, found)
        store.put(table, store.table_path(version))

    def write() -> None:
        _write_reading(version, found)
        version.state = State.READY

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


def _add_what_is_known_again(version: DatasetVersion, table: Path, found: dict[str, Any]) -> None:
    """A finding, where rows of this table are sealed already."""
    kin = lineages.kin_of(version, table, [column["name"] for column in found["columns"]])
    if again := lineages.finding_of(version, kin):
        found["findings"].append(again.as_dict())


def _keep_first_lines(version: DatasetVersion, folder: Path, found: dict[str, Any]) -> None:
    """They may hold labels of rows that will be sealed, so they stay out of the database."""
    if lines := found["profile"].get("head", {}).pop("lines", None):
        (folder / "head.json").write_text(json.dumps(lines), encoding="utf-8")
        store.put(folder / "head.json", store.head_path(version))


def _write_reading(version: DatasetVersion, found: dict[str, Any]) -> None:
    version.rows_read, version.columns, version.profile = found["rows"], found["columns"], found["profile"]
    _write_findings(version, found["findings"], needs_target=False)


# ---- correct


def _correct(version: DatasetVersion, job: Ingestion, pulse: Pulse) -> Callable[[], None]:
    """Read the file again as people said, and check it again where its target is chosen."""
    before = version.kinds
    with store.work_folder(version) as folder:
        table = folder / "table.parquet"
        found = _limited("read", _reading(version, table, job.corrections), pulse)
        after = {column["name"]: column["kind"] for column in found["columns"]}
        if before.get(version.target) != after.get(version.target):
            version.task = ""
        checked = None
        if list(before) != list(after):  # another line names the columns: what was chosen means nothing now
            version.target = version.task = version.group_column = version.time_column = version.rule = ""
            version.dropped = []
        if version.target:
            version.columns = found["columns"]
            checked = _limited("check", _checking(version, table), pulse)
        _add_what_is_known_again(version, table, found)
        _keep_first_lines(version, folder, found)
        store.put(table, store.table_path(version))

    def write() -> None:
        was = before | version.found
        version.corrections = job.corrections | {"found": {name: was[name] for name in job.corrections["kinds"]}}
        _write_reading(version, found)
        version.state = State.READY
        if checked:
            _write_check(version, checked)
        else:
            _write_findings(version, [], needs_target=True)

    return write


# ---- check


def _check(version: DatasetVersion, job: Ingestion, pulse: Pulse) -> Callable[[], None]:
    found = _limited("check", _checking(version, store.table_path(version)), pulse)

    def write() -> None:
        _write_check(version, found)
        version.state = State.READY

    return write


def _checking(version: DatasetVersion, table: Path) -> dict[str, Any]:
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


def _write_check(version: DatasetVersion, found: dict[str, Any]) -> None:
    version.task = found["task"]
    version.profile["agreement"] = [
        pair for finding in found["findings"] if finding["code"] == "D406" for pair in finding["evidence"]["pairs"]
    ]
    _write_findings(version, found["findings"], needs_target=True)


def _write_findings(version: DatasetVersion, found: list[dict[str, Any]], *, needs_target: bool) -> None:
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


# ---- seal


def _seal(version: DatasetVersion, job: Ingestion, pulse: Pulse) -> Callable[[], None]:
    table = store.table_path(version)
    names = [column["name"] for column in version.columns if column["name"] != version.target]
    sealed_before = lineages.sealed_now()
    kin = lineages.kin_of(version, table, names)
    lineage = lineages.lineage_to_keep(version, kin)
    before = selectors.versions_sealed(lineage).first()
    pasts = sorted(
        {
            *selectors.versions_sealed(lineage),
            *selectors.versions_sealed(version.dataset.lineage),
            *(one for one, _ in kin),
        },
        key=lambda one: one.seal.sealed_at,
        reverse=True,
    )
    pulse.check(0.1)
    design = Design(
        kind=cast(Kind, version.rule),
        target=version.target,
        task=version.task,
        group=version.group_column if version.rule == DatasetVersion.Rule.GROUP else None,
        time=version.time_column if version.rule == DatasetVersion.Rule.TIME else None,
        drop=[*version.no_features, *_row_names(version)],
        kinds=version.kinds,
        horizon=version.horizon or 0.0,
        merged=version.merged,
    )
    with store.work_folder(version) as folder:
        division = divide(
            table,
            design=design,
            secret=bytes(lineage.secret),
            stored=store.assignments_path(before) if before else None,
            out=folder,
            limits=limits(),
            pasts=[lineages.past(one) for one in pasts],
            key=lineages.key(),
            progress=pulse.check,
        )
        has_wall = _draw(folder, version, division, design)
        pulse.check(0.9)
        vault.seal(version, labels=division.labels, groups=division.units, original=store.quarantine_path(version))
        pulse.check(0.97)
        for part in store.PARTS:
            store.put(folder / f"{part}.parquet", store.part_path(version, part))
        if (folder / "retired.parquet").exists():
            store.put(folder / "retired.parquet", store.retired_path(version))
        store.put(folder / "figures.json", store.figures_path(version))
        if has_wall:
            store.put(folder / "wall.zip", store.wall_path(version))
        store.put(folder / "assignments.parquet", store.assignments_path(version))
        if division.validation_units is not None:
            np.save(folder / "units.npy", division.validation_units)
            store.put(folder / "units.npy", store.units_path(version))

    def write() -> None:
        lineages.refuse_if_overtaken(version, sealed_before)
        lineages.join(lineage, version, kin)
        _write_seal(version, job, division, lineages.finding_of(version, kin))

    return write


def _draw(folder: Path, version: DatasetVersion, division: Division, design: Design) -> bool:
    """Leave the figures of the open parts beside them, and a wall of pictures if there are any (True)."""
    kinds = {column["name"]: column["kind"] for column in version.columns}
    target = Column(design.target, "number" if design.task == "regression" else "category")
    features = [Column(each.name, kinds.get(each.name, each.kind)) for each in division.features]
    found = look_over(
        folder / "train.parquet",
        folder / "validation.parquet",
        columns=[target, *features],
        target=design.target,
        task=design.task,
    )
    for column in [each.name for each in features if each.kind == "picture"][:1]:
        wall = picture_wall(folder / "train.parquet", column=column, target=design.target, task=design.task)
        with ZipFile(folder / "wall.zip", "w") as archive:
            for place, (_, content) in enumerate(wall):
                archive.writestr(f"{place}.png", content)
        found["wall"] = {"column": column, "labels": [label for label, _ in wall]}
    (folder / "figures.json").write_text(json.dumps(found))
    return "wall" in found


def _row_names(version: DatasetVersion) -> list[str]:
    """Columns that name the rows or hold annotators' labels, unless somebody said why one may stay."""
    return list(version.findings.filter(code__in=LEFT_OUT, kept_reason="").values_list("column", flat=True))


def _write_seal(version: DatasetVersion, job: Ingestion, division: Division, again: CoreFinding | None) -> None:
    project: Project = version.dataset.project
    version.state = State.SEALED
    version.profile = _without_labels(version.profile, version.target)
    version.findings.filter(needs_target=True).update(evidence={})
    if again:
        version.findings.filter(code=again.code).delete()
        division.findings.append(again)
    Finding.objects.bulk_create(
        Finding(
            version=version, needs_target=True, **finding.as_dict() | {"column": finding.column or "", "evidence": {}}
        )
        for finding in division.findings
        if not version.findings.filter(code=finding.code, column=finding.column or "").exists()
    )
    Seal.objects.create(
        version=version,
        sealed_by_id=job.asked_by_id,
        rule=version.rule,
        rows_used=division.rows_used,
        parts=division.parts,
        classes=division.per_class,
        fingerprints=division.fingerprints,
        features=[column.as_dict() for column in division.features],
        is_pooled=division.pooled,
        types=division.types,
        retired=division.retired,
        sealed_elsewhere=again.evidence["rows"] if again else 0,
    )
    for tier in TestSet.Tier:
        if tier == TestSet.Tier.FINAL or not division.pooled:
            TestSet.objects.create(
                lineage=version.dataset.lineage,
                version=version,
                tier=tier,
                is_pooled=division.pooled,
                rows=division.parts[tier],
            )
    lineages.carry_wear(version, division.sources)
    LookGate.objects.bulk_create(
        [LookGate(lineage=version.dataset.lineage, team=project.team, next_look_at=vault.LONG_AGO)],
        ignore_conflicts=True,
    )
    project_services.reach_step(project=project, step=Project.Step.TEST_SET)
    transaction.on_commit(partial(store.clear_unsealed, version), robust=True)


def _without_labels(profile: dict[str, Any], target: str) -> dict[str, Any]:
    """The profile without figures of the target that are cells of sealed rows, such as its largest value."""
    profile = {key: value for key, value in profile.items() if key != "head"}
    columns = [
        {key: entry[key] for key in ("name", "kind", "missing", "distinct") if key in entry}
        if entry.get("name") == target
        else entry
        for entry in profile.get("columns", [])
    ]
    return profile | {"columns": columns} if columns else profile


# ---- erase


def _erase(version: DatasetVersion, job: Ingestion, pulse: Pulse) -> Callable[[], None]:
    lineages.keep_keys(version)
    return lambda: transaction.on_commit(partial(store.withdraw, version), robust=True)


# ---- refusals and leftovers


def _refuse(job: Ingestion, fault: Exception) -> None:
    """A file that cannot be read leaves nothing; a choice that does not fit leaves the version as it was."""
    if job.stage == Ingestion.Stage.ERASE:
        return  # it is removed already; the next sweep tries again
    version = job.version
    version.rejection = fault.as_dict() | {"status": fault.status} if isinstance(fault, DataProblem) else OUR_FAULT
    version.state = State.READY
    if job.stage == Ingestion.Stage.CORRECT:
        version.rejection["next"] = version.rejection["next"].replace(NOTHING_STORED, "All stays as it was.")
    if job.stage == Ingestion.Stage.READ:
        version.state = State.REJECTED
        transaction.on_commit(partial(store.forget, version), robust=True)
    version.save(update_fields=["state", "rejection"])


def sweep() -> None:
    """Remove what a worker that died, or an upload that broke off, left behind."""
    store.sweep_uploads()
    waiting = Ingestion.objects.filter(stage=Ingestion.Stage.ERASE, state__in=jobs.OPEN_STATES).values("version")
    removed = DatasetVersion.objects.filter(state=State.SEALED, dataset__removed_at__isnull=False)
    for version in removed.exclude(pk__in=waiting).select_related("dataset__lineage", "seal"):
        if store.part_path(version, "train").exists():  # its worker died
            lineages.keep_keys(version)
            store.withdraw(version)
    old = (timezone.now() - timedelta(days=1)).timestamp()
    for path in settings.QUARANTINE.iterdir():
        try:
            key = UUID(path.name)
        except ValueError:
            key = None
        version = DatasetVersion.objects.filter(pk=key).first()
        if version is None:
            if not Upload.objects.filter(pk=key).exists() and path.is_file() and path.stat().st_mtime < old:
                path.unlink(missing_ok=True)
        elif version.state == State.REJECTED:
            store.forget(version)
        elif version.state == State.SEALED:
            store.clear_unsealed(version)
