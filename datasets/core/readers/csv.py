"""CSV and TSV: checked strictly, typed by all of their cells, written as one Parquet file in row order."""

import codecs
import io
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import polars as pl

from datasets.core.corrections import Corrections, Kind
from datasets.core.errors import DataProblem, shown
from datasets.core.findings import Finding
from datasets.core.limits import Limits
from datasets.core.readers import strict
from datasets.core.readers.types import (
    MARKED,
    MARKS,
    REAL,
    WHOLE,
    WORDS,
    Reading,
    chosen,
    cleaned,
    does_not_fit,
    is_nothing,
    kind_of,
    may_be_numbers,
)
from datasets.core.table import (
    HELD,
    MISSING_WORDS,
    Column,
    Table,
    cell_too_long,
    col,
    group_rows,
    not_finite,
    row_count,
)

_CODEC_WORDS = {
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
    "cp1252": "Windows-1252",
}
STRICT = 0.38  # of the work is the strict look at every byte
_LIKE_DEFLATE = (b"x\x01", b"x^", b"x\x9c", b"x\xda")
_BLANK_LINES = re.compile(rb'("[^"]*+")|(?<=\n)(?:[ \t]*+\r?\n)++')


def read_csv(
    source: Path, *, out: Path, limits: Limits, corrections: Corrections, progress: Callable[[float], None]
) -> Table:
    """Read a CSV file into a typed Parquet file.

    Parameters
    ----------
    source, out : Path
        The upload, and the Parquet file to write; copies in UTF-8 live beside `out` while this runs.
    limits : Limits
    corrections : Corrections
    progress : callable
        Called with the share of the work done.

    Returns
    -------
    Table

    Raises
    ------
    DataProblem
        For the first fault met.
    """
    with tempfile.TemporaryDirectory(dir=out.parent, prefix="reading-") as scratch:
        path = source
        codec = _wide_codec(source) or ("utf-8-sig" if _needs_a_copy(source) else None)
        if codec:
            path = _converted(source, codec, Path(scratch))
        try:
            layout = strict.check(path, limits, lambda share: progress(share * STRICT), corrections.header)
        except strict.NeedsConversion as need:
            codec = str(need)
            path = _converted(source, codec, Path(scratch))
            layout = strict.check(path, limits, lambda share: progress(share * STRICT), corrections.header)
        findings = _how_it_was_read(codec, layout)
        if layout.blank_lines:
            path = _without_blank_lines(path, layout, Path(scratch), limits)
        if layout.rows == 0:
            raise DataProblem("NO_ROWS", "The file has a header and 0 rows.", found=0, next="Send the rows with it.")
        columns, found = _write(path, layout, out, limits, corrections)
    progress(1.0)
    return Table(layout.rows, columns, findings + found, layout.heading.as_dict())


def _wide_codec(source: Path) -> str | None:
    """UTF-16 or UTF-32 by its mark, or by the NUL that stands beside each plain letter."""
    with source.open("rb") as file:
        head = file.read(4096)
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) > 0.4 * len(head) / 2 and min(even, odd) == 0:
        return "utf-16-be" if even else "utf-16-le"
    return None


def _needs_a_copy(source: Path) -> bool:
    """Whether lines end in CR alone, or the text begins as deflated data does ("x^"), which the parser would inflate."""
    with source.open("rb") as file:
        head = file.read(2**20)
    return (b"\r" in head and b"\n" not in head) or head.startswith(_LIKE_DEFLATE)


def _converted(source: Path, codec: str, scratch: Path) -> Path:
    target = scratch / "utf8.csv"
    lines = 1
    with source.open(encoding=codec, newline=None) as read, target.open("w", encoding="utf-8", newline="") as write:
        write.write("\ufeff")
        try:
            while block := read.read(2**20):
                write.write(block)
                lines += block.count("\n")
        except UnicodeError as error:
            raise strict.not_utf8(lines) from error
    return target


def _without_blank_lines(path: Path, layout: strict.Layout, scratch: Path, limits: Limits) -> Path:
    target = scratch / "dense.csv"
    tabs = layout.delimiter == "\t"
    blank = re.compile(_BLANK_LINES.pattern.replace(b"[ \\t]", b"[ ]")) if tabs else _BLANK_LINES
    with path.open("rb") as read, target.open("wb") as write:
        for _ in range(layout.header_lines):
            write.write(read.readline())
        for chunk, _line in strict.record_chunks(read, limits, 1):
            # the line end put before the chunk lets a blank line at its top be seen, and goes again
            write.write(blank.sub(rb"\1", b"\n" + chunk)[1:])
    return target


