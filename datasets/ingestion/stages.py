"""One job of a worker: claim it, do its stage, write down what was found."""

import time
from collections.abc import Callable

from datasets.core.errors import DataProblem
from datasets.ingestion.checking import check
from datasets.ingestion.leftovers import erase, refuse, sweep
from datasets.ingestion.reading import correct, read
from datasets.ingestion.sealing import seal
from datasets.models import DatasetVersion, Ingestion
from dlstart_web.kit import jobs
from dlstart_web.kit.jobs import Pulse


def execute(pk: str, token: str) -> None:
    """Claim the ingestion and do its stage; what it finds is written in the transaction that ends it."""
    sweep()
    jobs.execute(Ingestion, pk, token, _work, problems=(DataProblem,), on_failure=refuse)


def _work(job: Ingestion, pulse: Pulse) -> Callable[[], None]:
    version = DatasetVersion.objects.select_related("dataset__lineage", "dataset__project").get(pk=job.version_id)
    began = time.monotonic()
    stages = {
        Ingestion.Stage.READ: read,
        Ingestion.Stage.CORRECT: correct,
        Ingestion.Stage.CHECK: check,
        Ingestion.Stage.SEAL: seal,
        Ingestion.Stage.ERASE: erase,
    }
    finish = stages[Ingestion.Stage(job.stage)](version, job, pulse)

    def write_down() -> None:
        finish()
        version.seconds += time.monotonic() - began
        version.rejection = None
        version.save()

    return write_down
