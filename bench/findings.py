"""How often the checks cry on clean data, and how often they find what was planted (docs/findings.md has the table).

    python bench/findings.py [RUNS]

Each line is one check, one kind of table and one number of rows: how many of the runs had the finding. Seeds are fixed, so
the figures come again. RUNS is 100 by default.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import polars as pl

from datasets.core.checks import run_checks
from datasets.core.checks.parts import LEAST, Z, told_apart
from datasets.core.near.pictures import SIDE, near_pictures
from datasets.core.near.texts import near_texts

Rng = np.random.Generator
Frame = Callable[[Rng, int], pl.DataFrame]
TEXTS = 20_000
NO_ALARM = ("D109", "D403")  # what a check looked at, and classes with few rows


def main(runs: int) -> None:
    """Print one line a measurement."""
    began = time.process_time()
    print(f"{runs} runs each; found: the share of the runs with the finding\n")
    print(f"{'check':<6} {'table':<58} {'rows':>6} {'found':>7}")
    with tempfile.TemporaryDirectory() as folder:
        for code, name, task, options, make, sizes in tables():
            for rows in sizes:
                print_line(code, name, rows, share(Path(folder), code, task, options, make, rows, runs))
    for shift in (0.0, 0.25, 0.5, 1.0):
        for train, sealed in ((200, 100), (600, 200), (1500, 500)):
            words = f"one of 10 features shifted by {shift} sd" if shift else "clean, 10 features"
            print_line("D302", words, train + sealed, parts_told_apart(train, sealed, shift, runs))
    for words, copies in near_copies(runs):
        print(f"{words:<72} {copies}")
    print(f"\n{time.process_time() - began:,.0f} CPU s")


def print_line(code: str, name: str, rows: int, found: float) -> None:
    """One line of the table."""
    print(f"{code:<6} {name:<58} {rows:>6,} {found:>7.1%}", flush=True)


def share(folder: Path, code: str, task: str, options: dict[str, str], make: Frame, rows: int, runs: int) -> float:
    """In how many of the runs the finding is there."""
    path, found = folder / "table.parquet", 0
    for seed in range(runs):
        make(np.random.default_rng([seed, rows]), rows).write_parquet(path)
        findings = run_checks(path, target="label", task=task, **options)
        found += any(finding.code == code or (code == "any" and finding.code not in NO_ALARM) for finding in findings)
    return found / runs


def tables() -> Iterator[tuple[str, str, str, dict[str, str], Frame, Sequence[int]]]:
    """Code, what the table is, task, roles of columns, maker, and numbers of rows."""
    small, middle = (60, 200, 1000), (200, 1000)
    none: dict[str, str] = {}
    yield "any", "clean: 40 honest features of AUC 0.75", "binary", none, honest, small
    yield "any", "clean: 12 numbers and an honest label", "regression", none, honest_number, small
    yield "D201", "clean: 40 honest features of AUC 0.75", "binary", none, honest, small
    yield "D201", "one feature of AUC 0.995", "binary", none, leak(3.643), small
    yield "D206", "clean: 40 honest features of AUC 0.75", "binary", none, honest, small
    yield "D206", "the label is the sum of two of 12 columns", "binary", none, sum_of_two(1), small
    yield (
        "D206",
        "the label is the difference of two of 12 columns",
        "regression",
        none,
        sum_of_two(-1, number=True),
        small,
    )
    yield "D203", "clean: rows in any order", "binary", none, honest_few, small
    yield "D203", "one class twice as frequent in the later half", "binary", none, drifting_order, small
    yield "D205", "clean: 5 independent numbers", "binary", none, numbers_of(5), middle
    yield "D205", "clean: 5 numbers of two hidden causes", "binary", none, numbers_of(5, hidden=2), middle
    yield "D205", "5 numbers, a tenth of the rows measured twice", "binary", none, measured_twice, middle
    yield "D207", "clean: dates that say nothing", "binary", none, dated(0.0), (500, 1500)
    yield "D207", "label drifts with the date", "binary", none, dated(4.0), (500, 1500)
    yield "D208", "clean: a column 'floor' of 60 values", "binary", none, grouped("floor", pure=False), middle
    yield "D208", "a column 'patient_id' of 60 values", "binary", none, grouped("patient_id", pure=False), middle
    yield "D209", "clean: a column of 60 values", "binary", none, grouped("floor", pure=False), middle
    yield "D209", "a column of 60 values, one label each", "binary", none, grouped("floor", pure=True), middle
    yield "D117", "clean: a column 'weight_kg' of mean 70", "binary", none, weighted("weight_kg", 70.0), middle
    yield "D117", "a column 'sample_weight'", "binary", none, weighted("sample_weight", 70.0), middle
    yield "D117", "a column 'weight' of mean 1", "binary", none, weighted("weight", 1.0), middle
    yield "D202", "clean: whole numbers, as many values as rows", "binary", none, keyed("any"), middle
    yield "D202", "a number of its own for each row", "binary", none, keyed("own"), middle
    yield "D402", "clean: 5 independent numbers", "binary", none, numbers_of(5), middle
    yield "D402", "2% of the rows again, with the other label", "binary", none, torn, middle


def honest(random: Rng, rows: int) -> pl.DataFrame:
    """40 numbers, each of which tells two classes apart with an AUC of 0.75."""
    y = random.random(rows) < 0.4
    return pl.DataFrame({**{f"f{i}": random.normal(size=rows) + 0.954 * y for i in range(40)}, "label": y})


def honest_number(random: Rng, rows: int) -> pl.DataFrame:
    """12 numbers, two of which make up half of the label; the rest of it is noise."""
    frame = sum_of_two(1, number=True)(random, rows)
    return frame.with_columns(label=frame["label"] + 1.4 * random.normal(size=rows))


def honest_few(random: Rng, rows: int) -> pl.DataFrame:
    """Three of them."""
    return honest(random, rows).select("f0", "f1", "f2", "label")


def leak(shift: float) -> Frame:
    """Two honest numbers and one that is `shift` standard deviations higher for one class."""

    def make(random: Rng, rows: int) -> pl.DataFrame:
        frame = honest_few(random, rows)
        return frame.with_columns(f2=random.normal(size=rows) + shift * frame["label"].to_numpy())

    return make


def sum_of_two(sign: int, *, number: bool = False) -> Frame:
    """12 numbers; the label is made of two of them."""

    def make(random: Rng, rows: int) -> pl.DataFrame:
        x = random.normal(size=(rows, 12))
        total = x[:, 3] + sign * x[:, 7]
        return pl.DataFrame({**{f"x{i}": x[:, i] for i in range(12)}, "label": total if number else total > 0})

    return make


def drifting_order(random: Rng, rows: int) -> pl.DataFrame:
    """A class of 0.3 in the first half of the file and 0.6 in the second."""
    frame = honest_few(random, rows)
    return frame.with_columns(label=random.random(rows) < np.where(np.arange(rows) < rows / 2, 0.3, 0.6))


def numbers_of(columns: int, *, hidden: int = 0) -> Frame:
    """Numbers that are independent, or come of a few hidden causes with a little noise."""

    def make(random: Rng, rows: int) -> pl.DataFrame:
        x = random.normal(size=(rows, columns))
        if hidden:
            x = random.normal(size=(rows, hidden)) @ random.normal(size=(hidden, columns)) + 0.1 * x
        return pl.DataFrame({**{f"x{i}": x[:, i] for i in range(columns)}, "label": random.random(rows) < 0.5})

    return make


def measured_twice(random: Rng, rows: int) -> pl.DataFrame:
    """The last tenth are rows of before, measured again with an error of 0.001 standard deviations."""
    frame, few = numbers_of(5)(random, rows), rows // 10
    again = frame.head(few).with_columns(
        (pl.col(f"x{i}") + pl.Series(random.normal(size=few) * 0.001)) for i in range(5)
    )
    return pl.concat([frame.head(rows - few), again])


def dated(drift: float) -> Frame:
    """A day for each row; the label goes with a number, and with a mood that lasts 60 days where it drifts."""

    def make(random: Rng, rows: int) -> pl.DataFrame:
        mood = np.repeat(random.normal(size=rows // 50 + 1), 50)[:rows] * drift
        x = random.normal(size=rows)
        days = [date(2024, 1, 1) + timedelta(days=day) for day in range(rows)]
        return pl.DataFrame({"day": days, "x": x, "label": x + mood + random.normal(size=rows) > 0})

    return make


def grouped(name: str, *, pure: bool) -> Frame:
    """A column of 60 values; its rows have one label each where it is pure."""

    def make(random: Rng, rows: int) -> pl.DataFrame:
        which = random.integers(0, 60, rows)
        frame = honest_few(random, rows).with_columns(pl.Series(name, which))
        return frame.with_columns(label=(random.random(60) < 0.5)[which]) if pure else frame

    return make


def weighted(name: str, mean: float) -> Frame:
    """A positive number of this name and mean."""

    def make(random: Rng, rows: int) -> pl.DataFrame:
        values = random.gamma(4, 1, rows)
        return honest_few(random, rows).with_columns(pl.Series(name, values / values.mean() * mean))

    return make


def keyed(kind: str) -> Frame:
    """Whole numbers: each row its own, or any of as many."""

    def make(random: Rng, rows: int) -> pl.DataFrame:
        key = random.permutation(10 * rows)[:rows] if kind == "own" else random.integers(0, rows, rows)
        return honest_few(random, rows).with_columns(key=key)

    return make


def torn(random: Rng, rows: int) -> pl.DataFrame:
    """Some rows stand there twice, with different labels."""
    frame = numbers_of(5)(random, rows)
    return pl.concat([frame, frame.head(max(1, rows // 50)).with_columns(~pl.col("label"))])


def parts_told_apart(train: int, sealed: int, shift: float, runs: int) -> float:
    """How often the sealed rows are told from train."""
    found = 0
    for seed in range(runs):
        random = np.random.default_rng([seed, train, int(100 * shift)])
        x = random.normal(size=(train + sealed, 10)).astype(np.float32)
        is_test = np.arange(train + sealed) >= train
        x[is_test, 0] += shift
        area, spread = told_apart(x, is_test, np.arange(train + sealed, dtype=np.uint64))
        found += area > 0.5 + max(LEAST, Z * spread)
    return found / runs


def near_copies(runs: int) -> Iterator[tuple[str, str]]:
    """Pairs found among texts and pictures: those planted, and others."""
    random = np.random.default_rng(0)
    lexicon = np.array(["".join(random.choice(list("abcdefghijklmnopqrstuvwxyz"), 6)) for _ in range(2_000)])
    drawn = lexicon[random.integers(0, len(lexicon), (TEXTS, 30))]
    copies = drawn[:runs].copy()
    copies[:, 7] = "changed"
    texts = [" ".join(words) for words in np.concatenate([drawn, copies])]
    yield (
        f"D115   {TEXTS:,} texts of 30 words and {runs} copies with one word changed",
        _pairs(near_texts(texts), TEXTS),
    )
    waves = _pictures(random, 5_000)
    small = np.concatenate([waves, np.clip(waves[:runs].astype(int) + 2, 0, 255).astype(np.uint8)])
    order = np.arange(len(small)).astype(np.uint64)
    yield f"D116   5,000 pictures and {runs} copies a little brighter", _pairs(near_pictures(small, order), 5_000)


def _pictures(random: Rng, count: int) -> np.ndarray:
    """Smooth colour patches: 6 x 6 random colours drawn large."""
    coarse = random.integers(0, 256, (count, 6, 6, 3)).astype(np.float32)
    places = np.linspace(0, 4.999, SIDE)
    low, share = places.astype(int), (places % 1)[:, None, None]
    rows = coarse[:, low] * (1 - share) + coarse[:, low + 1] * share
    share = (places % 1)[:, None]
    drawn = rows[:, :, low] * (1 - share) + rows[:, :, low + 1] * share
    return drawn.astype(np.uint8).reshape(count, -1)


def _pairs(links: np.ndarray, originals: int) -> str:
    planted = sum(1 for a, b in np.sort(links, axis=1) if b - originals == a)
    return f"{planted} found, {len(links) - planted} others"


if __name__ == "__main__":
    main(int((*sys.argv[1:], "100")[0]))