def _how_it_was_read(codec: str | None, layout: strict.Layout) -> list[Finding]:
    findings = []
    if codec and codec != "utf-8-sig":
        message = f"{_CODEC_WORDS[codec]} found and read as such."
        findings.append(Finding("D107", "tip", None, message, {"encoding": codec}))
    if layout.delimiter != ",":
        word = strict.DELIMITER_WORDS[layout.delimiter]
        message = f"Columns are parted by a {word}; read as such."
        findings.append(Finding("D107", "tip", None, message, {"delimiter": layout.delimiter}))
    if not layout.heading.is_sure:
        findings.append(_how_it_begins(layout))
    if layout.unnamed:
        message = f"{len(layout.unnamed)} column{'s' * (len(layout.unnamed) > 1)} without a name, now called "
        message += ", ".join(layout.unnamed[:5]) + ("…" if len(layout.unnamed) > 5 else "") + "."
        findings.append(Finding("D107", "tip", layout.unnamed[0], message, {"named": layout.unnamed[:100]}))
    return findings


def _how_it_begins(layout: strict.Layout) -> Finding:
    """Look at it: title rows, or no row of names."""
    heading, titles = layout.heading, ""
    if heading.titles:
        above = f"The first {heading.titles} rows are" if heading.titles > 1 else "The first row is"
        titles = f"{above} no part of the table"
    if heading.line:
        message = f"{titles}; line {heading.line} names the columns."
    else:
        message = f"No line names the columns; they are called {layout.names[0]} to {layout.names[-1]}."
        message = f"{titles}. {message}" if titles else message
    return Finding("D112", "look", None, message, {"line": heading.line, "titles": heading.titles})


def _write(
    path: Path, layout: strict.Layout, out: Path, limits: Limits, corrections: Corrections
) -> tuple[list[Column], list[Finding]]:
    """Guess the types from the sample, write in one scan; when a later cell does not fit, decide by all cells."""
    names = layout.names
    raw = _read_sample(layout, dict.fromkeys(names, pl.String()))
    texts = {cells.name: cells.to_frame().select(cleaned(pl.all())).to_series() for cells in raw}
    kinds = corrections.kinds
    options = {name: chosen(name, kinds.get(name), texts[name]) for name in names}
    found = {name: texts[name] for name in names if name not in kinds}
    unsettled = _settle_by_the_others(found, options)
    readings = {name: options[name][0] for name in names}
    try:
        facts = _sink(path, layout, readings, out, typed=_parser_can_type(layout, readings))
        fits = not any(facts.get(f"misfit {name}") for name in names)
    except pl.exceptions.ComputeError:
        fits = False
    try:
        if not fits:
            readings = _readings_by_all_cells(path, layout, options, corrections)
            facts = _sink(path, layout, readings, out, typed=False)
    except pl.exceptions.ComputeError as error:
        raise _unreadable(f"The parser stopped: {shown(str(error).splitlines()[0])}.") from error
    if row_count(out) != layout.rows:
        raise _unreadable(f"The check counted {layout.rows:,} rows and the parser {row_count(out):,}.")
    _refuse_long_cells(names, facts, limits)
    padded = list(_padded(texts, readings, kinds))
    columns = [Column(name, kinds.get(name) or kind_of(readings[name].dtype, texts[name])) for name in names]
    return columns, [*_findings(names, raw, facts), *_marked_numbers(readings, unsettled), *padded]


def _unreadable(message: str) -> DataProblem:
    return DataProblem("UNREADABLE", message, next="Export the table again as CSV.")


