"""CSV and TSV: checked strictly, typed by all of their cells, written as one Parquet file in row order."""

import codecs
import io
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import polars as pl

from datasets.core.corrections import Choice, Corrections
from datasets.core.errors import DataProblem, shown
from datasets.core.findings import Finding
from datasets.core.limits import Limits
from datasets.core.readers import strict, told
from datasets.core.readers.types import (
    MARKED,
    REAL,
    WHOLE,
    WORDS,
    Reading,
    chosen,
    cleaned,
    does_not_fit,
    is_nothing,
    is_open,
    kind_of,
    may_be_numbers,
    which_order,
)
from datasets.core.readers.watch import Watch
from datasets.core.stages import Progress, growing, nothing, within
from datasets.core.table import (
    COLUMNS_AT_ONCE,
    HELD,
    Column,
    Table,
    cell_too_long,
    col,
    group_rows,
    in_blocks,
    row_count,
)
from dlstart_web.kit.say import say

STRICT = 0.38  # of the work is the strict look at every byte
PARSED = 0.5  # of the rest, of a wide table, is to part the cells
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
        findings = told.how_it_was_read(codec, layout)
        if layout.blank_lines:
            path = _without_blank_lines(path, layout, Path(scratch), limits)
        if layout.rows == 0:
            raise DataProblem(
                "NO_ROWS", say("The file has a header and 0 rows."), found=0, next=say("Send the rows with it.")
            )
        columns, found, orders = _write(path, layout, out, limits, corrections, within(progress, STRICT, 1))
    progress(1.0)
    return Table(layout.rows, columns, findings + found, layout.heading.as_dict(), orders)


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


def _write(
    path: Path, layout: strict.Layout, out: Path, limits: Limits, corrections: Corrections, progress: Progress
) -> tuple[list[Column], list[Finding], dict[str, str]]:
    """Guess the types from the sample, write in one scan; when a later cell does not fit, decide by all cells."""
    names = layout.names
    raw = _read_sample(layout, dict.fromkeys(names, pl.String()))
    texts = {cells.name: cells for block in in_blocks(names) for cells in _cleaned(raw.select(map(col, block)))}
    kinds = corrections.kinds
    options = {name: chosen(name, kinds.get(name), texts[name]) for name in names}
    found = {name: texts[name] for name in names if name not in kinds}
    unsettled = _settle_by_the_others(found, options)
    undated, as_before = _settle_orders(path, layout, options, corrections)
    readings = {name: options[name][0] for name in names}
    progress = growing(progress)  # a second try begins anew
    try:
        facts = _sink(path, layout, readings, out, progress, typed=_parser_can_type(layout, readings))
        fits = not any(facts.get(f"misfit {name}") for name in names)
    except pl.exceptions.ComputeError:
        fits = False
    try:
        if not fits:
            readings = _readings_by_all_cells(path, layout, options, corrections)
            facts = _sink(path, layout, readings, out, progress, typed=False)
    except pl.exceptions.ComputeError as error:
        raise _unreadable(say("The parser stopped: {error}.", error=shown(str(error).splitlines()[0]))) from error
    if row_count(out) != layout.rows:
        raise _unreadable(
            say("The check counted {rows:,} rows and the parser {out:,}.", rows=layout.rows, out=row_count(out))
        )
    _refuse_long_cells(names, facts, limits)
    padded = list(_padded(texts, readings, kinds))
    columns = [Column(name, corrections.kind(name) or kind_of(readings[name].dtype, texts[name])) for name in names]
    orders = {name: reading.order for name, reading in readings.items() if reading.order}
    said = [
        *told.changed_cells(names, raw, facts),
        *told.marked_numbers(readings, unsettled),
        *told.dated(orders, kinds, undated, as_before),
    ]
    return columns, [*said, *padded], orders


def _cleaned(texts: pl.DataFrame) -> pl.DataFrame:
    """As `cleaned`, in two steps: a plan that shares a part for each of many columns takes minutes."""
    bare = texts.select(pl.all().str.strip_chars())
    return bare.select(pl.when(~is_nothing(pl.all())).then(pl.all()))


def _unreadable(message: str) -> DataProblem:
    return DataProblem("UNREADABLE", message, next=say("Export the table again as CSV."))


def _read_sample(layout: strict.Layout, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    if not layout.sample:
        return pl.DataFrame(schema=schema)
    # a line is put before it, lest its first cell begins as compressed data does
    sample = io.BytesIO(b"\n" + layout.sample)
    cells = pl.read_csv(sample, has_header=False, skip_lines=1, separator=layout.delimiter, schema=schema)
    return cells.rechunk()  # the parser leaves a few rows a piece, which is slow for many columns


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


def _sink(
    path: Path, layout: strict.Layout, readings: dict[str, Reading], out: Path, progress: Progress, *, typed: bool
) -> dict[str, int]:
    """Write the Parquet file and count what was changed; of a wide table, some columns at a time.

    With `typed`, the parser makes the numbers, which is fast and stops at the first cell that does not fit; without,
    every cell is read as text and then cast, and the cells that do not fit are counted.
    """
    schema, names = _schema(readings, typed=typed), list(readings)
    rows = group_rows(len(names))
    scan = _scan(path, layout, schema)
    if len(names) <= COLUMNS_AT_ONCE:
        watch = Watch(layout.rows, progress)
        return _counted(*_typed(scan, layout, schema, readings, out, rows, watch), watch)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix="columns-") as scratch:
        # parsed once; a block of columns is then read from where it lies
        parsed = Path(scratch) / "parsed.parquet"
        watch = Watch(layout.rows, within(progress, 0, PARSED))
        seen = scan.with_columns(watch.column(col(names[0]), schema[names[0]]))
        watch.collect([seen.sink_parquet(parsed, row_group_size=rows, lazy=True, **HELD)])
        scan = pl.scan_parquet(parsed, glob=False)
        facts: dict[str, int] = {}
        files: list[Path] = []
        watch = Watch(layout.rows, nothing)
        for block in in_blocks(names):
            some = {name: readings[name] for name in block}
            files.append(Path(scratch) / f"{len(files)}.parquet")
            facts |= _counted(*_typed(scan.select(map(col, some)), layout, schema, some, files[-1], rows, watch), watch)
            progress(PARSED + (1 - PARSED) * min(1.0, len(files) * COLUMNS_AT_ONCE / len(names)))
        beside = pl.concat([pl.scan_parquet(file, glob=False) for file in files], how="horizontal", strict=True)
        beside.sink_parquet(out, row_group_size=rows, **HELD)
    return facts


