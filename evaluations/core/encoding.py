"""Train rows -> encoder -> float32 matrices, written once per sealed version and mapped read-only by every rung.

Trees read codes: numbers as they are, categories by falling frequency in train, missing and unseen values as NaN. The
linear model and the network read a dense form, made only for the rows in use: scaled numbers with flags for missing
ones, each number also as ten straight pieces between its deciles ("ramps"), and the commonest categories as 0/1. Free
text becomes a sparse tf-idf matrix. Pictures and sounds become figures, which are numbers like any other, and pictures
small tensors besides.
"""

import json
import shutil
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from dlstart_web.kit.say import say
from evaluations.core.errors import EvaluationProblem
from evaluations.core.features import Columns, Feature, Matrix, Pixels, Rows, fit_features, write_media, write_tree
from evaluations.core.media import Medium
from evaluations.core.texts import Texts

NATIVE_CATEGORIES = 250  # up to here a booster may split a category by sets of values
DENSE_BYTES = 600_000_000  # what one dense matrix may take
WIDEST_WITH_RAMPS = 5_000
STATE = "encoder.json"


class Encoded:
    """The matrices of one sealed version. Labels exist for train and validation only.

    Examples
    --------
    >>> data = Encoded.open(folder)  # doctest: +SKIP
    >>> data.tree("train").shape, data.y("validation").shape  # doctest: +SKIP
    """

    def __init__(self, folder: Path, state: dict[str, Any]) -> None:
        self.folder = folder
        self.task: str = state["task"]
        self.classes: list[str] | None = state["classes"]
        self.notes: list[str] = state["notes"]
        self.features = [Feature(**f) for f in state["features"]]
        self.media = [Medium(**m) for m in state["media"]]
        self.text_columns: list[str] = state["texts"]
        self._rows: dict[str, int] = state["rows"]

    @classmethod
    def open(cls, folder: Path) -> "Encoded":
        """Map what `encode` wrote."""
        try:
            state = json.loads((folder / STATE).read_text(encoding="utf-8"))
        except FileNotFoundError as problem:
            raise EvaluationProblem(say("The data isn't encoded yet; run the ladder again.")) from problem
        return cls(folder, state)

    @property
    def parts(self) -> list[str]:
        """The parts that were encoded."""
        return list(self._rows)

    @property
    def categories(self) -> list[int]:
        """Columns of the tree matrix that hold category codes."""
        return [j for j, f in enumerate(self.features) if f.kind == "category"]

    @property
    def native(self) -> list[int]:
        """Category columns with few enough values for a booster to split them by sets."""
        return [j for j in self.categories if len(self.features[j].values) <= NATIVE_CATEGORIES]

    def rows(self, part: str) -> int:
        """Number of rows of a part."""
        return self._rows[part]

    def tree(self, part: str) -> Matrix:
        """The code matrix of a part, mapped read-only."""
        if part not in self._rows:
            raise EvaluationProblem(
                say("There is no part '{part}'; there are {rows}.", part=part, rows=", ".join(self._rows))
            )
        if not self.features:
            return np.empty((self._rows[part], 0), np.float32)
        matrix: Matrix = np.load(self.folder / f"tree_{part}.npy", mmap_mode="r")
        return matrix

    def texts(self, part: str) -> sp.csr_matrix:
        """The tf-idf matrix of a part: the words' columns, then the letters'."""
        return sp.load_npz(self.folder / f"texts_{part}.npz")

    def pixels(self, part: str) -> Pixels:
        """The pictures of a part, of shape (n, side, side, channels), mapped read-only."""
        tensor: Pixels = np.load(self.folder / f"pixels_{part}.npy", mmap_mode="r")
        return tensor

    @property
    def has_pictures(self) -> bool:
        """Whether a column holds pictures."""
        return any(medium.kind == "picture" for medium in self.media)

    @property
    def vocabulary(self) -> Texts:
        """How texts become numbers."""
        return Texts.load(self.folder)

    def y(self, part: str) -> NDArray[np.float64]:
        """Labels of train or validation: class codes, or numbers. No others are here."""
        if part not in ("train", "validation"):
            raise EvaluationProblem(say("The labels of '{part}' are sealed.", part=part))
        y: NDArray[np.float64] = np.load(self.folder / f"y_{part}.npy")
        return y

    def part(self, part: str) -> Rows:
        """A part as rows to predict from."""
        texts = self.texts(part) if self.text_columns else None
        return Rows(self.features, self.tree(part), texts, self.pixels(part) if self.has_pictures else None)

    def altered(self, part: str, rows: NDArray[np.intp], tree: Matrix) -> Rows:
        """Some rows of a part with another code matrix; their texts and pictures stay as they are."""
        whole = self.part(part)
        texts = None if whole.texts is None else whole.texts[rows]
        return Rows(self.features, tree, texts, None if whole.pixels is None else whole.pixels[rows])

    def dense(self, part: str, rows: NDArray[np.intp] | None = None, ramps: bool = True) -> Matrix:
        """The dense form of a part or of some of its rows."""
        return self.part(part).dense(rows, ramps)

    def transform(self, frame: Path) -> Rows:
        """Encode the rows of another Parquet file with the same columns, in its order."""
        columns = Columns(frame)
        missing = sorted({*(f.source for f in self.features), *self.text_columns} - set(columns.schema))
        if missing:
            raise EvaluationProblem(
                say("The file lacks the columns {missing} that the model was fitted on.", missing=", ".join(missing))
            )
        tree = np.empty((columns.height, len(self.features)), np.float32)
        pixels = write_media(tree, self.features, self.media, columns)
        write_tree(tree, self.features, columns)
        cells = [columns[name] for name in self.text_columns]
        return Rows(self.features, tree, self.vocabulary.transform(cells) if cells else None, pixels)

    def ramps_fit(self) -> bool:
        """Whether the dense form with ramps stays narrow enough to use; figures of media go without."""
        return not self.media and sum(f.width(True) for f in self.features) <= WIDEST_WITH_RAMPS

    def affordable(self, rows: int, ramps: bool) -> int:
        """At most this many rows may be made dense at once."""
        width = max(1, sum(f.width(ramps) for f in self.features))
        return int(min(rows, max(500, DENSE_BYTES // (4 * width))))

    def means(self, source: str | Rows, seed: int = 0, weight: float = 10) -> Matrix:
        """The code matrix with each category replaced by target means: out-of-fold on train, of all train elsewhere.

        Parameters
        ----------
        source : str or Rows
            A part's name or encoded rows.
        seed : int
            Of the five folds.
        weight : float
            Rows that the overall mean counts for.

        Returns
        -------
        ndarray of shape (n_rows, n_numbers + n_categories * n_means)
            One mean per category and class (all but the first); one per category in regression.
        """
        y = self.y("train")
        if self.task == "regression":
            targets = y[:, None]
        else:
            targets = (y[:, None] == np.arange(1, max(len(self.classes or ()), 2))).astype(np.float64)
        train = self.tree("train")
        wanted = self.tree(source) if isinstance(source, str) else source.tree
        fold = np.random.default_rng(seed).integers(0, 5, len(train)) if source == "train" else None
        columns = [wanted[:, [j for j in range(len(self.features)) if j not in self.categories]]]
        for j in self.categories:
            size = len(self.features[j].values) + 1
            seen, asked = _slots(train[:, j], size), _slots(wanted[:, j], size)
            if fold is None:
                columns.append(_target_means(seen, targets, size, weight)[asked])
                continue
            out = np.empty((len(asked), targets.shape[1]), np.float32)
            for k in range(5):
                inside = fold == k
                out[inside] = _target_means(seen[~inside], targets[~inside], size, weight)[asked[inside]]
            columns.append(out)
        return np.hstack(columns).astype(np.float32, copy=False)


class SomeTrain(Encoded):
    """The same encoder and validation with some of the train rows only: what a curve over data sizes is fitted on."""

    def __init__(self, whole: Encoded, rows: NDArray[np.intp]) -> None:
        self.__dict__.update(whole.__dict__)
        self._rows = whole._rows | {"train": len(rows)}
        self._train = rows

    def tree(self, part: str) -> Matrix:
        return super().tree(part)[self._train] if part == "train" and self.features else super().tree(part)

    def texts(self, part: str) -> sp.csr_matrix:
        return super().texts(part)[self._train] if part == "train" else super().texts(part)

    def pixels(self, part: str) -> Pixels:
        return super().pixels(part)[self._train] if part == "train" else super().pixels(part)

    def y(self, part: str) -> NDArray[np.float64]:
        return super().y(part)[self._train] if part == "train" else super().y(part)


def encode(
    *,
    train: Path,
    validation: Path,
    sealed: Mapping[str, Path],
    target: str,
    task: str,
    columns: Sequence[Mapping[str, str]],
    classes: Sequence[str] | None,
    out: Path,
) -> None:
    """Fit the encoder on train and write every part's matrices to the folder `out`, whole or not at all.

    Parameters
    ----------
    train, validation : Path
        Parquet files with features and target.
    sealed : mapping of str to Path
        Feature-only Parquet files: "checkpoint" and "final", or "final" alone.
    target, task : str
        The label column; binary, multiclass or regression.
    columns : sequence of {"name", "kind"}
        The features; kinds number, category, text, date, boolean, picture, sound. Others and the target are passed over.
    classes : sequence of str or None
        The class labels in the order of their codes; None for regression.
    out : Path
        Must not exist, or is replaced.

    Raises
    ------
    EvaluationProblem
        If no feature is left, or a label is missing or unknown.
    """
    if task != "regression" and not classes:
        raise EvaluationProblem(say("A {task} task needs its class labels.", task=task))
    parts = {part: Columns(path) for part, path in {"train": train, "validation": validation, **sealed}.items()}
    plan = fit_features(parts["train"], [c for c in columns if c["name"] != target])
    features = plan.features
    work = out.with_name(f".{out.name}.{uuid.uuid4().hex}")
    work.mkdir(parents=True)
    try:
        vocabulary = Texts.fit(plan.texts, [parts["train"][name] for name in plan.texts]) if plan.texts else None
        for part, frame in parts.items():
            shape = (frame.height, len(features))
            if features:  # nothing cannot be mapped
                tree = np.lib.format.open_memmap(work / f"tree_{part}.npy", mode="w+", dtype=np.float32, shape=shape)
                pixels = write_media(tree, features, plan.media, frame)
                write_tree(tree, features, frame, fit=part == "train")
                tree.flush()
                del tree
                if pixels is not None:
                    np.save(work / f"pixels_{part}.npy", pixels)
            if vocabulary:
                sp.save_npz(work / f"texts_{part}.npz", vocabulary.transform([frame[name] for name in plan.texts]))
        if vocabulary:
            vocabulary.save(work)
        for part in ("train", "validation"):
            np.save(work / f"y_{part}.npy", _labels(parts[part], target, task, classes))
        state = {
            "task": task,
            "classes": None if classes is None else list(classes),
            "notes": [medium.note for medium in plan.media],
            "texts": plan.texts,
            "media": [medium.as_dict() for medium in plan.media],
            "rows": {part: frame.height for part, frame in parts.items()},
            "features": [vars(f) for f in features],
        }
        (work / STATE).write_text(json.dumps(state), encoding="utf-8")
        if out.exists():
            shutil.rmtree(out)
        work.rename(out)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _labels(frame: Columns, target: str, task: str, classes: Sequence[str] | None) -> NDArray[np.float64]:
    series = frame[target]
    if task == "regression":
        y = series.cast(pl.Float64, strict=False).to_numpy().astype(np.float64)
        if not np.isfinite(y).all():
            raise EvaluationProblem(say("Some rows have no number in the target '{target}'.", target=target))
        return y
    codes = {label: float(i) for i, label in enumerate(classes or ())}
    coded = series.cast(pl.String).replace_strict(codes, default=None, return_dtype=pl.Float64)
    if coded.null_count():
        unknown = series.filter(coded.is_null()).cast(pl.String).unique().to_list()
        raise EvaluationProblem(
            say(
                "The target '{target}' holds labels that aren't among its classes: {unknown}.",
                target=target,
                unknown=unknown[:5],
            )
        )
    y = coded.to_numpy().astype(np.float64)
    return y


def _slots(codes: Matrix, size: int) -> NDArray[np.intp]:
    """Codes as places in a table; missing and unseen share the last."""
    return np.where(np.isnan(codes), size - 1, codes).astype(np.intp)


def _target_means(slots: NDArray[np.intp], targets: NDArray[np.float64], size: int, weight: float) -> Matrix:
    prior = targets.mean(axis=0)
    sums = np.stack([np.bincount(slots, column, size) for column in targets.T], axis=1)
    means = (sums + weight * prior) / (np.bincount(slots, minlength=size)[:, None] + weight)
    return np.asarray(means, dtype=np.float32)
