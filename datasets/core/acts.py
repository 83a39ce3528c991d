"""What one can do about a finding: two or three acts each. Web-safe: words in, words out."""

from typing import Literal

from datasets.core.findings import LEFT_OUT

Act = Literal[
    "drop", "group", "time", "merge", "category", "date_day_first", "date_month_first", "columns", "header", "split",
    "upload", "keep",
]  # fmt: skip

# The act that mends what was found, besides leaving the column out and saying why it may stay.
_MENDS: dict[str, Act] = {
    "D101": "columns",
    "D102": "columns",
    "D103": "upload",
    "D107": "columns",
    "D111": "category",
    "D112": "header",
    "D122": "upload",
    "D124": "upload",
    "D203": "split",
    "D205": "split",
    "D207": "time",
    "D208": "group",
    "D209": "group",
    "D301": "split",
    "D302": "split",
    "D401": "upload",
    "D402": "upload",
    "D403": "upload",
    "D405": "merge",
    "D406": "upload",
}
ON_A_PAGE = ("columns", "header", "split", "upload")  # acts that have a page, and an address in the API, of their own
_OF_A_FEATURE = ("group", "category")
_NOT_OF_A_COLUMN = ("D111", "D115", "D116", "D207", "D303")  # leaving their column out would mend nothing


def acts_for(code: str, severity: str, *, is_feature: bool, needs_target: bool) -> list[Act]:
    """The acts that are open for a finding of a version that waits for people.

    Parameters
    ----------
    code, severity : str
    is_feature : bool
        Whether it names a column that is a feature now.
    needs_target : bool
        Whether it was found against the chosen target.

    Returns
    -------
    list of str
        drop: leave the column out. group, time: divide by the column. merge: read the spellings as one label.
        category: read numbers as codes. date_day_first, date_month_first: read the column as dates in this order.
        columns, header, split, upload: correct the kinds, choose the line of names, choose another split, send a mended
        file. keep: say why it may stay; a look or tip is folded away then, and a column that was left out becomes a
        feature again.
    """
    acts: list[Act] = []
    mend = _MENDS.get(code)
    if mend and (is_feature or mend not in _OF_A_FEATURE):
        acts.append(mend)
    if code == "D113":
        acts += ["date_day_first", "date_month_first"]
    if is_feature and needs_target and code not in (*LEFT_OUT, *_NOT_OF_A_COLUMN):
        acts.append("drop")
    return [*acts, "keep"]