def _typed(
    scan: pl.LazyFrame,
    layout: strict.Layout,
    schema: dict[str, pl.DataType],
    readings: dict[str, Reading],
    out: Path,
    rows: int,
    watch: Watch,
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """What writes these columns, and what counts the changes, over one shared scan."""
    texts = [name for name in readings if schema[name] == pl.String]
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
    first = next(iter(readings))
    written[0] = watch.column(written[0], readings[first].dtype)
    sink = shared.select(written).sink_parquet(out, row_group_size=rows, lazy=True, **HELD)
    return sink, shared.select(facts or [pl.lit(0)])


def _counted(sink: pl.LazyFrame, facts: pl.LazyFrame, watch: Watch) -> dict[str, int]:
    counts = watch.collect([sink, facts])[1]
    return {name: int(value or 0) for name, value in counts.row(0, named=True).items()}


def _readings_by_all_cells(
    path: Path, layout: strict.Layout, options: dict[str, list[Reading]], corrections: Corrections
) -> dict[str, Reading]:
    fitting = _fitting(path, layout, options)
    for name, fits in fitting.items():
        if not fits:  # only a kind that somebody chose leaves no way to read every cell
            texts = cleaned(col(name))
            scan = _scan(path, layout, dict.fromkeys(layout.names, pl.String())).select(texts)
            misfit = scan.filter(*(reading.cast(pl.col(name)).is_null() for reading in options[name]))
            raise does_not_fit(name, corrections.kinds[name], misfit.drop_nulls().head(1).collect().to_series())
    return {name: fits[0] for name, fits in fitting.items()}


def _fitting(path: Path, layout: strict.Layout, options: dict[str, list[Reading]]) -> dict[str, list[Reading]]:
    """Of the ways to read each column, those that fit all of its cells."""
    scan = _scan(path, layout, dict.fromkeys(layout.names, pl.String()))
    misfits = [
        (cleaned(col(name)).is_not_null() & reading.cast(cleaned(col(name))).is_null()).sum().alias(f"{place} {name}")
        for name, readings in options.items()
        for place, reading in enumerate(readings)
    ]
    counts = scan.select(misfits).collect(engine="streaming").row(0, named=True)
    return {
        name: [reading for place, reading in enumerate(readings) if not counts[f"{place} {name}"]]
        for name, readings in options.items()
    }


def _refuse_long_cells(names: list[str], facts: dict[str, int], limits: Limits) -> None:
    for name in names:
        length = facts.get(f"bytes {name}", 0)
        if length > limits.cell:
            raise cell_too_long(name, length, limits)


def _padded(
    texts: dict[str, pl.Series], readings: dict[str, Reading], kinds: Mapping[str, Choice]
) -> Iterator[Finding]:
    """Whole numbers written with zeros in front, as codes are; the zeros are gone once they are numbers."""
    for name, reading in readings.items():
        if reading == WHOLE and name not in kinds and texts[name].str.contains(r"^0\d").any():
            message = say(
                "Column '{name}' holds whole numbers with zeros in front, as codes have. "
                "If they are codes, make it a category, which keeps the zeros.",
                name=shown(name),
            )
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


def _settle_orders(
    path: Path, layout: strict.Layout, options: dict[str, list[Reading]], corrections: Corrections
) -> tuple[list[str], list[str]]:
    """Whether the day or the month comes first, by all cells of a column, else as in the others or the version before.

    Returns
    -------
    undated, as_before : list of str
        The columns left open, and those read as in the version before.
    """
    undecided = {name: readings for name, readings in options.items() if is_open(readings)}
    if not undecided:
        return [], []
    options |= {name: fits or undecided[name] for name, fits in _fitting(path, layout, undecided).items()}
    settled = {readings[0].order for readings in options.values() if not is_open(readings)} - {""}
    undated, as_before = [], []
    for name in undecided:
        if not is_open(options[name]):
            continue
        if not settled and name in corrections.orders:
            as_before.append(name)
        orders: set[str | None] = {*settled} or {corrections.orders.get(name)}
        options[name] = [each for each in options[name] if {each.order} == orders or each == WORDS]
        if not options[name]:  # somebody said that it is a date, and no more
            raise which_order(name)
        if options[name] == [WORDS]:
            undated.append(name)
    return undated, as_before
