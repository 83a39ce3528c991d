"""Why a file or a split was refused: one sentence, where, the limit and the value found, and what to do next."""

from typing import Any

NOTHING_STORED = "Nothing was stored."

# Every code with its meaning; docs/findings.md shows the same table.
REJECTIONS: dict[str, str] = {
    "EMPTY_FILE": "The file holds no bytes, or nothing but blank lines.",
    "NO_ROWS": "The file has a header and no row below it.",
    "TOO_FEW_ROWS": "There are fewer rows with a label than a split needs.",
    "TOO_LARGE": "The file is bigger than an upload may be.",
    "DISK_FULL": "The server has no room for the file at the moment.",
    "OTHER_HASH": "The bytes that came are not those of the file that was sent.",
    "TOO_MANY_ROWS": "The table has more rows than are read.",
    "TOO_MANY_COLUMNS": "The table has more columns than are read.",
    "UNPACKED_TOO_LARGE": "A compressed file unpacks to more bytes than are read.",
    "CELL_TOO_LONG": "One cell holds more bytes than are read.",
    "LINE_TOO_LONG": "One line holds more bytes than are read.",
    "COLUMN_NAME_TOO_LONG": "A column's name is longer than is read.",
    "WRONG_KIND": "The content is not of a kind that is read here, whatever the file's name says.",
    "ENCODING": "The text is in no encoding that is read here.",
    "NUL_BYTE": "The text holds a NUL byte.",
    "NO_HEADER": "The line that somebody chose does not name the columns.",
    "ONE_COLUMN": "The table has a single column, so a label or the features are absent.",
    "DUPLICATE_COLUMN": "Two columns have the same name.",
    "FIELD_COUNT": "A line has more or fewer fields than the header.",
    "QUOTE_OPEN": "A quote is opened and never closed.",
    "QUOTE_INSIDE": "A quote stands inside a cell that is not quoted.",
    "UNREADABLE": "The parser stopped at something the strict check had let through.",
    "PARQUET_BROKEN": "The file begins or ends as Parquet and cannot be read as such.",
    "PARQUET_ENCRYPTED": "The Parquet file is encrypted.",
    "PARQUET_TYPE": "A Parquet column has a type that has no place in a table of numbers, classes, texts and dates.",
    "KIND_DOES_NOT_FIT": "A column's cells are not of the kind that somebody chose for it.",
    "ARCHIVE_BROKEN": "The archive cannot be read, or says two different things of one entry.",
    "ARCHIVE_NAME": "An entry's name leaves the archive, is there twice, or is none that is read.",
    "ARCHIVE_LINK": "An entry of the archive is a link or a device.",
    "ARCHIVE_ENCRYPTED": "An entry of the archive is encrypted.",
    "ARCHIVE_METHOD": "An entry of the archive is packed by a method that is not read.",
    "ARCHIVE_INSIDE": "The archive holds another archive.",
    "TOO_MANY_ENTRIES": "The archive has more entries than are read.",
    "NO_MEDIA": "The archive holds neither pictures nor sounds, nor a table.",
    "MEDIA_MIXED": "The archive holds pictures and sounds at once.",
    "MEDIA_BROKEN": "Too many pictures or sounds of the archive cannot be decoded.",
    "FILES_NOT_NAMED": "The CSV in the archive has no column, or too few rows, that name its files.",
    "PICTURE_TOO_LARGE": "A picture has more pixels than are read.",
    "SOUND_TOO_LONG": "A sound lasts longer than is read.",
    "ARFF_BROKEN": "A line of an ARFF file cannot be read.",
    "XLSX_BROKEN": "The spreadsheet cannot be read.",
    "NO_SUCH_SHEET": "A sheet that was asked for is not in the spreadsheet.",
    "NO_SUCH_COLUMN": "A column that was asked for is not in the table.",
    "NO_FEATURES": "No column is left to predict from.",
    "SEALED_MEANWHILE": "Data with rows in common was sealed at the same time.",
    "SAME_COLUMN": "One column was given two parts to play.",
    "NO_LABELS": "The target has no value in any row.",
    "ONE_CLASS": "All labels are the same.",
    "NOT_TWO_CLASSES": "A yes-or-no target has more or fewer than two values.",
    "CLASS_TOO_SMALL": "A class has too few rows to be in more than one part.",
    "TOO_MANY_CLASSES": "There are more classes than are read, or nearly each row is its own class.",
    "LABEL_TOO_LONG": "A label holds more bytes than are read.",
    "TARGET_NOT_A_NUMBER": "A number is to be predicted and the target holds none.",
    "TIME_NOT_A_TIME": "The time column holds neither dates nor numbers.",
    "TOO_FEW_TIMES": "The rows have too few different times to be divided by time.",
    "TOO_FEW_GROUPS": "The rows have too few groups to be divided by group.",
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

    def __str__(self) -> str:
        return f"{self.message} {self.next}" if self.next else self.message

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
