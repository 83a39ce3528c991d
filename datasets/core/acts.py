"""What one can do about a finding: two or three acts each. Web-safe: words in, words out."""

from typing import Literal

from datasets.core.findings import LEFT_OUT

Act = Literal["drop", "group", "time", "merge", "category", "keep"]

GROUPED = ("D208", "D209")
NOT_OF_A_COLUMN = ("D115", "D116", "D207", "D302", "D303")  # leaving their column out would mend nothing


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
        drop: leave the column out. group, time: divide by the column. merge: read the spellings as one label. category: read numbers as
        codes. keep: say why it may stay; a look or tip is folded away then, and a column that was left out becomes a
        feature again.
    """
    acts: list[Act] = []
    if code in GROUPED and is_feature:
        acts.append("group")
    if code == "D207":
        acts.append("time")
    if code == "D111" and is_feature:
        acts.append("category")
    if code == "D405":
        acts.append("merge")
    droppable = severity != "tip" and code not in (*LEFT_OUT, *NOT_OF_A_COLUMN)
    if is_feature and needs_target and droppable:
        acts.append("drop")
    return [*acts, "keep"]
