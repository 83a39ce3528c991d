"""What the rungs on free text share: the sparse matrix they read, and a model on it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from evaluations.core.encoding import Encoded
from evaluations.core.features import Rows
from evaluations.core.recipes.base import Array, EstimatorFitted, Index, TargetScale, apply_estimator

BLOCKS = ("both", "words", "letters")


def columns_of(data: Encoded, block: str) -> slice:
    """Where the words' or the letters' columns stand in the tf-idf matrix."""
    words = data.vocabulary.widths.get("words", 0)
    return {"both": slice(None), "words": slice(0, words), "letters": slice(words, None)}[block]


@dataclass(kw_only=True)
class TextFitted(EstimatorFitted):
    """A scikit-learn estimator on the tf-idf matrix, or on some of its columns; with the table's own columns before it.

    Parameters
    ----------
    chosen : slice or ndarray of int
        Columns of the tf-idf matrix that are read.
    beside : bool
        Whether the dense form of the table's other columns is read too.
    """

    chosen: Any
    beside: bool = False

    def _predict(self, encoded: Rows, source: str | Rows, rows: Index | None) -> Array:
        return self._apply(self.matrix(encoded, rows))

    def matrix(self, encoded: Rows, rows: Index | None = None) -> sp.csr_matrix:
        """What the estimator reads of some rows."""
        return matrix_of(encoded, rows, self.chosen, beside=self.beside, ramps=self.ramps)

    def _state(self) -> dict[str, Any]:
        is_slice = isinstance(self.chosen, slice)
        chosen = [self.chosen.start, self.chosen.stop] if is_slice else self.chosen.tolist()
        return {"chosen": chosen, "is_slice": is_slice, "beside": self.beside}

    @classmethod
    def _from_state(cls, extra: dict[str, Any]) -> dict[str, Any]:
        chosen = slice(*extra["chosen"]) if extra["is_slice"] else np.array(extra["chosen"], dtype=np.intp)
        return {"chosen": chosen, "beside": extra["beside"]}


def matrix_of(encoded: Rows, rows: Index | None, chosen: Any, *, beside: bool, ramps: bool) -> sp.csr_matrix:
    """The tf-idf columns of some rows, behind the dense form where it is wanted."""
    texts = encoded.texts if rows is None else encoded.texts[rows]
    texts = texts[:, chosen]
    if not beside:
        return texts
    return sp.hstack([sp.csr_matrix(encoded.dense(rows, ramps)), texts], format="csr", dtype=np.float32)


def both_texts(data: Encoded) -> tuple[Rows, Array]:
    """Train and validation as rows together, with their labels."""
    parts = [data.part(part) for part in ("train", "validation")]
    tree = np.vstack([part.tree for part in parts])
    texts = sp.vstack([part.texts for part in parts], format="csr")
    return Rows(data.features, tree, texts), np.concatenate([data.y("train"), data.y("validation")])


def guess(estimator: Any, matrix: sp.csr_matrix, data: Encoded, scale: TargetScale) -> Array:
    """Predictions from a sparse matrix."""
    return apply_estimator(estimator, matrix, data, scale)
