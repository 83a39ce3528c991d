"""What is said of a worker's progress: from marks of the work itself, and no estimate before there is one."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from django.urls import reverse
from django.utils import timezone

from datasets import services
from datasets.core.divide import divide
from datasets.core.limits import Limits
from datasets.core.readers.watch import Watch
from datasets.core.split import Design
from datasets.core.stages import STEPS, step_words, within
from datasets.limited.read import read as read_table
from datasets.models import Ingestion
from datasets.selectors import ingestion_seen, ingestion_words
from dlstart_web.kit.jobs import JobState, expected_end
from tests.factories import make_csv, make_project

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_expected_end_is_the_rate_so_far_carried_on():
    began = NOW - timedelta(seconds=30)

    assert expected_end(began, 0.75, NOW) == NOW + timedelta(seconds=10)
    assert expected_end(began, 1.0, NOW) == NOW
    assert expected_end(began, 0.04, NOW) is None


def test_words_name_the_step_the_share_and_what_is_left():
    job = Ingestion(stage="read", progress=0.419, ends_at=NOW + timedelta(seconds=19))

    assert ingestion_words(job, NOW) == "reading, 41%, about 20 s left"
    assert ingestion_words(job, NOW + timedelta(seconds=15)) == "reading, 41%, a few seconds left"
    assert ingestion_words(job, NOW + timedelta(seconds=60)) == "reading, 41%, longer than expected"
    assert ingestion_words(Ingestion(stage="seal", progress=0.03), NOW) == "giving each row its key and its part, 3%"


def test_listeners_are_told_every_10_seconds_and_of_a_new_state_at_once():
    job = Ingestion(pk=7, stage="read", state=JobState.RUNNING, started_at=NOW)
    at = [ingestion_seen(job, NOW + timedelta(seconds=seconds)) for seconds in (1, 9, 10, 19, 20)]
    done = Ingestion(pk=7, stage="read", state=JobState.DONE, started_at=NOW)

    assert [at[0] == at[1], at[1] == at[2], at[2] == at[3], at[3] == at[4]] == [True, False, True, False]
    assert ingestion_seen(done, NOW) != at[0]


@pytest.mark.parametrize("stage", Ingestion.Stage.values)
def test_every_stage_has_its_steps_up_to_the_end(stage):
    ends = [until for until, _ in STEPS[stage]]

    assert ends == sorted(ends)
    assert ends[-1] == 1.0
    assert step_words(stage, 1.0) == STEPS[stage][-1][1]


def test_marks_of_reading_and_dividing_only_grow(tmp_path):
    source, table = tmp_path / "mugs.csv", tmp_path / "table.parquet"
    source.write_bytes(make_csv(400).read())
    read: list[float] = []
    read_table(source=str(source), file_name="mugs.csv", out=str(table), limits={}, progress=read.append)
    design = Design(kind="random", target="mug", task="binary")
    split: list[float] = []
    divide(table, design=design, secret=b"s" * 32, stored=None, out=tmp_path, limits=Limits(), progress=split.append)

    assert read == sorted(read)
    assert (0 < read[0] < 0.9, read[-1]) == (True, 0.9)
    assert split == [0.05, pytest.approx(0.45), 0.5, 0.75]
    assert pl.read_parquet(tmp_path / "train.parquet").height == 240


def test_rows_are_counted_as_they_are_written_and_the_cells_stay_as_they_are(tmp_path):
    frame = pl.DataFrame({"x": range(1000), "word": ["a", None] * 500})
    told: list[float] = []
    watch = Watch(1000, told.append)
    sink = frame.lazy().with_columns(watch.column(pl.col("word"), pl.String())).sink_parquet(tmp_path / "t", lazy=True)

    watch.collect([sink])

    assert pl.read_parquet(tmp_path / "t").equals(frame)
    assert (told == sorted(told), told[-1]) == (True, 1.0)


def test_within_maps_a_part_of_the_work():
    seen: list[float] = []

    within(seen.append, 0.5, 0.75)(0.4)

    assert seen == [pytest.approx(0.6)]


@pytest.mark.django_db
def test_page_says_how_far_the_worker_is(sign_in):
    project = make_project()
    owner = project.team.memberships.get().user
    version = services.accept_upload(project=project, user=owner, file=make_csv())
    now = timezone.now()
    version.ingestions.update(
        state=JobState.RUNNING,
        heartbeat_at=now,
        progress=0.412,
        ends_at=now + timedelta(minutes=20, seconds=20),
    )

    client = sign_in(owner)
    page = client.get(reverse("datasets:version_detail", args=[version.pk])).content.decode()

    assert "reading, 41%, about 20 min left" in page
    assert 'value="41"' in page
    seen = ingestion_seen(version.ingestions.get(), now)
    address = reverse("datasets:version_status", args=[version.pk])
    assert f"?seen={seen}" in page
    assert client.get(address, {"seen": seen}, headers={"HX-Request": "true"}).status_code == 204
