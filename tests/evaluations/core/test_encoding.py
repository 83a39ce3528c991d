import numpy as np
import polars as pl
import pytest

from evaluations.core import features
from evaluations.core.encoding import Encoded, encode
from evaluations.core.errors import EvaluationProblem
from tests.evaluations.core.tables import make_encoded, make_frame, make_parts


def _encode(folder, train, **kwargs):
    train.write_parquet(folder / "train.parquet")
    settings = {
        "train": folder / "train.parquet",
        "validation": folder / "train.parquet",
        "sealed": {},
        "target": "y",
        "task": "regression",
        "columns": [{"name": name, "kind": "number"} for name in train.columns],
        "classes": None,
        "out": folder / "encoded",
    }
    encode(**(settings | kwargs))
    return Encoded.open(folder / "encoded")


def test_tree_codes_categories_by_train_frequency_and_leaves_unseen_ones_missing(tmp_path):
    train = pl.DataFrame({"c": ["b", "b", "a", "c", "a", "b", None], "y": [0.0, 1, 0, 1, 0, 1, 0]})
    data = _encode(tmp_path, train, columns=[{"name": "c", "kind": "category"}])
    later = pl.DataFrame({"c": ["c", "new", "b", None]})
    later.write_parquet(tmp_path / "later.parquet")

    codes = data.transform(tmp_path / "later.parquet").tree

    np.testing.assert_array_equal(data.tree("train")[:, 0], [0, 0, 1, 2, 1, 0, np.nan])
    np.testing.assert_array_equal(codes[:, 0], [2, np.nan, 0, np.nan])


def test_dense_scales_flags_holes_and_ramps_between_deciles(tmp_path):
    values = [float(v) for v in range(11)]
    train = pl.DataFrame({"x": [*values, None], "y": [0.0] * 12})
    data = _encode(tmp_path, train)

    dense = data.dense("train")

    assert dense.dtype == np.float32
    assert (dense[5, 0], dense[11, 0]) == (0.0, 0.0)  # the median, and a hole filled with it
    np.testing.assert_array_equal(dense[:, 1], [0] * 11 + [1])
    ramps = dense[:, 2:]
    assert ramps.shape[1] == len(data.features[0].edges) - 1
    np.testing.assert_array_equal(ramps[0], np.zeros(ramps.shape[1]))
    np.testing.assert_array_equal(ramps[10], np.ones(ramps.shape[1]))
    assert data.dense("train", ramps=False).shape == (12, 2)


def test_dense_is_the_same_in_blocks_and_for_some_rows(tmp_path, monkeypatch):
    data = make_encoded(tmp_path, "binary")
    whole = data.dense("train")
    monkeypatch.setattr(features, "BLOCK", 7)
    rows = np.array([3, 200, 5])

    np.testing.assert_array_equal(data.dense("train"), whole)
    np.testing.assert_array_equal(data.dense("train", rows), whole[rows])
    np.testing.assert_array_equal(np.concatenate(list(data.part("train").blocks())), whole)


def test_fitting_reads_train_alone(tmp_path):
    data = make_encoded(tmp_path, "binary")
    train = pl.read_parquet(tmp_path / "train.parquet")

    assert data.features[0].mean == pytest.approx(train["size"].cast(pl.Float32).mean(), abs=1e-6)
    assert (data.rows("train"), data.rows("checkpoint")) == (360, 60)
    assert data.parts == ["train", "validation", "checkpoint", "final"]


def test_matrices_are_read_only(tmp_path):
    tree = make_encoded(tmp_path, "binary").tree("train")

    with pytest.raises(ValueError, match="read-only"):
        tree[0, 0] = 1


@pytest.mark.parametrize("part", ["checkpoint", "final", "holdout"])
def test_there_are_no_sealed_labels(tmp_path, part):
    data = make_encoded(tmp_path, "binary")

    with pytest.raises(EvaluationProblem, match="sealed"):
        data.y(part)

    assert not list((tmp_path / "encoded").glob("y_[cf]*"))


def test_a_date_becomes_elapsed_days_and_calendar_numbers(tmp_path):
    moments = ["2024-02-28 06:00:00", "2024-03-01 18:00:00"]
    train = pl.DataFrame({"t": pl.Series(moments).str.to_datetime(), "y": [1.0, 2.0]})
    data = _encode(tmp_path, train, columns=[{"name": "t", "kind": "date"}])

    assert [f.name for f in data.features] == [
        f"t ({part})" for part in ("days", "year", "month", "day", "weekday", "hour")
    ]
    np.testing.assert_allclose(data.tree("train"), [[0.25, 2024, 2, 28, 3, 6], [2.75, 2024, 3, 1, 5, 18]])


def test_free_text_is_read_as_text_and_few_texts_are_a_category(tmp_path):
    data = make_encoded(tmp_path, "binary")

    assert "comment" not in [f.source for f in data.features]
    assert data.text_columns == ["comment"]
    assert data.texts("train").shape == (360, sum(data.vocabulary.widths.values()))

    train = pl.DataFrame({"c": ["fine", "bad"] * 10, "y": [0.0, 1.0] * 10})
    (tmp_path / "few").mkdir()
    assert _encode(tmp_path / "few", train, columns=[{"name": "c", "kind": "text"}]).categories == [0]


def test_target_means_on_train_are_out_of_fold(tmp_path):
    train = pl.DataFrame({"c": [f"v{i}" for i in range(50)], "y": [float(i % 2) for i in range(50)]})
    data = _encode(tmp_path, train, columns=[{"name": "c", "kind": "category"}])

    own, elsewhere = data.means("train")[:, 0], data.means("validation")[:, 0]

    # every value occurs once: its own row's target can't show on train, but does elsewhere (weight 10 of the mean .5)
    assert set(own[train["y"].to_numpy() == 1]) == set(own)
    np.testing.assert_allclose(np.unique(elsewhere), [5 / 11, 6 / 11], rtol=1e-6)


def test_transform_names_missing_columns(tmp_path):
    data = make_encoded(tmp_path, "binary")
    make_frame(3, "binary", 9).drop("size", "used").write_parquet(tmp_path / "short.parquet")

    with pytest.raises(EvaluationProblem, match="lacks the columns size, used"):
        data.transform(tmp_path / "short.parquet")


def test_a_failed_encode_leaves_nothing_behind(tmp_path):
    paths = make_parts(tmp_path, "binary")

    with pytest.raises(EvaluationProblem, match=r"aren't among its classes: \['yes'\]"):
        encode(
            train=paths["train"], validation=paths["validation"], sealed={}, target="target", task="binary",
            columns=[{"name": "size", "kind": "number"}], classes=["no"], out=tmp_path / "encoded",
        )  # fmt: skip

    assert sorted(p.name for p in tmp_path.iterdir()) == [f"{p}.parquet" for p in sorted(paths)]
