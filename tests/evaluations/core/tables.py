"""Small tables for the tests of the evaluations core, written as the sealed parts are."""

from pathlib import Path

import numpy as np
import polars as pl

from evaluations.core.encoding import Encoded, encode

COLUMNS = [
    {"name": "size", "kind": "number"},
    {"name": "weight", "kind": "number"},
    {"name": "colour", "kind": "category"},
    {"name": "bought", "kind": "date"},
    {"name": "used", "kind": "boolean"},
    {"name": "comment", "kind": "text"},
]
CLASSES = {"binary": ["no", "yes"], "multiclass": ["low", "mid", "top"], "regression": None}


def make_frame(n: int, task: str, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    size, weight = rng.normal(size=n), rng.normal(size=n)
    colour = rng.choice(["red", "green", "blue"], n)
    signal = size + np.where(colour == "red", 1.0, -1.0) + 0.5 * rng.normal(size=n)
    if task == "regression":
        target = pl.Series(np.exp(signal))
    else:
        labels = CLASSES[task]
        target = pl.Series(np.array(labels)[np.searchsorted([0.0, 1.2][: len(labels) - 1], signal)])
    weight[rng.random(n) < 0.1] = np.nan
    return pl.DataFrame(
        {
            "size": size,
            "weight": pl.Series(weight).fill_nan(None),
            "colour": colour,
            "bought": pl.Series(rng.integers(15_000, 16_000, n)).cast(pl.Int32).cast(pl.Date),
            "used": rng.random(n) < 0.5,
            "comment": [f"remark {i} of {seed}" for i in range(n)],
            "target": target,
        }
    )


def make_parts(folder: Path, task: str, n: int = 600) -> dict[str, Path]:
    paths = {}
    for i, (part, share) in enumerate((("train", 0.6), ("validation", 0.2), ("checkpoint", 0.1), ("final", 0.1))):
        frame = make_frame(int(n * share), task, seed=i)
        paths[part] = folder / f"{part}.parquet"
        (frame if i < 2 else frame.drop("target")).write_parquet(paths[part])
    return paths


def make_encoded(folder: Path, task: str, n: int = 600) -> Encoded:
    paths = make_parts(folder, task, n)
    encode(
        train=paths["train"],
        validation=paths["validation"],
        sealed={"checkpoint": paths["checkpoint"], "final": paths["final"]},
        target="target",
        task=task,
        columns=COLUMNS,
        classes=CLASSES[task],
        out=folder / "encoded",
    )
    return Encoded.open(folder / "encoded")
