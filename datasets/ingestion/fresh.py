"""A labelled file becomes a fresh set of a sealed version: read, compared with all that is known, sealed."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.db import transaction

from datasets import lineages, selectors, store, vault
from datasets.core.errors import NOTHING_STORED, DataProblem
from datasets.core.stages import within
from datasets.ingestion.child import in_child, kin_of, read_as, read_rows
from datasets.ingestion.sealing import design_of
from datasets.limited.fresh import set_apart
from datasets.models import DatasetVersion, FreshDeposit, TestSet
from dlstart_web.kit import audit, jobs
from dlstart_web.kit.jobs import Pulse
from dlstart_web.kit.say import say


def deposit(pk: str, token: str) -> None:
    """Claim the deposit and do it; a stale or doubled message does nothing."""
    jobs.execute(FreshDeposit, pk, token, _work, problems=(DataProblem,), on_failure=_refuse)


def _refuse(job: FreshDeposit, fault: Exception) -> None:
    job.given_up()
    if isinstance(fault, DataProblem):
        FreshDeposit.objects.filter(pk=job.pk).update(refusal=fault.as_dict() | {"status": fault.status})


def _work(job: FreshDeposit, pulse: Pulse) -> Callable[[], None]:
    version = DatasetVersion.objects.select_related("dataset__lineage", "dataset__project", "seal").get(
        pk=job.version_id
    )
    _require_rows(version)
    test_set = TestSet(lineage=version.dataset.lineage, version=version, tier=TestSet.Tier.FRESH, number=job.number)
    upload, sealed_before = settings.QUARANTINE / str(job.pk), lineages.sealed_now()
    with TemporaryDirectory(dir=store.version_folder(version), prefix="unfinished-") as folder:
        table, out = Path(folder) / "table.parquet", Path(folder) / "fresh.parquet"
        read_rows(
            source=upload, file_name=job.file_name, out=table, corrections=read_as(version),
            progress=within(pulse.check, 0, 0.4),
        )  # fmt: skip
        found = in_child(set_apart, _arguments(version, table, out, pulse), within(pulse.check, 0.5, 0.9))
        arrays = found.pop("arrays")
        vault.seal_fresh(version, test_set.part, labels=arrays["labels"], groups=arrays.get("units"), original=upload)
        store.put(out, store.part_path(version, test_set.part))

    def write() -> None:
        lineages.refuse_if_overtaken(version, sealed_before)
        _require_rows(version)
        test_set.rows = found["rows"]
        test_set.save()
        FreshDeposit.objects.filter(pk=job.pk).update(found=found, test_set=test_set)
        audit.note("fresh-sealed", test_set, actor=job.asked_by_id)
        transaction.on_commit(job.given_up, robust=True)  # the file lies in the vault now

    return write


def _arguments(version: DatasetVersion, table: Path, out: Path, pulse: Pulse) -> dict[str, Any]:
    features = [column["name"] for column in version.seal.features]
    kin = kin_of(version, table, features, within(pulse.check, 0.4, 0.5))
    known = [*selectors.versions_sealed(version.dataset.lineage), *(other for other, _ in kin)]
    stored = store.assignments_path(version)
    return {
        "table": str(table),
        "design": asdict(design_of(version)),
        "features": features,
        "classes": None if version.seal.classes is None else sorted(version.seal.classes),
        "secret": bytes(version.dataset.lineage.secret).hex(),
        "stored": str(stored) if stored.exists() else None,
        "sealed": [str(store.part_path(version, part)) for part in store.SEALED_PARTS],
        "pasts": [lineages.past(one).as_dict() for one in known],
        "key": lineages.key().hex(),
        "out": str(out),
    }


def _require_rows(version: DatasetVersion) -> None:
    version.dataset.refresh_from_db(fields=["removed_at"])
    if version.dataset.removed_at is not None:
        raise DataProblem("DATA_REMOVED", say("{dataset} was removed.", dataset=version.dataset), next=NOTHING_STORED)
