"""What people correct about how a file was read; the file is then read again."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from datasets.core.corrections import SET_ASIDE, Choice, Kind
from datasets.core.errors import DataProblem, shown
from datasets.models import DatasetVersion, Ingestion
from datasets.services.choices import require_column, require_ready
from datasets.services.uploads import queue
from datasets.words import in_words
from dlstart_web.kit.say import say
from projects.models import User


@transaction.atomic
def correct_kinds(*, version: DatasetVersion, user: User, kinds: Mapping[str, Choice]) -> DatasetVersion:
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
                say(
                    "Column '{name}' is the label column and cannot be of the kind {kind}.",
                    name=shown(name),
                    kind=in_words(kind),
                ),
                where=say("column {name}", name=shown(name)),
                next=say("Choose another label column first."),
            )
    found = found_kinds(version)
    wanted = {**version.said, **kinds}
    corrected = {name: kind for name, kind in wanted.items() if kind != found[name]}
    if corrected != version.corrections.get("kinds", {}):
        version.state, version.rejection = DatasetVersion.State.CHECKING, None
        version.save(update_fields=["state", "rejection"])
        queue(version, Ingestion.Stage.CORRECT, user, corrections=_said(version, kinds=corrected))
    return version


@transaction.atomic
def correct_header(*, version: DatasetVersion, user: User, line: int | None = None, sheet: str = "") -> DatasetVersion:
    """Say which line names the columns, 0 if none does; the file is read again unless it was read like that.

    A line that is not among the first ones is refused by the worker; then all stays as it was. Where a spreadsheet has
    several sheets, another `sheet` is looked at first, and `line` then waits.
    """
    version = require_ready(version)
    head = version.profile.get("head")
    if head is None:
        raise DataProblem(
            "NO_HEADER",
            say("The columns of {version} have their names in the file.", version=version),
            found=line,
            next=say("Correct the kinds of the columns instead."),
        )
    if sheet and sheet not in head.get("sheets", ()):
        listed = ", ".join(shown(each, 40) for each in head.get("sheets", ())) or say("none")
        raise DataProblem(
            "NO_SUCH_SHEET",
            say("There is no sheet '{sheet}' in {version}.", sheet=shown(sheet), version=version),
            found=shown(sheet),
            next=say("The sheets are: {listed}.", listed=listed),
        )
    said: dict[str, Any] = {"sheet": sheet or head["sheet"]} if "sheet" in head else {}
    if other := bool(sheet) and sheet != head["sheet"]:
        said["header"] = None
    else:
        said["header"] = head["line"] if line is None else line
    if not other and said["header"] == head["line"]:
        version.corrections = {**version.corrections, **said}
        version.save(update_fields=["corrections"])
    else:
        version.state, version.rejection = DatasetVersion.State.CHECKING, None
        version.save(update_fields=["state", "rejection"])
        # other names, so nothing that was said of a column holds
        queue(version, Ingestion.Stage.CORRECT, user, corrections=_said(version, kinds={}, **said))
    return version


def found_kinds(version: DatasetVersion) -> dict[str, Kind]:
    """What the reader found each column to be, before anybody corrected it."""
    return version.kinds | version.found


def _said(version: DatasetVersion, **more: Any) -> dict[str, Any]:
    """What people said of how the file is to be read, with what they say now."""
    return {key: value for key, value in version.corrections.items() if key != "found"} | more
