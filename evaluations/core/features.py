"""The columns of the matrices: how a value in a file becomes a number in the tree form, and columns of the dense form."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from evaluations.core.errors import EvaluationProblem
from evaluations.core.media import Medium

Matrix = NDArray[np.float32]
Pixels = NDArray[np.uint8]

BLOCK = 50_000  # rows whose dense form exists at a time
STATISTICS_ROWS = 200_000  # rows that scales and deciles are taken from
SHOWN_CATEGORIES = 60  # 0/1 columns of one category in the dense form
TEXT_CATEGORIES = 250  # a text column with more values than this, or mostly different ones, is read as text
CHUNK = 2_048  # pictures or sounds that are in memory at a time
BATCH_CELLS = 20_000_000  # cells of a file that are in memory at a time


@dataclass
class Feature:
    """One column of the tree matrix and how its values are found in a frame."""

    name: str
    source: str
    kind: str  # number, category, one of the date parts, or a figure of a picture or sound
    origin: int = 0  # of "days": the earliest train day, in days since 1970; of a figure: its number
    values: list[str] = field(default_factory=list)  # of a category, by falling frequency
    shown: int = 0  # how many of them have a 0/1 column
    median: float = 0.0
    mean: float = 0.0
    deviation: float = 0.0  # 0: constant in train, left out of the dense form
    edges: list[float] = field(default_factory=list)
    holes: bool = False

    def width(self, ramps: bool) -> int:
        """Its columns in the dense form."""
        if self.kind == "category":
            return self.shown
        if self.deviation == 0:
            return 0
        return 1 + self.holes + (len(self.edges) - 1 if ramps and len(self.edges) > 3 else 0)


class Columns:
    """The columns of a Parquet file, read a few at a time: one scan each is slow, all at once is large."""

    def __init__(self, path: Path) -> None:
        scan = pl.scan_parquet(path)
        self._path = path
        self.schema: dict[str, pl.DataType] = dict(scan.collect_schema())
        self.height = int(scan.select(pl.len()).collect().item())
        # a frame makes a list of its columns each time it is asked for one
        self._held: dict[str, pl.Series] = {}

    def __getitem__(self, name: str) -> pl.Series:
        if name not in self._held:
            names = [each for each, dtype in self.schema.items() if dtype != pl.Binary]
            first = names.index(name)
            batch = names[first : first + max(1, BATCH_CELLS // max(1, self.height))]
            self._held = {cells.name: cells for cells in pl.read_parquet(self._path, columns=batch, glob=False)}
        return self._held[name]

    def chunks(self, name: str) -> Iterator[pl.Series]:
        """One column some rows at a time: pictures are large."""
        scan = pl.scan_parquet(self._path).select(name)
        for start in range(0, self.height, CHUNK):
            yield scan.slice(start, CHUNK).collect().to_series()

    def counts(self, name: str) -> list[tuple[str, int]]:
        """Values and their counts, commonest first, equal counts by value."""
        counts = self[name].cast(pl.String).drop_nulls().value_counts()
        return [(v, int(c)) for v, c in sorted(counts.iter_rows(), key=lambda row: (-row[1], row[0]))]


class Rows:
    """Encoded rows of one part or one file: what a model predicts from."""

    def __init__(
        self, features: Sequence[Feature], tree: Matrix, texts: Any = None, pixels: Pixels | None = None
    ) -> None:
        self.features = features
        self.tree = tree
        self.texts = texts  # sparse, where a column is free text
        self.pixels = pixels  # of shape (n, side, side, channels), where a column holds pictures

    def __len__(self) -> int:
        return len(self.tree)

    def dense(self, rows: NDArray[np.intp] | None = None, ramps: bool = True) -> Matrix:
        """The dense form of the named rows, or of all; filled 50,000 rows at a time."""
        index = np.arange(len(self)) if rows is None else rows
        out = np.empty((len(index), sum(f.width(ramps) for f in self.features)), np.float32)
        for start in range(0, len(index), BLOCK):
            self._fill(out[start : start + BLOCK], self.tree[index[start : start + BLOCK]], ramps)
        return out

    def blocks(self, rows: NDArray[np.intp] | None = None, ramps: bool = True) -> Iterator[Matrix]:
        """The dense form, 50,000 rows at a time."""
        index = np.arange(len(self)) if rows is None else rows
        for start in range(0, len(index), BLOCK):
            yield self.dense(index[start : start + BLOCK], ramps)

    def _fill(self, out: Matrix, tree: Matrix, ramps: bool) -> None:
        at = 0
        for j, feature in enumerate(self.features):
            width = feature.width(ramps)
            if width:
                _fill_feature(out[:, at : at + width], tree[:, j], feature)
                at += width


@dataclass
class Plan:
    """Which columns of the matrices there will be, and what is read as text, pictures or sounds."""

    features: list[Feature]
    texts: list[str]
    media: list[Medium]


def fit_features(train: Columns, columns: Sequence[Mapping[str, str]]) -> Plan:
    """Which matrix columns there will be: numbers first, then categories. Their statistics follow while writing."""
    numbers: list[Feature] = []
    categories: list[Feature] = []
    texts: list[str] = []
    media: list[Medium] = []
    for column in columns:
        name, kind = column["name"], column["kind"]
        if name not in train.schema:
            raise EvaluationProblem(f"Column '{name}' isn't in the train part.")
        if kind in ("number", "boolean"):
            numbers.append(Feature(name, name, "number"))
        elif kind in ("picture", "sound"):
            medium = Medium.fit(name, kind, next(train.chunks(name)))
            media.append(medium)
            numbers += [Feature(f"{name} figure {i + 1}", name, kind, i) for i in range(medium.width)]
        elif kind == "date":
            numbers += _date_features(name, train)
        elif kind in ("category", "text"):
            counts = train.counts(name)
            if kind == "text" and len(counts) > min(TEXT_CATEGORIES, max(2, train.height // 5)):
                texts.append(name)
                continue
            shown = min(SHOWN_CATEGORIES, sum(c >= (10 if train.height > 2000 else 3) for _, c in counts))
            categories.append(Feature(name, name, "category", values=[v for v, _ in counts], shown=shown))
    if not numbers and not categories and not texts:
        raise EvaluationProblem("No column is left to learn from; keep at least one besides the target.")
    return Plan(numbers + categories, texts, media)


def write_media(tree: Matrix, features: Sequence[Feature], media: Sequence[Medium], frame: Columns) -> Pixels | None:
    """Fill the columns of pictures and sounds; the pixels of the first column of pictures come back."""
    tensor: Pixels | None = None
    for medium in media:
        first = next(j for j, feature in enumerate(features) if feature.source == medium.source)
        at = 0
        wanted = medium.kind == "picture" and tensor is None
        if wanted:
            tensor = np.empty((frame.height, medium.side, medium.side, medium.channels), np.uint8)
        for cells in frame.chunks(medium.source):
            figures, seen = medium.numbers(cells)
            tree[at : at + len(cells), first : first + medium.width] = figures
            if wanted and tensor is not None and seen is not None:
                tensor[at : at + len(cells)] = seen
            at += len(cells)
    return tensor


def _date_features(name: str, train: Columns) -> list[Feature]:
    days = _date_part(train[name], "days", 0)
    origin = int(np.nanmin(days)) if np.isfinite(days).any() else 0
    kinds = ["days", "year", "month", "day", "weekday"] + (
        ["hour"] if isinstance(train.schema[name], pl.Datetime | pl.String) else []
    )
    return [Feature(f"{name} ({kind})", name, kind, origin) for kind in kinds]


def write_tree(tree: Matrix, features: Sequence[Feature], frame: Columns, fit: bool = False) -> None:
    """Fill a code matrix column by column; the train rows also give each number its scale and deciles."""
    for j, feature in enumerate(features):
        if feature.kind in ("picture", "sound"):  # filled by `write_media`
            if fit:
                _fit_number(feature, np.array(tree[:, j]))
            continue
        series = frame[feature.source]
        if feature.kind == "category":
            codes = {value: float(i) for i, value in enumerate(feature.values)}
            text = series.cast(pl.String)
            tree[:, j] = text.replace_strict(codes, default=None, return_dtype=pl.Float32).to_numpy()
            continue
        values = _number(series) if feature.kind == "number" else _date_part(series, feature.kind, feature.origin)
        if fit:
            _fit_number(feature, values)
        tree[:, j] = values


def _number(series: pl.Series) -> Matrix:
    # a copy, since polars may lend its own memory read-only
    values = series.cast(pl.Float64, strict=False).to_numpy().astype(np.float32)
    values[~np.isfinite(values)] = np.nan
    return values


def _date_part(series: pl.Series, kind: str, origin: int) -> Matrix:
    if series.dtype == pl.String:
        series = series.str.to_datetime(strict=False)
    moment = series.cast(pl.Datetime("us"), strict=False)
    if kind == "days":
        elapsed = moment.to_physical().cast(pl.Float64) / 86_400e6 - origin
        return elapsed.to_numpy().astype(np.float32)
    calendar = moment.dt
    parts = {"year": calendar.year, "month": calendar.month, "day": calendar.day, "weekday": calendar.weekday}
    part = {**parts, "hour": calendar.hour}[kind]
    return part().cast(pl.Float32).to_numpy().astype(np.float32)


def _fit_number(feature: Feature, values: Matrix) -> None:
    sample = values[:: max(1, len(values) // STATISTICS_ROWS)].astype(np.float64)
    known = sample[~np.isnan(sample)]
    if not len(known) or known.std() == 0:
        return
    feature.median = float(np.median(known))
    feature.mean, feature.deviation = float(known.mean()), float(known.std())
    filled = np.where(np.isnan(sample), feature.median, sample)
    inner = np.quantile(filled, np.arange(1, 10) / 10)
    edges = np.unique(np.concatenate([[known.min()], inner, [known.max()]]).astype(np.float32))
    feature.edges = [float(e) for e in edges]
    feature.holes = len(known) < len(sample)


def _fill_feature(out: Matrix, codes: Matrix, feature: Feature) -> None:
    if feature.kind == "category":
        np.equal(codes[:, None], np.arange(feature.shown, dtype=np.float32), out=out, casting="unsafe")
        return
    missing = np.isnan(codes)
    value = np.where(missing, np.float32(feature.median), codes)
    out[:, 0] = np.clip((value - np.float32(feature.mean)) / np.float32(feature.deviation), -8, 8)
    at = 1
    if feature.holes:
        out[:, 1] = missing
        at = 2
    if out.shape[1] > at:
        edges = np.array(feature.edges, dtype=np.float32)
        np.clip((value[:, None] - edges[:-1]) / np.diff(edges), 0, 1, out=out[:, at:])
