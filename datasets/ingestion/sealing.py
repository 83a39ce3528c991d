"""The last stage: divide the table, lock the labels of the sealed parts away, and write the seal down."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any, Literal, cast

import numpy as np
from django.db import transaction
from django.db.models import Model

from datasets import lineages, selectors, store, vault
from datasets.core.findings import LEFT_OUT
from datasets.core.findings import Finding as CoreFinding
from datasets.core.split import Design
from datasets.core.stages import within
from datasets.ingestion.child import in_child, kin_of, limits
from datasets.limited.divide import divide
from datasets.models import DatasetVersion, Finding, Ingestion, LookGate, Seal, SealedLadder, TestSet
from dlstart_web.kit import audit
from dlstart_web.kit.jobs import Pulse
from projects import services as project_services
from projects.models import Project

State = DatasetVersion.State
Kind = Literal["random", "group", "time"]
KIN = 0.05  # of the work is to find rows that were sealed before


def seal(version: DatasetVersion, job: Ingestion, pulse: Pulse) -> Callable[[], None]:
    table = store.table_path(version)
    names = [column["name"] for column in version.columns if column["name"] != version.target]
    sealed_before = lineages.sealed_now()
    kin = kin_of(version, table, names, within(pulse.check, 0, KIN))
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
    design = design_of(version)
    with store.work_folder(version) as folder:
        arguments = {
            "table": str(table),
            "design": asdict(design),
            "secret": bytes(lineage.secret).hex(),
            "stored": str(store.assignments_path(before)) if before else None,
            "others": [
                (each["secret"], str(store.assignments_file(each["version"])))
                for each in lineages.taken_in(lineage, version, kin)
            ],
            "out": str(folder),
            "limits": asdict(limits()),
            "pasts": [lineages.past(one).as_dict() for one in pasts],
            "key": lineages.key().hex(),
        }
        found = in_child(divide, arguments, within(pulse.check, KIN, 0.9))
        if stops := _unsettled(version, found["findings"]):
            return partial(_hold, version, stops)
        labels, units = (_of_parts(found["arrays"], what) for what in ("labels", "units"))
        groups = {tier: units[tier] for tier in store.SEALED_PARTS} if store.SEALED_PARTS[0] in units else None
        vault.seal(version, labels=labels, groups=groups, original=store.quarantine_path(version))
        pulse.check(0.97)
        for part in store.PARTS:
            store.put(folder / f"{part}.parquet", store.part_path(version, part))
        if (folder / "retired.parquet").exists():
            store.put(folder / "retired.parquet", store.retired_path(version))
        store.put(folder / "figures.json", store.figures_path(version))
        if (folder / "wall.zip").exists():
            store.put(folder / "wall.zip", store.wall_path(version))
        store.put(folder / "assignments.parquet", store.assignments_path(version))
        if "validation" in units:
            np.save(folder / "units.npy", units["validation"])
            store.put(folder / "units.npy", store.units_path(version))

    def write() -> None:
        lineages.refuse_if_overtaken(version, sealed_before)
        joined = lineages.join(lineage, version, kin)
        _write_seal(version, job, found, lineages.finding_of(version, kin), joined)

    return write


def design_of(version: DatasetVersion) -> Design:
    """How the rows of a version are divided."""
    return Design(
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


def _unsettled(version: DatasetVersion, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Stops that only the division shows, and for which nobody gave a reason."""
    kept = set(version.findings.exclude(kept_reason="").values_list("code", flat=True))
    return [finding for finding in found if finding["severity"] == "stop" and finding["code"] not in kept]


def _hold(version: DatasetVersion, stops: list[dict[str, Any]]) -> None:
    """Seal nothing: people settle the stops, or choose another split, and seal again."""
    version.state = State.READY
    Finding.objects.bulk_create(
        Finding(version=version, needs_target=True, **finding | {"column": finding["column"] or ""})
        for finding in stops
    )


def _of_parts(arrays: dict[str, np.ndarray], what: str) -> dict[str, np.ndarray]:
    """Arrays called "labels final" or the like, by the part."""
    return {name.removeprefix(f"{what} "): values for name, values in arrays.items() if name.startswith(f"{what} ")}


def _row_names(version: DatasetVersion) -> list[str]:
    """Columns that name the rows or hold annotators' labels, unless somebody said why one may stay."""
    return list(version.findings.filter(code__in=LEFT_OUT, kept_reason="").values_list("column", flat=True))


def _write_seal(
    version: DatasetVersion, job: Ingestion, found: dict[str, Any], again: CoreFinding | None, joined: list[Model]
) -> None:
    project: Project = version.dataset.project
    version.state = State.SEALED
    version.profile = _without_labels(version.profile, version.target)
    version.findings.filter(needs_target=True).update(evidence={})
    if again:
        version.findings.filter(code=again.code).delete()
        found["findings"].append(again.as_dict())
    Finding.objects.bulk_create(
        Finding(version=version, needs_target=True, **finding | {"column": finding["column"] or "", "evidence": {}})
        for finding in found["findings"]
        if not version.findings.filter(code=finding["code"], column=finding["column"] or "").exists()
    )
    Seal.objects.create(
        version=version,
        sealed_by_id=job.asked_by_id,
        rule=version.rule,
        rows_used=found["rows_used"],
        parts=found["parts"],
        classes=found["per_class"],
        fingerprints=found["fingerprints"],
        features=found["features"],
        is_pooled=found["pooled"],
        types=found["types"],
        retired=found["retired"],
        sealed_elsewhere=again.evidence["rows"] if again else 0,
    )
    for tier in (TestSet.Tier.CHECKPOINT, TestSet.Tier.FINAL):
        if tier == TestSet.Tier.FINAL or not found["pooled"]:
            TestSet.objects.create(
                lineage=version.dataset.lineage,
                version=version,
                tier=tier,
                is_pooled=found["pooled"],
                rows=found["parts"][tier],
            )
    lineages.carry_wear(version, found["sources"])
    LookGate.objects.bulk_create(
        [LookGate(lineage=version.dataset.lineage, team=project.team, next_look_at=vault.LONG_AGO)],
        ignore_conflicts=True,
    )
    lineage = version.dataset.lineage
    audit.note(
        "sealed",
        *(version.seal, lineage, *lineage.gates.all(), *lineage.grants.all(), *lineage.test_sets.all()),
        *SealedLadder.objects.filter(test_set__lineage=lineage),
        gone=joined,
        actor=job.asked_by_id,
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
