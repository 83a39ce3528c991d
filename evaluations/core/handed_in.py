"""Predictions that people made elsewhere, checked against the ids of the parts: no label has a part in it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from datasets.core.errors import DataProblem, shown
from datasets.core.parts import PART_WORDS
from dlstart_web.kit.say import joined, say, say_count

Array = NDArray[np.float64]

LARGEST = 1e20  # of a number: sums of its powers stay finite, and a page can write it
SUM_SLACK = 0.01  # by which the scores of a row may miss 1; then they are brought to 1
NOTHING = say("Nothing was scored or spent.")
HEAD = say("The first line is id,prediction, or id with scores.")


def check(
    table: pl.DataFrame, ids: Mapping[str, Sequence[str]], classes: Sequence[str] | None, *, measure: str = ""
) -> dict[str, Array]:
    """What a file says of the rows of each part it covers, in the order of the part's own file.

    Parameters
    ----------
    table : DataFrame
        `id` as text, and `prediction`, or `score` (a number; of a yes-or-no target the chance of its second class), or
        one `score_<class>` a class. Where scores are there, `prediction` is checked and not used.
    ids : mapping of str to sequence of str
        Of each part, "validation" first. A file has all of validation, and all or none of the sealed rows.
    classes : sequence of str or None
        Names in the order of their codes; None where a number is predicted.
    measure : str
        Title of a measure that reads a score of each class, so that predictions alone are refused; "" for the others.

    Returns
    -------
    dict of str to ndarray of shape (n_rows, n_classes) or (n_rows,)
        Chances of the classes, or numbers.

    Raises
    ------
    DataProblem
        With the row, the value found and what to do.
    """
    scores = _columns(table, classes)
    if measure and not scores:
        assert classes is not None
        raise _refused(
            "SCORES_MISSING",
            say("{measure} reads a score of each class, and the file has predictions alone.", measure=measure),
            where="columns",
            limit=len(classes),
            found=0,
            next=say(
                "Send a column of scores for each class: score_{one}, score_{other} and so on.",
                one=shown(classes[0], 40),
                other=shown(classes[1], 40),
            ),
        )
    parts = _covered(table["id"], ids)
    said = _numbers(table, scores) if classes is None else _chances(table, scores, classes)
    places = pl.DataFrame({"id": table["id"], "at": np.arange(len(table))})
    found = {}
    for part in parts:
        wanted = pl.DataFrame({"id": list(ids[part])}, schema={"id": pl.String})
        order = wanted.join(places, on="id", how="left", maintain_order="left")["at"].to_numpy()
        found[part] = said[order]
    return found


def _columns(table: pl.DataFrame, classes: Sequence[str] | None) -> list[str]:
    """The columns of scores, in the order of the classes; none where there are predictions alone."""
    if "id" not in table.columns:
        listed = ", ".join(shown(name, 40) for name in table.columns[:12])
        raise _refused(
            "PREDICTION_COLUMNS", say("The file has no column id; its columns are {listed}.", listed=listed), next=HEAD
        )
    each = [] if classes is None else [f"score_{name}" for name in classes]
    single = classes is None or len(classes) == 2
    known = {"id", "prediction", *each, *(["score"] if single else [])}
    for name in table.columns:
        if name not in known:
            allowed = ", ".join(["id", "prediction", *(["score"] if single else []), *each[:12]])
            raise _refused(
                "PREDICTION_COLUMNS",
                say("Column '{name}' is no part of a file of predictions.", name=shown(name)),
                where=say("column {name}", name=shown(name)),
                limit=allowed,
                found=shown(name),
                next=say("Leave it out; the columns may be {allowed}.", allowed=allowed),
            )
    there = [name for name in each if name in table.columns]
    if there and len(there) < len(each):
        missing = next(name for name in each if name not in table.columns)
        raise _refused(
            "PREDICTION_COLUMNS",
            say(
                "{there} of {each} classes have a column of scores; {missing} is missing.",
                there=len(there),
                each=len(each),
                missing=shown(missing),
            ),
            limit=len(each),
            found=len(there),
            next=say("Send one for each class, or none."),
        )
    if there:
        return there
    if "score" in table.columns:
        return ["score"]
    if "prediction" not in table.columns:
        raise _refused("PREDICTION_COLUMNS", say("The file has ids and nothing beside them."), next=HEAD)
    return []


def _covered(given: pl.Series, ids: Mapping[str, Sequence[str]]) -> list[str]:
    """The parts that the ids are of: exactly, each once."""
    if given.null_count():
        row = int(given.is_null().arg_max() or 0)
        raise _refused(
            "ID_UNKNOWN", say("{row} has no id.", row=_place(row)), where=_where(row), next=say("Give each row its id.")
        )
    twice = given.is_duplicated()
    if twice.any():
        row = int(twice.arg_max() or 0)
        times = int((given == given[row]).sum())
        raise _refused(
            "ID_TWICE",
            say_count(
                given.filter(twice).n_unique(),
                "1 id is there more than once. {row}: id {id} is there {times:,} times.",
                "{count:,} ids are there more than once. {row}: id {id} is there {times:,} times.",
                row=_place(row),
                id=shown(given[row], 40),
                times=times,
            ),
            where=_where(row),
            limit=1,
            found=times,
            next=say("Send each id once."),
        )
    known = pl.Series("id", [one for part in ids.values() for one in part], dtype=pl.String)
    unknown = ~given.is_in(known.implode())
    if unknown.any():
        row = int(unknown.arg_max() or 0)
        raise _refused(
            "ID_UNKNOWN",
            say_count(
                int(unknown.sum()),
                "1 id is none of this version's. {row}: '{id}'.",
                "{count:,} ids are none of this version's. {row}: '{id}'.",
                row=_place(row),
                id=shown(given[row], 40),
            ),
            where=_where(row),
            found=shown(given[row], 40),
            next=say("Take the ids from the inputs of the newest sealed version."),
        )
    sealed = [one for part in list(ids)[1:] for one in ids[part]]
    has_sealed = bool(given.is_in(pl.Series(sealed, dtype=pl.String).implode()).any()) if sealed else False
    parts = [part for place, part in enumerate(ids) if place == 0 or has_sealed]
    for part in parts:
        lacking = int((~pl.Series(list(ids[part]), dtype=pl.String).is_in(given.implode())).sum())
        if lacking:
            raise _refused(
                "IDS_MISSING",
                say(
                    "{lacking:,} of {ids:,} ids of {part} missing.",
                    lacking=lacking,
                    ids=len(ids[part]),
                    part=PART_WORDS[part],
                ),
                where=part,
                limit=len(ids[part]),
                found=len(ids[part]) - lacking,
                next=_every_row(part, is_sealed=part != next(iter(ids))),
            )
    return parts


def _every_row(part: str, *, is_sealed: bool) -> str:
    words = [say("Predict every row of {part}, however unsure.", part=PART_WORDS[part])]
    if is_sealed:
        words.append(say("To score on validation alone, leave all sealed rows out."))
    return joined(" ", words)


def _numbers(table: pl.DataFrame, scores: list[str]) -> Array:
    advice = say("Send numbers in the target's own unit.")
    return _column(table, scores[0] if scores else "prediction", -LARGEST, LARGEST, advice)


def _chances(table: pl.DataFrame, scores: list[str], classes: Sequence[str]) -> Array:
    """One column a class, each row summing to 1; a bare prediction is certain."""
    codes = _codes(table["prediction"], classes) if "prediction" in table.columns else None
    if not scores:
        assert codes is not None
        certain: Array = np.eye(len(classes))[codes]
        return certain
    said = np.column_stack([_column(table, name, 0, 1, say("Send chances, not margins.")) for name in scores])
    if scores == ["score"]:
        return np.column_stack([1 - said[:, 0], said[:, 0]])
    sums = said.sum(axis=1)
    off = np.abs(sums - 1) > SUM_SLACK
    if off.any():
        row = int(off.argmax())
        raise _refused(
            "SCORE_RANGE",
            say(
                "{row}: its scores add up to {sum:.6g}; the chances of all classes make 1.",
                row=_place(row),
                sum=sums[row],
            ),
            where=_where(row),
            limit=1,
            found=float(f"{sums[row]:.6g}"),
            next=say("Divide the scores of each row by their sum."),
        )
    chances: Array = said / sums[:, None]
    return chances


def _codes(said: pl.Series, classes: Sequence[str]) -> NDArray[np.intp]:
    if said.null_count():
        row = int(said.is_null().arg_max() or 0)
        raise _refused(
            "PREDICTION_MISSING",
            say("{row} has no prediction.", row=_place(row)),
            where=_where(row),
            next=say("Give each row one class."),
        )
    code = {name: place for place, name in enumerate(classes)}
    texts = said.cast(pl.String).to_list()
    wrong = next((row for row, text in enumerate(texts) if text not in code), None)
    if wrong is not None:
        listed = ", ".join(shown(name, 40) for name in classes[:12]) + (", …" if len(classes) > 12 else "")
        raise _refused(
            "CLASS_UNKNOWN",
            say("{row}: '{answer}' is no class.", row=_place(wrong), answer=shown(texts[wrong], 40)),
            where=_where(wrong),
            limit=listed,
            found=shown(texts[wrong], 40),
            next=say("The classes are {listed}.", listed=listed),
        )
    return np.array([code[text] for text in texts], dtype=np.intp)


def _column(table: pl.DataFrame, name: str, low: float, high: float, advice: str) -> Array:
    """A column as finite numbers in its range."""
    cells = table[name]
    numbers = cells.cast(pl.Float64, strict=False)
    bad = numbers.is_null() | ~numbers.is_finite().fill_null(False)
    if bad.any():
        row = int(bad.arg_max() or 0)
        found: Any = "" if cells[row] is None else shown(cells[row], 40)
        says = {"row": _place(row), "name": name}
        if found:
            words = say("{row}: {name} is '{found}'; each row needs a finite number.", **says, found=found)
        else:
            words = say("{row}: {name} is empty or not a number; each row needs a finite number.", **says)
        raise _refused(
            "PREDICTION_MISSING",
            words,
            where=_where(row),
            found=found or None,
            next=say("Give each row a number, such as 0.5."),
        )
    values: Array = numbers.to_numpy().astype(np.float64)
    outside = (values < low) | (values > high)
    if outside.any():
        row = int(outside.argmax())
        raise _refused(
            "SCORE_RANGE",
            say(
                "{row}: {name} is {value:.6g}; it goes from {low:g} to {high:g}.",
                row=_place(row),
                name=name,
                value=values[row],
                low=low,
                high=high,
            ),
            where=_where(row),
            limit=say("{low:g} to {high:g}", low=low, high=high),
            found=float(f"{values[row]:.6g}"),
            next=advice,
        )
    return values


def _place(row: int) -> str:
    """Of a row, counted from 0, as people find it."""
    return say("Line {row:,}", row=row + 2)


def _where(row: int) -> str:
    return say("line {row}", row=row + 2)


def _refused(code: str, message: str, *, next: str, **more: Any) -> DataProblem:
    return DataProblem(code, message, next=joined(" ", [next, NOTHING]), **more)
