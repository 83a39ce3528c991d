"""Parquet: nothing of the footer is believed; batches are counted as they unpack and written again in our types."""

import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from datasets.core.corrections import ORDERS, Corrections
from datasets.core.errors import DataProblem, shown
from datasets.core.limits import Limits
from datasets.core.readers.corrected import corrected
from datasets.core.readers.strict import check_names, too_many_columns, too_many_rows
from datasets.core.readers.types import kind_of
from datasets.core.table import HELD, Column, Table, cell_too_long, group_rows, not_finite
from dlstart_web.kit.say import say, say_count

_SLICE_BYTES = 128 * 2**20
_STEP = 16_384


def read_parquet(
    source: Path, *, out: Path, limits: Limits, corrections: Corrections, progress: Callable[[float], None]
) -> Table:
    """Read a Parquet file into a Parquet file of our types.

    Parameters
    ----------
    source, out : Path
        The upload and the file to write.
    limits : Limits
    corrections : Corrections
    progress : callable
        Called with the share of the rows done.

    Returns
    -------
    Table

    Raises
    ------
    DataProblem
        If the file cannot be read, holds other types than numbers, texts, booleans and dates, or is over a limit.
    """
    try:
        table = _read(source, out, limits, progress)
    except (pa.ArrowException, OSError, UnicodeError) as error:
        raise _broken(error) from error
    columns = corrected(out, table.columns, corrections)
    orders = {name: str(said) for name, said in corrections.kinds.items() if said in ORDERS}
    return Table(table.rows, columns, table.findings, orders=orders)


def _broken(error: Exception) -> DataProblem:
    reason = shown(str(error).splitlines()[0] if str(error) else type(error).__name__, 160).rstrip(".")
    if "encrypt" in reason.lower():
        return DataProblem(
            "PARQUET_ENCRYPTED", say("The Parquet file is encrypted."), next=say("Send it without encryption.")
        )
    return DataProblem(
        "PARQUET_BROKEN",
        say("This is not a readable Parquet file: {reason}.", reason=reason),
        next=say("Write it again."),
    )


def _read(source: Path, out: Path, limits: Limits, progress: Callable[[float], None]) -> Table:
    with source.open("rb") as raw:
        head = raw.read(4)
        raw.seek(-4, 2)
        if b"PARE" in (head, raw.read(4)):
            raise _broken(ValueError("encrypted"))
    # texts stay in their dictionaries, so that one long text repeated a million times is held once
    with pq.ParquetFile(source) as plain:
        given = [unicodedata.normalize("NFC", field.name.strip()) for field in plain.schema_arrow]
        names = [name or f"column_{place}" for place, name in enumerate(given, 1)]
        texts = [field.name for field in plain.schema_arrow if _is_text(field.type)]
        _check_shape(plain, names, limits)
    infinite = dict.fromkeys(names, 0)
    rows = 0
    with pq.ParquetFile(source, read_dictionary=texts) as file:
        schema = pa.schema([(name, _target_type(field)) for name, field in zip(names, file.schema_arrow, strict=True)])
        declared = max(1, file.metadata.num_rows)
        with pq.ParquetWriter(out, schema, **HELD) as writer:
            for table in _row_groups(_slices(file, schema, limits, infinite), group_rows(len(names))):
                rows += table.num_rows
                if rows > limits.rows:
                    raise too_many_rows(rows, limits)
                writer.write_table(table, row_group_size=max(1, table.num_rows))
                progress(min(1.0, rows / declared))
    if rows == 0:
        raise DataProblem(
            "NO_ROWS", say("The file has columns and 0 rows."), found=0, next=say("Send the rows with it.")
        )
    head_rows = pl.read_parquet(out, n_rows=10_000)
    columns = [
        Column(name, kind_of(dtype, head_rows[name] if dtype == pl.String else None))
        for name, dtype in head_rows.schema.items()
    ]
    return Table(rows, columns, [not_finite(name, count) for name, count in infinite.items() if count])


def _check_shape(file: pq.ParquetFile, names: list[str], limits: Limits) -> None:
    if len(names) > limits.columns:
        raise too_many_columns(len(names), limits)
    if len(names) < 2:
        raise DataProblem(
            "ONE_COLUMN",
            say_count(
                len(names),
                "The table has {count} column; a label and at least one feature are needed.",
                "The table has {count} columns; a label and at least one feature are needed.",
            ),
            found=len(names),
            next=say("Add the columns to predict from."),
        )
    check_names(names, limits)
    if file.metadata.num_rows > limits.rows:
        raise too_many_rows(file.metadata.num_rows, limits)
    declared = sum(file.metadata.row_group(place).total_byte_size for place in range(file.metadata.num_row_groups))
    if declared > limits.parquet_unpacked:
        raise _unpacked(declared, limits)


