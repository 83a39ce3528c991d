"""The features of a part with public ids, on standard output: `python -m datasets.core.inputs_out`, in a process of its own.

The order comes over standard input as JSON, since it holds a key: {"source", "part", "key", "columns", "ending"}. The
rows are written by id: their order says as little as the ids do. The target is no feature, so no label is read.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from datasets.core.csv_out import write_csv
from datasets.core.row_ids import row_ids


def inputs_table(source: Path, *, part: str, key: bytes, columns: Sequence[str]) -> pa.Table:
    """Features by id; a feature that is itself called "id" gets a line under its name."""
    table = pq.read_table(source, columns=list(columns))
    names = [name if name != "id" else _free(columns) for name in table.column_names]
    ids = pa.array(row_ids(key, part, table.num_rows))
    return table.rename_columns(names).add_column(0, "id", ids).sort_by("id")


def write_inputs(table: pa.Table, ending: str, out: BinaryIO) -> None:
    """As Parquet, or as the same CSV that other downloads are."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "inputs.parquet"
        pq.write_table(table, file, row_group_size=32_768)
        if ending == "csv":
            write_csv(file, out)
            return
        with file.open("rb") as held:
            while chunk := held.read(2**20):
                out.write(chunk)


def _free(columns: Sequence[str]) -> str:
    name = "id_"
    while name in columns:
        name += "_"
    return name


if __name__ == "__main__":
    order = json.loads(sys.stdin.readline())
    read = inputs_table(
        Path(order["source"]), part=order["part"], key=bytes.fromhex(order["key"]), columns=order["columns"]
    )
    write_inputs(read, order["ending"], sys.stdout.buffer)
