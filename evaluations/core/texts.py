"""Free text as numbers: tf-idf of words and word pairs, and of the letters inside words, fitted on train only."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer

STATE, WEIGHTS = "texts.json", "texts.npz"
# words miss languages and spellings, letters miss meaning: always both
SETTINGS: dict[str, dict[str, object]] = {
    "words": {"ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b", "max_features": 100_000},
    "letters": {"analyzer": "char_wb", "ngram_range": (2, 4), "max_features": 50_000},
}
FIT_ROWS = 200_000  # rows that the vocabulary is taken from
LONGEST = 20_000  # characters of a text that are read


class Texts:
    """The vocabulary of some text columns, read as one text a row.

    Parameters
    ----------
    columns : list of str
    vectorizers : dict of "words" and "letters" to TfidfVectorizer
        Those that found anything in train.
    """

    def __init__(self, columns: list[str], vectorizers: dict[str, TfidfVectorizer]) -> None:
        self.columns = columns
        self.vectorizers = vectorizers

    @classmethod
    def fit(cls, columns: Sequence[str], cells: Sequence[pl.Series]) -> "Texts":
        """Learn the vocabulary of the train rows."""
        texts = _joined(cells)[:FIT_ROWS]
        vectorizers = {}
        for name, settings in SETTINGS.items():
            vectorizer = _vectorizer(settings, rows=len(texts))
            try:
                vectorizers[name] = vectorizer.fit(texts)
            except ValueError:  # nothing is left after rare ones are cut
                continue
        return cls(list(columns), vectorizers)

    @property
    def widths(self) -> dict[str, int]:
        """How many columns each vocabulary has."""
        return {name: len(vectorizer.vocabulary_) for name, vectorizer in self.vectorizers.items()}

    def transform(self, cells: Sequence[pl.Series]) -> sp.csr_matrix:
        """One sparse row a text: the words' columns, then the letters'."""
        texts = _joined(cells)
        blocks = [vectorizer.transform(texts) for vectorizer in self.vectorizers.values()]
        return (
            sp.hstack(blocks, format="csr", dtype=np.float32)
            if blocks
            else sp.csr_matrix((len(texts), 0), dtype=np.float32)
        )

    def save(self, folder: Path) -> None:
        """Write vocabulary and weights."""
        words = {name: list(vectorizer.get_feature_names_out()) for name, vectorizer in self.vectorizers.items()}
        (folder / STATE).write_text(json.dumps({"columns": self.columns, "vocabulary": words}), encoding="utf-8")
        np.savez(folder / WEIGHTS, **{name: vectorizer.idf_ for name, vectorizer in self.vectorizers.items()})

    @classmethod
    def load(cls, folder: Path) -> "Texts":
        """Read what `save` wrote."""
        state = json.loads((folder / STATE).read_text(encoding="utf-8"))
        vectorizers = {}
        with np.load(folder / WEIGHTS, allow_pickle=False) as weights:
            for name, words in state["vocabulary"].items():
                vectorizer = _vectorizer(SETTINGS[name] | {"vocabulary": {word: i for i, word in enumerate(words)}})
                vectorizer.idf_ = weights[name]
                vectorizers[name] = vectorizer
        return cls(state["columns"], vectorizers)


def _vectorizer(settings: dict[str, object], rows: int = 0) -> TfidfVectorizer:
    return TfidfVectorizer(sublinear_tf=True, min_df=2 if rows > 20 else 1, dtype=np.float32, **settings)


def _joined(cells: Sequence[pl.Series]) -> list[str]:
    texts = pl.DataFrame([c.cast(pl.String).str.slice(0, LONGEST).alias(str(i)) for i, c in enumerate(cells)])
    return texts.select(pl.concat_str(pl.all(), separator="\n", ignore_nulls=True)).to_series().to_list()