def _read_sample(layout: strict.Layout, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    if not layout.sample:
        return pl.DataFrame(schema=schema)
    # a line is put before it, lest its first cell begins as compressed data does
    sample = io.BytesIO(b"\n" + layout.sample)
    return pl.read_csv(sample, has_header=False, skip_lines=1, separator=layout.delimiter, schema=schema)


def _parser_can_type(layout: strict.Layout, readings: dict[str, Reading]) -> bool:
    """Whether the fast way works on the sample: no words for "missing" among numbers, no blanks behind them."""
    try:
        _read_sample(layout, _schema(readings, typed=True))
    except pl.exceptions.ComputeError:
        return False
    return True


def _schema(readings: dict[str, Reading], *, typed: bool) -> dict[str, pl.DataType]:
    return {name: reading.dtype if typed and reading.is_plain else pl.String() for name, reading in readings.items()}


def _scan(path: Path, layout: strict.Layout, schema: dict[str, pl.DataType]) -> pl.LazyFrame:
    return pl.scan_csv(
        path,
        has_header=False,
        skip_lines=layout.header_lines,
        separator=layout.delimiter,
        schema=schema,
        n_rows=layout.rows,  # blank lines at the end are no rows
        glob=False,
    )


def _sink(path: Path, layout: strict.Layout, readings: dict[str, Reading], out: Path, *, typed: bool) -> dict[str, int]:
    """Write the Parquet file and count what was changed, over one shared scan.

    With `typed`, the parser makes the numbers, which is fast and stops at the first cell that does not fit; without,
    every cell is read as text and then cast, and the cells that do not fit are counted.
    """
    schema = _schema(readings, typed=typed)
    texts = [name for name in readings if schema[name] == pl.String]
    scan = _scan(path, layout, schema)
    # made once for both sinks: the bare text, and whether it is nothing
    bare = scan.with_columns(col(name).str.strip_chars() for name in texts)
    shared = bare.with_columns(is_nothing(col(name)).alias(f"\0nothing {name}") for name in texts)
    written: list[pl.Expr] = []
    facts: list[pl.Expr] = []
    for name, reading in readings.items():
        cell = col(name)
        if name in texts:
            nothing = pl.col(f"\0nothing {name}")
            facts.append(cell.str.len_bytes().max().alias(f"bytes {name}"))
            facts.append((nothing & (cell != "")).sum().alias(f"words {name}"))
            text = pl.when(~nothing).then(cell)
            cell = reading.cast(text if layout.ascii else text.str.normalize("NFC"))
            if reading != WORDS:
                facts.append((~nothing & cell.is_null()).sum().alias(f"misfit {name}"))
        if reading == REAL:
            facts.append(cell.is_infinite().sum().alias(f"infinite {name}"))
            cell = pl.when(cell.is_finite()).then(cell)
        written.append(cell.alias(name))
    sink = shared.select(written).sink_parquet(out, row_group_size=group_rows(len(readings)), lazy=True, **HELD)
    counted = pl.collect_all([sink, shared.select(facts or [pl.lit(0)])], engine="streaming")[1]
    return {name: int(value or 0) for name, value in counted.row(0, named=True).items()}


def _readings_by_all_cells(
    path: Path, layout: strict.Layout, options: dict[str, list[Reading]], corrections: Corrections
) -> dict[str, Reading]:
    scan = _scan(path, layout, dict.fromkeys(layout.names, pl.String()))
    misfits = [
        (cleaned(col(name)).is_not_null() & reading.cast(cleaned(col(name))).is_null()).sum().alias(f"{place} {name}")
        for name, readings in options.items()
        for place, reading in enumerate(readings)
    ]
    counts = scan.select(misfits).collect(engine="streaming").row(0, named=True)
    fitting = {}
    for name, readings in options.items():
        fits = [reading for place, reading in enumerate(readings) if not counts[f"{place} {name}"]]
        if not fits:  # only a kind that somebody chose leaves no way to read every cell
            texts = cleaned(col(name))
            misfit = scan.select(texts).filter(*(reading.cast(pl.col(name)).is_null() for reading in readings))
            raise does_not_fit(name, corrections.kinds[name], misfit.drop_nulls().head(1).collect().to_series())
        fitting[name] = fits[0]
    return fitting


def _refuse_long_cells(names: list[str], facts: dict[str, int], limits: Limits) -> None:
    for name in names:
        length = facts.get(f"bytes {name}", 0)
        if length > limits.cell:
            raise cell_too_long(name, length, limits)


def _padded(texts: dict[str, pl.Series], readings: dict[str, Reading], kinds: Mapping[str, Kind]) -> Iterator[Finding]:
    """Whole numbers written with zeros in front, as codes are; the zeros are gone once they are numbers."""
    for name, reading in readings.items():
        if reading == WHOLE and name not in kinds and texts[name].str.contains(r"^0\d").any():
            message = f"Column '{shown(name)}' holds whole numbers with zeros in front, as codes have. "
            message += "If they are codes, make it a category, which keeps the zeros."
            yield Finding("D111", "tip", name, message)


def _settle_by_the_others(texts: dict[str, pl.Series], options: dict[str, list[Reading]]) -> list[str]:
    """Columns of cells such as 1,234 are read as the other columns of the file are; the names of those left open."""
    unsettled = [name for name in texts if options[name] == [WORDS] and may_be_numbers(texts[name])]
    settled = {readings[0].marks for readings in options.values()} - {""}
    if len(settled) != 1:
        return unsettled
    for name in unsettled:
        options[name] = [*MARKED[next(iter(settled))], WORDS]
    return []


def _marked_numbers(readings: dict[str, Reading], unsettled: list[str]) -> Iterator[Finding]:
    """Say how numbers were read that are not written as programs do."""
    for name in unsettled:
        message = (
            f"Column '{shown(name)}' holds cells such as 1,234, which may be one and a bit or more than a thousand; "
        )
        message += "read as a category. If the comma parts thousands, make it a number."
        yield Finding("D107", "look", name, message)
    for marks, words in MARKS.items():
        names = [name for name, reading in readings.items() if reading.marks == marks]
        if names:
            listed = ", ".join(f"'{shown(name, 40)}'" for name in names[:5]) + ("…" if len(names) > 5 else "")
            yield Finding("D107", "tip", names[0], f"Numbers with {words}: {listed}.", {"columns": names[:100]})


def _findings(names: list[str], raw: pl.DataFrame, facts: dict[str, int]) -> list[Finding]:
    findings = []
    for name in names:
        if count := facts.get(f"words {name}", 0):
            seen = raw[name].str.strip_chars().drop_nulls().unique()
            words = sorted(set(seen.to_list()) & set(MISSING_WORDS)) or ["A word for a missing value"]
            cells = f"{count:,} cell{'s' * (count > 1)}"
            message = f"{', '.join(words)} read as missing in '{shown(name)}': {cells}."
            findings.append(Finding("D101", "tip", name, message, {"words": words, "cells": count}))
        if count := facts.get(f"infinite {name}", 0):
            findings.append(not_finite(name, count))
    return findings
