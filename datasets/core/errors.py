"""Why a file or a split was refused: one sentence, where, the limit and the value found, and what to do next."""

from typing import Any

from dlstart_web.kit.say import joined, say

NOTHING_STORED = say("Nothing was stored.")

# Every code with its meaning; docs/findings.md shows the same table.
REJECTIONS: dict[str, str] = {
    "EMPTY_FILE": say("The file holds no bytes, or nothing but blank lines."),
    "NO_ROWS": say("The file has a header and no row below it."),
    "TOO_FEW_ROWS": say("There are fewer rows with a label than a split needs."),
    "TOO_LARGE": say("The file is bigger than an upload may be."),
    "DISK_FULL": say("The server has no room for the file at the moment."),
    "OTHER_HASH": say("The bytes that came are not those of the file that was sent."),
    "TOO_MANY_ROWS": say("The table has more rows than are read."),
    "TOO_MANY_COLUMNS": say("The table has more columns than are read."),
    "UNPACKED_TOO_LARGE": say("A compressed file unpacks to more bytes than are read."),
    "CELL_TOO_LONG": say("One cell holds more bytes than are read."),
    "LINE_TOO_LONG": say("One line holds more bytes than are read."),
    "COLUMN_NAME_TOO_LONG": say("A column's name is longer than is read."),
    "WRONG_KIND": say("The content is not of a kind that is read here, whatever the file's name says."),
    "ENCODING": say("The text is in no encoding that is read here."),
    "NUL_BYTE": say("The text holds a NUL byte."),
    "NO_HEADER": say("The line that somebody chose does not name the columns."),
    "ONE_COLUMN": say("The table has a single column, so a label or the features are absent."),
    "DUPLICATE_COLUMN": say("Two columns have the same name."),
    "FIELD_COUNT": say("A line has more or fewer fields than the header."),
    "QUOTE_OPEN": say("A quote is opened and never closed."),
    "QUOTE_INSIDE": say("A quote stands inside a cell that is not quoted."),
    "UNREADABLE": say("The parser stopped at something the strict check had let through."),
    "PARQUET_BROKEN": say("The file begins or ends as Parquet and cannot be read as such."),
    "PARQUET_ENCRYPTED": say("The Parquet file is encrypted."),
    "PARQUET_TYPE": say(
        "A Parquet column has a type that has no place in a table of numbers, classes, texts and dates."
    ),
    "KIND_DOES_NOT_FIT": say("A column's cells are not of the kind that somebody chose for it."),
    "ARCHIVE_BROKEN": say("The archive cannot be read, or says two different things of one entry."),
    "ARCHIVE_NAME": say("An entry's name leaves the archive, is there twice, or is none that is read."),
    "ARCHIVE_LINK": say("An entry of the archive is a link or a device."),
    "ARCHIVE_ENCRYPTED": say("An entry of the archive is encrypted."),
    "ARCHIVE_METHOD": say("An entry of the archive is packed by a method that is not read."),
    "ARCHIVE_INSIDE": say("The archive holds another archive."),
    "TOO_MANY_ENTRIES": say("The archive has more entries than are read."),
    "NO_MEDIA": say("The archive holds neither pictures nor sounds, nor a table."),
    "MEDIA_MIXED": say("The archive holds pictures and sounds at once."),
    "MEDIA_BROKEN": say("Too many pictures or sounds of the archive cannot be decoded."),
    "FILES_NOT_NAMED": say("The table in the archive has no column, or too few rows, that name its files."),
    "PICTURE_TOO_LARGE": say("A picture has more pixels than are read."),
    "SOUND_TOO_LONG": say("A sound lasts longer than is read."),
    "ARFF_BROKEN": say("A line of an ARFF file cannot be read."),
    "XLSX_BROKEN": say("The spreadsheet cannot be read."),
    "NO_SUCH_SHEET": say("A sheet that was asked for is not in the spreadsheet."),
    "NO_SUCH_COLUMN": say("A column that was asked for is not in the table."),
    "NO_FEATURES": say("No column is left to predict from."),
    "SEALED_MEANWHILE": say("Data with rows in common was sealed at the same time."),
    "COLUMNS_MISSING": say("A fresh set lacks columns of the sealed version."),
    "NOTHING_FRESH": say("Earlier versions know every labelled row of a file that was to be a fresh set."),
    "DATA_REMOVED": say("The data was removed while a fresh set of it was being sealed."),
    "SAME_COLUMN": say("One column was given two parts to play."),
    "NO_LABELS": say("The target has no value in any row."),
    "ONE_CLASS": say("All labels are the same."),
    "NOT_TWO_CLASSES": say("A yes-or-no target has more or fewer than two values."),
    "CLASS_TOO_SMALL": say("A class has too few rows to be in more than one part."),
    "TOO_MANY_CLASSES": say("There are more classes than are read, or nearly each row is its own class."),
    "LABEL_TOO_LONG": say("A label holds more bytes than are read."),
    "TARGET_NOT_A_NUMBER": say("A number is to be predicted and the target holds none."),
    "TIME_NOT_A_TIME": say("The time column holds neither dates nor numbers."),
    "TOO_FEW_TIMES": say("The rows have too few different times to be divided by time."),
    "PREDICTION_COLUMNS": say("A file of predictions has no id, no prediction, or a column that is neither."),
    "IDS_MISSING": say("A file of predictions leaves out ids of a part."),
    "ID_TWICE": say("A file of predictions has an id more than once."),
    "ID_UNKNOWN": say("A file of predictions has an id that the version does not have."),
    "CLASS_UNKNOWN": say("A predicted class, or one of a fresh set, is none of the target's."),
    "PREDICTION_MISSING": say("A row of a file of predictions has no prediction, or one that is no number."),
    "SCORES_MISSING": say("The measure reads a score of each class, and the file has predictions alone."),
    "SCORE_RANGE": say("A score lies outside its range, or the scores of a row do not add up to 1."),
    "TOO_FEW_GROUPS": say("The rows have too few groups to be divided by group."),
}