def _unpacked(found: int, limits: Limits) -> DataProblem:
    return DataProblem(
        "UNPACKED_TOO_LARGE",
        say(
            "The file unpacks to {found:,} bytes or more; at most {parquet_unpacked:,} are read.",
            found=found,
            parquet_unpacked=limits.parquet_unpacked,
        ),
        413,
        limit=limits.parquet_unpacked,
        found=found,
        next=say("Send fewer rows or columns."),
    )


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _target_type(field: pa.Field) -> pa.DataType:
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if pa.types.is_uint64(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return pa.float64()
    if pa.types.is_integer(kind):
        return pa.int64()
    if pa.types.is_boolean(kind):
        return pa.bool_()
    if pa.types.is_date(kind):
        return pa.date32()
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us")
    if _is_text(kind) or pa.types.is_null(kind):
        return pa.large_string()
    raise DataProblem(
        "PARQUET_TYPE",
        say(
            "Column '{name}' is of type {kind}; numbers, texts, booleans and dates are read.",
            name=shown(field.name),
            kind=shown(kind, 60),
        ),
        where=say("column {name}", name=shown(field.name)),
        found=shown(kind, 60),
        next=say("Leave the column out, or turn it into one of these."),
    )


def _slices(
    file: pq.ParquetFile, schema: pa.Schema, limits: Limits, infinite: dict[str, int]
) -> Iterator[pa.RecordBatch]:
    """Typed batches, each within a fixed number of bytes; the bytes of all are counted against the limit."""
    total = 0
    for batch in file.iter_batches(batch_size=min(_STEP, group_rows(len(schema)))):
        sizes = 8 * batch.num_rows * batch.num_columns
        for name, array in zip(schema.names, batch.columns, strict=True):
            sizes += _text_bytes(name, array, limits)
        total += sizes
        if total > limits.parquet_unpacked:
            raise _unpacked(total, limits)
        step = max(1, batch.num_rows * _SLICE_BYTES // max(sizes, _SLICE_BYTES))
        for start in range(0, batch.num_rows, step):
            part = batch.slice(start, step)
            arrays = [_typed(array, field, infinite) for array, field in zip(part.columns, schema, strict=True)]
            yield pa.record_batch(arrays, schema=schema)


def _text_bytes(name: str, array: pa.Array, limits: Limits) -> int:
    if not (pa.types.is_dictionary(array.type) and _is_text(array.type.value_type)):
        return 0
    lengths = pc.binary_length(array.dictionary)
    longest = pc.max(lengths).as_py() or 0
    if longest > limits.cell:
        raise cell_too_long(name, longest, limits)
    return pc.sum(pc.take(lengths.cast(pa.int64()), array.indices)).as_py() or 0


def _typed(array: pa.Array, field: pa.Field, infinite: dict[str, int]) -> pa.Array:
    if pa.types.is_dictionary(array.type):
        if _is_text(array.type.value_type):
            array = pa.DictionaryArray.from_arrays(array.indices, _clean(field.name, array.dictionary))
        array = array.dictionary_decode()
    if pa.types.is_timestamp(field.type):
        # a zone is dropped after the instant was written in UTC
        return array.cast(pa.timestamp("us", getattr(array.type, "tz", None)), safe=False).cast(field.type, safe=False)
    if field.type == pa.float64():
        array = array.cast(pa.float64(), safe=False)
        good = pc.is_finite(array)
        infinite[field.name] += pc.sum(pc.is_inf(array)).as_py() or 0
        return pc.if_else(good, array, pa.scalar(None, pa.float64()))
    return array.cast(field.type, safe=not pa.types.is_date(field.type))


def _clean(name: str, texts: pa.Array) -> pa.Array:
    """Texts checked as UTF-8, normalised, without blanks around them or NUL; an empty one becomes missing."""
    texts = texts.cast(pa.large_string())
    texts.validate(full=True)
    if pc.any(pc.match_substring(texts, "\0")).as_py():
        raise DataProblem(
            "NUL_BYTE",
            say("A text in column '{name}' holds a NUL byte.", name=shown(name)),
            where=say("column {name}", name=shown(name)),
            next=say("Take it out and write the file again."),
        )
    texts = pc.utf8_trim_whitespace(pc.utf8_normalize(texts, "NFC"))
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.large_string()), texts)


def _row_groups(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    """The batches joined to row groups of some size, so that later scans read whole groups."""
    held: list[pa.RecordBatch] = []
    count = size = 0
    for batch in batches:
        held.append(batch)
        count, size = count + batch.num_rows, size + batch.nbytes
        if count >= rows or size >= _SLICE_BYTES:
            yield pa.Table.from_batches(held)
            held, count, size = [], 0, 0
    if held:
        yield pa.Table.from_batches(held)
