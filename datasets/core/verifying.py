"""Does a file hold what a certificate says? Offline: it needs the certificate and the file, nothing else."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from datasets.core import canonical
from datasets.core.table import col

FORMAT = 1  # of the certificate; a change that an old reader would misread counts it up
_MARK = "mark"
_OPEN = ("train", "validation")
_TYPES: dict[str, pl.DataType] = {
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "time": pl.Datetime("us"),
    "words": pl.String(),
}


class Unreadable(Exception):
    """A file that is no certificate, or no table; says which and why."""


@dataclass(frozen=True)
class Answer:
    """What was found out about a file.

    Parameters
    ----------
    part : str
        The part it is, or the one it comes nearest to; "original" for the upload itself.
    differs : list of str
        What differs, in words; empty if it is the part, byte for byte of its values.
    """

    part: str
    differs: list[str]


def read_certificate(content: Any) -> Mapping[str, Any]:
    """A certificate from its JSON; Unreadable if it is another file."""
    if not isinstance(content, dict) or not isinstance(content.get("fingerprints"), dict) or "types" not in content:
        raise Unreadable("It is no certificate of dlstart. Download it from the certificate's page, as JSON.")
    if content.get("format") != FORMAT:
        raise Unreadable(f"It has format {content.get('format')!r}; this dlstart reads format {FORMAT}.")
    return content


def verify(certificate: Mapping[str, Any], path: Path) -> Answer:
    """Compare a file with a certificate.

    Parameters
    ----------
    certificate : mapping
        As `read_certificate` gives it.
    path : Path
        A downloaded part, as Parquet or CSV, or the original upload.

    Raises
    ------
    Unreadable
        If it is neither.
    """
    if _sha256(path) == certificate["original_sha256"]:
        return Answer("original", [])
    types = certificate["types"]
    schema = _schema(path)
    part = _nearest(certificate, path, _rows(path))
    missing, more = sorted(set(types) - set(schema)), sorted(set(schema) - set(types))
    differs = [f"column '{name}' is missing" for name in missing] + [f"column '{name}' is not of it" for name in more]
    if differs:
        return Answer(part, differs)
    digest, rows, classes = canonical.Fingerprint(), 0, dict[str, int]()
    target = certificate["target"]
    for frame in _frames(path, types):
        digest.update(frame)
        rows += len(frame)
        if certificate["classes"] is not None:
            for label, count in frame.get_column(target).value_counts().iter_rows():
                classes[str(label)] = classes.get(str(label), 0) + count
    found = digest.hexdigest()
    for name in _OPEN:
        if certificate["fingerprints"].get(name) == found:
            return Answer(name, [])
    return Answer(part, _differences(certificate, part, rows, classes))


def add_up(certificate: Mapping[str, Any], original: Path, parts: Sequence[Path]) -> str:
    """What the original tells of the sealed parts, in a sentence: their number, never which rows or labels they are.

    Their fingerprints count rows in an order that is made with a secret, so they cannot be made again from the original.

    Parameters
    ----------
    certificate : mapping
    original : Path
        The upload, whose SHA-256 is the certificate's.
    parts : sequence of Path
        Train and validation, each verified.
    """
    # times and yes-or-no may be written in many ways, so rows are told apart by the other columns
    types = {name: kind for name, kind in certificate["types"].items() if kind in ("integer", "number", "words")}
    target = certificate["target"]
    try:
        if target not in types:
            raise Unreadable(f"column '{target}' may be written in many ways")
        if missing := set(types) - set(_schema(original)):
            raise Unreadable(f"column '{sorted(missing)[0]}' is not in it under that name")
        labelled = (frame.filter(col(target).is_not_null()) for frame in _frames(original, types))
        whole = pl.concat(_row_marks(frame, types) for frame in labelled)
    except Unreadable as fault:
        return f"the rows of the original cannot be counted here ({fault}); its SHA-256 is what the certificate says"
    opened = pl.concat(_row_marks(frame, types) for path in parts for frame in _frames(path, types))
    count = pl.len().alias("rows")
    held = whole.to_frame().group_by(_MARK).agg(count)
    wanted = opened.to_frame().group_by(_MARK).agg(count).join(held, on=_MARK, how="left", suffix=" held")
    absent = wanted.filter(pl.col("rows") > pl.col("rows held").fill_null(0)).height
    left, sealed = len(whole) - len(opened), certificate["rows_used"] - len(opened)
    if absent or left != sealed:
        return (
            "values of the original are written otherwise than the server read them, so its rows cannot be matched here"
        )
    return (
        f"the original holds all {len(opened):,} rows of train and validation, and {left:,} others with a label: "
        "as many as the certificate says are sealed or used no more"
    )


def _row_marks(frame: pl.DataFrame, types: Mapping[str, str]) -> pl.Series:
    cells = [frame.get_column(name).cast(_TYPES[types[name]]) for name in sorted(types)]
    plain = [cell.fill_null("").str.strip_chars() if cell.dtype == pl.String else cell for cell in cells]
    return pl.DataFrame(plain).hash_rows().alias(_MARK)


def _differences(certificate: Mapping[str, Any], part: str, rows: int, classes: Mapping[str, int]) -> list[str]:
    wanted = certificate["parts"][part]
    differs = [f"it has {rows:,} rows, the certificate says {wanted:,}"] if rows != wanted else []
    for label, counts in (certificate["classes"] or {}).items():
        if classes.get(label, 0) != counts[part]:
            differs.append(f"class '{label}' has {classes.get(label, 0):,} rows, the certificate says {counts[part]:,}")
    differs += [
        f"class '{label}' is not of it" for label in sorted(set(classes) - set(certificate["classes"] or classes))
    ]
    return differs or ["rows and classes agree, but a value or the order of the rows differs"]


def _nearest(certificate: Mapping[str, Any], path: Path, rows: int) -> str:
    """The part its name says, or whose rows it comes nearest to."""
    named = [part for part in _OPEN if part in path.name.lower()]
    return named[0] if named else min(_OPEN, key=lambda part: abs(certificate["parts"][part] - rows))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _scan(path: Path) -> pl.LazyFrame:
    if _is_parquet(path):
        return pl.scan_parquet(path, glob=False)
    return pl.scan_csv(path, infer_schema=False, glob=False)


def _schema(path: Path) -> Sequence[str]:
    try:
        return _scan(path).collect_schema().names()
    except (pl.exceptions.PolarsError, OSError) as fault:
        raise Unreadable("It is neither Parquet nor CSV, or it is broken.") from fault


def _rows(path: Path) -> int:
    return int(_scan(path).select(pl.len()).collect().item())


def _frames(path: Path, types: Mapping[str, str]) -> Iterator[pl.DataFrame]:
    """The table some rows at a time, with the types of the certificate."""
    if "medium" in types.values() and not _is_parquet(path):
        raise Unreadable("Pictures and sounds are compared as Parquet only.")
    try:
        if _is_parquet(path):
            yield from canonical.batches(path, list(types))
            return
        yield _scan(path).select(_cast(name, kind) for name, kind in types.items()).collect()
    except (pl.exceptions.PolarsError, OSError) as fault:
        raise Unreadable(f"A value has another type than the certificate says: {fault}") from fault


def _cast(name: str, kind: str) -> pl.Expr:
    cell = col(name)
    if kind == "boolean":
        return cell.replace_strict({"true": True, "false": False}, default=None, return_dtype=pl.Boolean())
    if kind == "time":
        return cell.str.to_datetime(time_unit="us", strict=False)
    return cell.cast(_TYPES[kind])
