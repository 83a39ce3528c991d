"""CPU seconds and memory of a CSV on its way to four sealed parts, against one shared Polars scan to Parquet.

    python bench/ingest.py [ROWS]

Makes a CSV of ROWS rows (5,000,000: about 0.9 GB) and 20 mixed columns in a temporary folder, then runs both ways in a
process of their own: the scan writes three Parquet files by a hash of the row; ours checks every byte, types, profiles,
looks for leaks, divides, writes and fingerprints. Prints the CPU ratio, which means the same on any machine.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv

from datasets.core.checks import columns_left_out, run_checks
from datasets.core.divide import divide
from datasets.core.limits import Limits
from datasets.core.profile import profile_table
from datasets.core.readers import read_table
from datasets.core.split import Design

ROWS = 5_000_000
CHUNK = 250_000
# as the workers have it: files are read in pieces instead of mapped into memory whole
WORKER = {"POLARS_FORCE_ASYNC": "1", "POLARS_ROW_GROUP_PREFETCH_SIZE": "4"}
GOAL_RATIO, GOAL_MEGABYTES = 4.0, 1000


def make_csv(path: Path, rows: int) -> None:
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
        table = pa.table(columns)
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


def ingest(source: Path, out: Path) -> None:
    """Our side, from the bytes to four parts; the seconds of each step go to the standard error."""
    limits = Limits()
    table_path = out / "table.parquet"
    clock = _Clock()
    table = read_table(source, file_name=source.name, out=table_path, limits=limits)
    clock.lap("read and check")
    profile_table(table_path, table.columns)
    clock.lap("profile")
    findings = run_checks(table_path, target="target", task="binary")
    clock.lap("findings")
    design = Design("random", "target", "binary", drop=columns_left_out(findings))
    divide(table_path, design=design, secret=b"s" * 32, stored=None, out=out, limits=limits)
    clock.lap("divide")


class _Clock:
    def __init__(self) -> None:
        self.last = time.process_time()

    def lap(self, what: str) -> None:
        now = time.process_time()
        print(f"  {what:16s} {now - self.last:6.1f} CPU s", file=sys.stderr, flush=True)
        self.last = now


def main(arguments: list[str]) -> None:
    """Measure both ways and print the ratio."""
    rows = int(arguments[0]) if arguments else ROWS
    with tempfile.TemporaryDirectory(prefix="dlstart-bench-") as folder:
        source = Path(folder) / "big.csv"
        make_csv(source, rows)
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
    """CPU seconds, those of the start-up taken off, and peak resident memory in MB."""
    started = _child([sys.executable, __file__, "nothing", str(source), str(out)])[0]
    settings = WORKER if way == "ingest" else {}
    seconds, peak = _child([sys.executable, __file__, way, str(source), str(out)], settings)
    return seconds - started, peak


def _child(command: list[str], settings: dict[str, str] | None = None) -> tuple[float, float]:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])} | (settings or {})
    with subprocess.Popen(command, env=environment) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[2]} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


if __name__ == "__main__":
    if len(sys.argv) == 4:
        {"scan": scan, "ingest": ingest, "nothing": lambda *_: None}[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        main(sys.argv[1:])
