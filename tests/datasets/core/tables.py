"""Small tables for the tests of the data room."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from datasets.core.limits import Limits
from datasets.core.readers import Table, read_table

SECRET = b"ds1"


def read(path: Path, content: bytes, limits: Limits | None = None, **options: Any) -> Table:
    """Write the bytes as an upload and read them; the typed table is `path`/table.parquet."""
    source = path / "upload.csv"
    source.write_bytes(content)
    return read_table(source, file_name="upload.csv", out=path / "table.parquet", limits=limits or Limits(), **options)


def rows(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path / "table.parquet")


def good_csv(count: int = 60) -> bytes:
    lines = ["x1,x2,city,label"]
    lines += [f"{i},{i / 7:.4f},{'abc'[i % 3]},{'cat' if i % 2 else 'dog'}" for i in range(count)]
    return ("\n".join(lines) + "\n").encode()


def clean_frame(count: int, seed: int = 0, task: str = "binary") -> pl.DataFrame:
    """Honest features of some use, and nothing to find."""
    random = np.random.default_rng(seed)
    hidden = random.normal(size=count)
    frame = pl.DataFrame(
        {
            "x1": hidden + random.normal(size=count) * 1.5,
            "x2": random.normal(size=count),
            "colour": random.choice(["red", "green", "blue"], count),
        }
    )
    noisy = hidden + random.normal(size=count)
    if task == "regression":
        return frame.with_columns(label=pl.Series(noisy))
    if task == "multiclass":
        return frame.with_columns(label=pl.Series(np.array(["a", "b", "c"])[np.digitize(noisy, [-0.6, 0.6])]))
    return frame.with_columns(label=pl.Series(np.where(noisy > 0, "yes", "no")))


def write(frame: pl.DataFrame, folder: Path) -> Path:
    path = folder / "table.parquet"
    frame.write_parquet(path)
    return path


def real_file(name: str) -> Path:
    """A file of the folder in DLSTART_DATASETS; the test is skipped by name where there is none."""
    folder = os.environ.get("DLSTART_DATASETS")
    if not folder or not (path := Path(folder) / name / f"{name}.csv").exists():
        pytest.skip(f"no {name}.csv: DLSTART_DATASETS names no folder with it")
    return path
