"""What people correct about how a file was read; the file is then read again."""

from collections.abc import Mapping

from django.db import transaction

from datasets.core.corrections import SET_ASIDE, Kind
from datasets.core.errors import DataProblem, shown
from datasets.models import DatasetVersion, Ingestion
from datasets.services.choices import require_column, require_ready
from datasets.services.uploads import queue
from projects.models import User


@transaction.atomic
def correct_kinds(*, version: DatasetVersion, user: User, kinds: Mapping[str, Kind]) -> DatasetVersion:
    """Choose what columns are, where the reader found something else; queues the reading and the checks.

    A kind that does not fit the cells is refused by the worker; then all stays as it was.

    Raises
    ------
    DataProblem
        For a column that is not there, or a target that would be no column of labels.
    NotYet
        Unless the version waits for people.
    """
    version = require_ready(version)
    for name, kind in kinds.items():
        require_column(version, name)
        if name == version.target and kind in SET_ASIDE:
            raise DataProblem(
                "SAME_COLUMN",
                f"Column '{shown(name)}' is the label column and cannot be of the kind {kind}.",
                where=f"column {shown(name)}",
                next="Choose another label column first.",
            )
    found = found_kinds(version)
    wanted = {**version.kinds, **kinds}
    corrected = {name: kind for name, kind in wanted.items() if kind != found[name]}
    if corrected != version.corrections.get("kinds", {}):
        version.state, version.rejection = DatasetVersion.State.CHECKING, None
        version.save(update_fields=["state", "rejection"])
        queue(version, Ingestion.Stage.CORRECT, user, corrections={**version.corrections, "kinds": corrected})
    return version


def found_kinds(version: DatasetVersion) -> dict[str, Kind]:
    """What the reader found each column to be, before anybody corrected it."""
    return version.kinds | version.found