class DataProblem(Exception):
    """A refusal in words for the person who brought the data.

    Parameters
    ----------
    code : str
        A key of `REJECTIONS`.
    message : str
        One sentence: what was found and, where it helps, what is allowed.
    status : int, default=422
        The HTTP status that fits: 413 too big, 415 wrong kind, 422 wrong content.
    where, limit, found, next : optional
        The place, the limit met, the value found, and the sentence that says what to do.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 422,
        *,
        where: str | None = None,
        limit: int | float | str | None = None,
        found: int | float | str | None = None,
        next: str | None = None,
    ) -> None:
        super().__init__(message)
        if code not in REJECTIONS:
            raise KeyError(code)
        self.code = code
        self.message = message
        self.status = status
        self.where = where
        self.limit = limit
        self.found = found
        self.next = next

    @property
    def words(self) -> str:
        """What was found, and what to do."""
        return joined(" ", [self.message, self.next]) if self.next else self.message

    def __str__(self) -> str:
        return str(self.words)

    def __reduce__(self) -> tuple[Any, ...]:
        # an ingest child process hands its problem to its parent by pickling
        return _rebuild, (self.as_dict(), self.status)

    def as_dict(self) -> dict[str, Any]:
        """The problem as JSON-able fields."""
        return {
            "code": self.code,
            "message": self.message,
            "where": self.where,
            "limit": self.limit,
            "found": self.found,
            "next": self.next,
        }


def _rebuild(fields: dict[str, Any], status: int) -> DataProblem:
    code, message = fields.pop("code"), fields.pop("message")
    return DataProblem(code, message, status, **fields)


def shown(value: object, length: int = 80) -> str:
    """A value from the file for a message: printable, one line, cut."""
    text = "".join(character if character.isprintable() else "·" for character in str(value))
    return text if len(text) <= length else text[: length - 1] + "…"
