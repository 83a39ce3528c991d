"""Broken and hostile files: a clear refusal with place, limit and next step, and nothing left behind."""

import json
import pickle
from pathlib import Path

import pytest

from datasets.core.errors import NOTHING_STORED, REJECTIONS, DataProblem
from datasets.core.limits import Limits
from datasets.core.readers import read_table
from tests.datasets.core.tables import read
from tests.datasets.hostile import media
from tests.datasets.hostile.clear import lacks
from tests.datasets.hostile.tables import ACCEPTED, GOOD, OVER_A_LIMIT, REFUSED, SMALL, TEXT_BOMB


@pytest.mark.parametrize("name", REFUSED)
def test_broken_file_is_refused_in_words_and_leaves_nothing(tmp_path, name):
    content, code, status, words = REFUSED[name]
    out = tmp_path / "out"
    out.mkdir()
    source = tmp_path / "upload.csv"
    source.write_bytes(content)

    with pytest.raises(DataProblem) as refused:
        read_table(source, file_name="upload.csv", out=out / "table.parquet", limits=Limits())

    problem = refused.value
    assert (problem.code, problem.status) == (code, status)
    assert words in problem.message
    assert str(problem).endswith(NOTHING_STORED)
    assert lacks(problem.as_dict(), status) == []
    assert list(out.iterdir()) == []
    assert json.dumps(problem.as_dict())
    assert not Path("marker").exists()  # that an unpickled file would leave


@pytest.mark.parametrize("name", OVER_A_LIMIT)
def test_file_over_a_limit_names_the_limit(tmp_path, name):
    content, code, words = OVER_A_LIMIT[name]

    with pytest.raises(DataProblem) as refused:
        read(tmp_path, content, SMALL)

    assert (refused.value.code, refused.value.status) == (code, 413)
    assert words in refused.value.message
    assert lacks(refused.value.as_dict(), 413) == []
    assert not (tmp_path / "table.parquet").exists()


@pytest.mark.parametrize("name", ACCEPTED)
def test_odd_and_good_files_are_read_and_the_oddness_said(tmp_path, name):
    content, count, codes = ACCEPTED[name]

    table = read(tmp_path, content)

    assert (table.rows, [finding.code for finding in table.findings]) == (count, codes)
    assert not Path("marker").exists()


def test_parquet_that_unpacks_too_far_is_refused_while_it_unpacks(tmp_path):
    limits = Limits(parquet_unpacked=60_000)
    assert len(TEXT_BOMB) < 20_000

    with pytest.raises(DataProblem) as refused:
        read(tmp_path, TEXT_BOMB, limits)

    assert (refused.value.code, refused.value.status, refused.value.limit) == ("UNPACKED_TOO_LARGE", 413, 60_000)


def test_a_good_file_is_read_after_a_broken_one(tmp_path):
    with pytest.raises(DataProblem):
        read(tmp_path, REFUSED["quote never closed"][0])

    assert read(tmp_path, GOOD).rows == 60


def test_a_problem_survives_a_process_border():
    problem = DataProblem("NO_ROWS", "No rows.", 422, where="line 1", limit=1, found=0, next="Add rows.")

    copy = pickle.loads(pickle.dumps(problem))

    assert (copy.as_dict(), copy.status, str(copy)) == (problem.as_dict(), 422, "No rows. Add rows.")


def test_every_reading_code_of_the_table_is_met_by_a_file():
    met = {code for _, code, *_ in (*REFUSED.values(), *OVER_A_LIMIT.values())} | {"UNPACKED_TOO_LARGE"}
    of_the_split = {
        "NO_SUCH_COLUMN", "NO_FEATURES", "SAME_COLUMN", "NO_LABELS", "ONE_CLASS", "NOT_TWO_CLASSES", "CLASS_TOO_SMALL",
        "TOO_MANY_CLASSES", "LABEL_TOO_LONG", "TARGET_NOT_A_NUMBER", "TIME_NOT_A_TIME", "TOO_FEW_TIMES", "KIND_DOES_NOT_FIT",
        "NO_HEADER", "NO_SUCH_SHEET", "SEALED_MEANWHILE",
        "TOO_FEW_GROUPS",
    }  # fmt: skip
    of_the_upload = {"DISK_FULL", "OTHER_HASH"}
    of_predictions = {
        "CLASS_UNKNOWN", "IDS_MISSING", "ID_TWICE", "ID_UNKNOWN", "PREDICTION_COLUMNS", "PREDICTION_MISSING", "SCORE_RANGE",
        "SCORES_MISSING"
    }  # fmt: skip
    of_fresh_sets = {"COLUMNS_MISSING", "NOTHING_FRESH", "DATA_REMOVED"}
    of_archives = {code for _, code, *_ in media.REFUSED.values()}

    assert set(REJECTIONS) - met - of_the_split - of_the_upload - of_predictions - of_fresh_sets - of_archives == {
        "UNREADABLE"
    }
