"""CPU seconds and memory of a CSV from its upload to four sealed parts, against one shared Polars scan to Parquet.

    python bench/ingest.py [ROWS [narrow]]

Makes a CSV of ROWS rows (5,000,000: about 0.9 GB) and 20 mixed columns in a temporary folder, then runs both ways in a
process of their own: the scan writes three Parquet files by a hash of the row; ours is the whole of it, as web and
worker do it: hash the upload, check every byte, type, profile, look for leaks, divide, fingerprint, encrypt, seal.
With `10000000 narrow` the file has 5 columns: there the memory is what is held for each row.
Prints the CPU ratio, which means the same on any machine, and what each stage took.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv

ROWS = 5_000_000
CHUNK = 250_000
GOAL_RATIO, GOAL_MEGABYTES = 4.0, 1000


NARROW = ["f3", "f4", "i1", "seg", "target"]


def make_csv(path: Path, rows: int, names: list[str] | None = None) -> None:
    """Floats with holes, whole numbers, an id, categories of 6 to 5,000 values, quoted cells, a time, a boolean."""
    random = np.random.default_rng(7)
    categories = [
        np.array([f"{name}_{i}" for i in range(size)]) for name, size in (("seg", 6), ("region", 60), ("sku", 5000))
    ]
    words = np.array(["alpha", "bravo", "delta, inc", "echo", 'fox "x" ltd', "golf", "hotel", ""])
    writer = None
    for start in range(0, rows, CHUNK):
        n = min(CHUNK, rows - start)
        columns: dict[str, object] = {"id": np.arange(start, start + n)}
        for i in range(8):
            values = np.round(random.normal(size=n) * 10 ** (i % 4), 6)
            columns[f"f{i}"] = pa.array(values, mask=random.random(n) < (0.05 if i < 3 else 0.0))
        for i, high in enumerate((10, 1000, 10**6, 2**40)):
            columns[f"i{i}"] = random.integers(0, high, n)
        for name, values in zip(("seg", "region", "sku"), categories, strict=True):
            columns[name] = values[random.integers(0, len(values), n)]
        columns["note"] = words[random.integers(0, len(words), n)]
        moments = np.datetime64("2021-01-01T00:00:00") + random.integers(0, 10**8, n).astype("timedelta64[s]")
        columns["ts"] = pa.array(moments.astype("datetime64[s]"))
        columns["flag"] = random.random(n) < 0.3
        columns["target"] = (random.random(n) < 0.25).astype(np.int8)
        table = pa.table(columns).select(names or list(columns))
        if writer is None:
            options = pyarrow.csv.WriteOptions(quoting_style="needed")
            writer = pyarrow.csv.CSVWriter(path, table.schema, write_options=options)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def scan(source: Path, out: Path) -> None:
    """The other side: three sinks over one shared scan, rows parted by Polars' own hash."""
    rows = pl.scan_csv(source, try_parse_dates=True).with_columns((pl.struct(pl.all()).hash(7) % 10).alias("_bucket"))
    bucket = pl.col("_bucket")
    masks = (bucket < 6, (bucket >= 6) & (bucket < 8), bucket >= 8)
    sinks = [
        rows.filter(mask).drop("_bucket").sink_parquet(out / f"{place}.parquet", compression="snappy", lazy=True)
        for place, mask in enumerate(masks)
    ]
    pl.collect_all(sinks, engine="streaming")


def main(arguments: list[str]) -> None:
    """Measure both ways and print the ratio."""
    rows = int(arguments[0]) if arguments else ROWS
    names = NARROW if "narrow" in arguments else None
    with tempfile.TemporaryDirectory(prefix="dlstart-bench-") as folder:
        source = Path(folder) / "big.csv"
        make_csv(source, rows, names)
        print(f"CSV of {rows:,} rows, {source.stat().st_size / 1e6:,.0f} MB")
        figures = {}
        for way in ("scan", "ingest"):
            out = Path(folder) / way
            out.mkdir()
            figures[way] = _measured(way, source, out)
            print("{}: {:.1f} CPU s, peak {:,.0f} MB".format(way, *figures[way]), flush=True)
    ratio, peak = figures["ingest"][0] / figures["scan"][0], figures["ingest"][1]
    print(f"ingest / scan: {ratio:.1f}x CPU (goal {GOAL_RATIO:g}x), peak {peak:,.0f} MB (goal {GOAL_MEGABYTES:,} MB)")


def _measured(way: str, source: Path, out: Path) -> tuple[float, float]:
    """CPU seconds, those of the start-up taken off, and the most resident memory of one process in MB."""
    script = Path(__file__) if way == "scan" else Path(__file__).with_name("_upload_to_seal.py")
    started = _child([sys.executable, str(script), "nothing", str(out / "start")])[0]
    seconds, peak = _child([sys.executable, str(script), str(source), str(out)])
    return seconds - started, peak


def _child(command: list[str]) -> tuple[float, float]:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(command, env=environment) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[1]} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


if __name__ == "__main__":
    if not sys.argv[2:] or sys.argv[2] == "narrow":
        main(sys.argv[1:])
    elif sys.argv[1] != "nothing":
        scan(Path(sys.argv[1]), Path(sys.argv[2]))
