"""Parquet as CSV on standard output, a batch at a time: `python -m datasets.core.csv_out FILE`, in a process of its own.

A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a return for a formula (OWASP, CSV Injection).
Such text cells, and those that begin with `'` themselves, get one `'` in front: whoever takes one leading `'` off every
text cell that has one is back at the rows as they were. Numbers stay as they are. A missing value is an empty cell, an
empty text is `""`. Pictures and sounds are base64.
"""

import base64
import sys
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from datasets.core.formulas import FORMULA, neutral_name

BATCH = 32_768


def neutral(text: Any) -> Any:
    """A column of texts with `'` in front of what a spreadsheet would take for a formula."""
    text = pc.cast(text, pa.large_string())
    mark, nothing = pa.scalar("'", pa.large_string()), pa.scalar("", pa.large_string())
    risky = pc.fill_null(pc.match_substring_regex(text, FORMULA), False)
    return pc.if_else(risky, pc.binary_join_element_wise(mark, text, nothing), text)


def is_text(kind: pa.DataType) -> bool:
    """Text in any of Arrow's layouts."""
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(value) or pa.types.is_large_string(value) or pa.types.is_string_view(value))


def is_plain(kind: pa.DataType) -> bool:
    """Neither text nor a picture or sound."""
    return not (is_text(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def encoded(column: Any) -> Any:
    """Pictures or sounds as base64 texts."""
    cells = [None if cell is None else base64.b64encode(cell).decode() for cell in column.to_pylist()]
    return pa.array(cells, pa.large_string())


def cells_of(column: Any) -> Any:
    """A column as a CSV can hold it."""
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        return encoded(column)
    return neutral(column) if is_text(column.type) else column


def write_csv(source: Path, out: BinaryIO) -> None:
    """Write all rows of a Parquet file; at no time more than a batch of them is in memory."""
    file = pq.ParquetFile(source)
    schema = file.schema_arrow
    names = [neutral_name(name) for name in schema.names]
    kinds = [kind if is_plain(kind) else pa.large_string() for kind in schema.types]
    written = pa.schema(list(zip(names, kinds, strict=True)))
    with pyarrow.csv.CSVWriter(out, written) as writer:
        for batch in file.iter_batches(BATCH // 16 if any(map(pa.types.is_large_binary, schema.types)) else BATCH):
            columns = [cells_of(column) for column in batch.columns]
            writer.write_batch(pa.record_batch(columns, schema=written))


if __name__ == "__main__":
    write_csv(Path(sys.argv[1]), sys.stdout.buffer)
