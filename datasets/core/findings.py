"""What was found in a table that is no reason to refuse it."""

from dataclasses import dataclass, field
from typing import Any, Literal

from dlstart_web.kit.say import say

Severity = Literal["stop", "look", "tip"]

# Every code with its meaning; docs/findings.md shows the same table.
FINDINGS: dict[str, str] = {
    "D101": say("Words such as NA or ?, or errors in cells of a spreadsheet, were read as missing."),
    "D102": say("Numbers that are not finite were read as missing."),
    "D103": say("Rows stand in the file more than once."),
    "D104": say("A column has one value only."),
    "D105": say("A column has no value at all."),
    "D106": say("A column lacks a large share of its values."),
    "D107": say("The file was read in another way than plain UTF-8 with commas and named columns."),
    "D108": say("Many rows have the same or nearly the same features, so these rows were divided one by one."),
    "D109": say("Some checks looked at a fixed sample of the rows, or at the first columns."),
    "D110": say("Rows without a time cannot be divided by time and were kept out."),
    "D111": say("Whole numbers that may be codes: a category rather than a measure."),
    "D112": say(
        "Somebody should look where the table begins: no line names the columns, rows or sheets were passed over."
    ),
    "D113": say("Dates whose cells leave it open whether the day or the month comes first."),
    "D115": say("Rows have nearly the same text as another row and are kept together."),
    "D116": say("Rows have nearly the same picture as another row and are kept together."),
    "D117": say("A column looks like the weight of a row."),
    "D119": say("Rows are sealed in another data set already."),
    "D121": say("System files in the archive were skipped."),
    "D122": say("Files in the archive that are no pictures or sounds, or cannot be decoded, were left out."),
    "D123": say("Pictures or sounds are kept smaller or shorter than they were sent."),
    "D124": say("Folders above the classes, or rows without a file, were passed over."),
    "D201": say("One column alone gives the label away."),
    "D202": say("A column numbers or names the rows and was left out of the features."),
    "D203": say("The file is sorted by its label."),
    "D204": say("Groups share rows with the same features and were kept together."),
    "D205": say("Rows divided by chance would be nearly copies of train rows in their numbers."),
    "D206": say("The sum or difference of two columns gives the label away."),
    "D207": say("Rows divided by chance promise a better score than later rows keep."),
    "D208": say("A column looks like a person, a device or a session."),
    "D209": say("Each value of a column has several rows and one label."),
    "D301": say("One group holds a large share of the rows."),
    "D302": say("The sealed rows can be told from train by their features."),
    "D303": say("How different the latest rows are from train, for a split by time."),
    "D401": say("Rows have no label and were kept out."),
    "D402": say("Rows with the same features have different labels."),
    "D403": say("A class has few rows."),
    "D404": say("A class is absent from a part."),
    "D405": say("Labels differ only in how they are written."),
    "D406": say("How far two annotators agree, and what that allows any score to reach."),
    "D407": say("A column holds one annotator's labels and was left out of the features."),
}

# A column with one of these is no feature, unless somebody says why it may stay.
LEFT_OUT = ("D202", "D407")
# Found when the rows are divided; a stop among them holds the seal until another split is chosen or somebody says why.
OF_A_SPLIT = ("D302",)


@dataclass(frozen=True)
class Finding:
    """One thing found: its code, how grave, the column it is about, a sentence, and figures as evidence."""

    code: str
    severity: Severity
    column: str | None
    message: str
    evidence: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.code not in FINDINGS:
            raise KeyError(self.code)

    def as_dict(self) -> dict[str, Any]:
        """The finding as JSON-able fields."""
        return {
            "code": self.code,
            "severity": self.severity,
            "column": self.column,
            "message": self.message,
            "evidence": self.evidence,
        }
