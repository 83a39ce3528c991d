"""Fresh sets: rows that were labelled later, without those that are known."""

import io
import zipfile
from datetime import date, timedelta
from random import Random

import numpy as np
import polars as pl
import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from datasets import selectors, services, store
from datasets.models import FreshDeposit, TestSet
from datasets.vault import box
from dlstart_web.kit import audit
from tests.factories import (
    do_deposits,
    make_bars,
    make_csv,
    make_notes,
    make_project,
    make_sealed_version,
    make_user,
)

pytestmark = pytest.mark.django_db
NEW, OLD = 5, 0  # seeds of rows that are new, and of those in the version
NEW_NOTES = ("arrived early and well packed", "the handle came loose at once", "a colour nobody had ordered")


def lines(seed: int, rows: int) -> list[bytes]:
    return make_csv(rows, seed=seed).read().split(b"\n")


def fresh_file(*, new: int = 120, old: int = 30, more: bytes = b"", name: str = "later.csv") -> SimpleUploadedFile:
    """New rows, some of the version's own, one without a label."""
    content = [*lines(NEW, new), *lines(OLD, 300)[1 : old + 1], b"1,2,red,belt 1,", more]
    return SimpleUploadedFile(name, b"\n".join(content))


def deposit(version, *, by=None, **file) -> FreshDeposit:
    steward = by or make_user(is_steward=True)
    job = services.deposit_fresh(
        project=version.dataset.project, user=steward, file=fresh_file(**file), origin="The new belt, in March."
    )
    do_deposits()
    job.refresh_from_db()
    return job


def test_fresh_set_holds_new_rows_alone_with_their_labels_in_the_vault(settings):
    version = make_sealed_version(secret=bytes(32))
    settings.TASKS_IN_PROCESS = frozenset()  # in a real child

    job = deposit(version)

    test_set = TestSet.objects.get(tier="fresh")
    rows = pl.read_parquet(store.part_path(version, "fresh-1"))
    labels, groups = box.labels_of(test_set)
    truth = pl.read_csv(b"\n".join(lines(NEW, 120)))
    assert (job.state, job.found["rows"], job.found["unlabelled"]) == ("done", 120, 1)
    assert job.found["known_open"] + job.found["known_sealed"] == 30
    assert job.found["known_open"] > job.found["known_sealed"] > 0
    assert (test_set.rows, test_set.part, test_set.family) == (120, "fresh-1", job.test_set.family)
    assert rows.columns == [column["name"] for column in version.seal.features]
    assert groups is None
    said = rows.with_columns(pl.Series("said", labels)).join(truth, on=["width", "height", "colour", "belt"])
    assert len(said) == 120
    assert (said["said"] == said["mug"]).all()
    assert rows["width"].to_list() != truth["width"].to_list()  # the order of the file says nothing
    assert [str(fault) for fault in audit.verify().faults if "testset" in fault.table] == []
    assert np.mean([label == "yes" for label in labels]) == pytest.approx((truth["mug"] == "yes").mean())


def test_rows_of_a_fresh_set_are_known_and_never_enter_train():
    version = make_sealed_version(secret=bytes(32))
    deposit(version)

    again = deposit(version, new=100, name="once more.csv")
    later = make_sealed_version(
        version.dataset.project,
        dataset=version.dataset,
        file=SimpleUploadedFile("more.csv", b"\n".join([*lines(OLD, 300), *lines(NEW, 120)[1:]])),
    )

    assert again.refusal["code"] == "NOTHING_FRESH"
    assert again.problem.startswith("None of 131 rows is fresh: 1 have no label, ")
    assert "lie in train or validation" in again.problem
    assert later.seal.retired == 120
    assert sum(later.seal.parts.values()) == 300


def test_file_that_does_not_fit_is_refused_in_words():
    version = make_sealed_version(secret=bytes(32))
    files = {
        "COLUMNS_MISSING": (b"width,height,colour,mug\n1,2,red,yes\n", "lacks 1 of the 5 columns"),
        "CLASS_UNKNOWN": (b"width,height,colour,belt,mug\n1,2,red,belt 1,perhaps\n", "holds 'perhaps'"),
    }

    for content, _ in files.values():
        file = SimpleUploadedFile("later.csv", content)
        services.deposit_fresh(
            project=version.dataset.project, user=make_user(is_steward=True), file=file, origin="March."
        )
        do_deposits()

    jobs = FreshDeposit.objects.order_by("queued_at")
    assert [job.refusal["code"] for job in jobs] == list(files)
    assert all(words in job.problem for job, (_, words) in zip(jobs, files.values(), strict=True))
    assert TestSet.objects.filter(tier="fresh").count() == 0
    deposit(version)
    assert TestSet.objects.get(tier="fresh").part == "fresh-1"


def test_rows_of_a_known_group_are_not_fresh_where_groups_are_kept_together():
    version = make_sealed_version(secret=bytes(32), group="belt", meets="new")

    job = deposit(version, old=0)  # of forty belts that are all known, and one row of no belt

    assert job.refusal["code"] == "NOTHING_FRESH"


def test_fresh_set_is_deposited_by_a_steward_on_a_page(sign_in):
    version = make_sealed_version(secret=bytes(32))
    project = version.dataset.project
    url = reverse("datasets:fresh_deposit", args=[project.slug])
    client = sign_in(make_user(is_steward=True))

    asked = client.post(url, {"file": fresh_file(), "origin": "The new belt, in March."})
    do_deposits()
    body = client.get(url).content.decode()

    assert asked.status_code == 302
    assert "The new belt, in March." in body
    assert "<b>120</b> of 151 rows are fresh" in body
    assert selectors.fresh_sets(project).count() == 1
    with pytest.raises(PermissionDenied):
        services.deposit_fresh(project=project, user=make_user(), file=fresh_file(), origin="x")
    with pytest.raises(services.NotYet, match="No data is sealed"):
        services.deposit_fresh(
            project=make_project(), user=make_user(is_steward=True), file=fresh_file(), origin="x"
        )  # fmt: skip


def dated(days: range, *, seed: int) -> bytes:
    """A row a day: width, day and what it is."""
    random = Random(seed)
    lines = ["width,day,mug"]
    for day in days:
        width = random.gauss(8, 2)
        lines.append(
            f"{width:.6f},{date(2024, 1, 1) + timedelta(days=day)},{'yes' if width + random.gauss(0, 1.5) > 8 else 'no'}"
        )
    return "\n".join(lines).encode()


def brought(version, content: bytes, name: str = "later.csv") -> FreshDeposit:
    """A file deposited and worked off."""
    job = services.deposit_fresh(
        project=version.dataset.project,
        user=make_user(is_steward=True),
        file=SimpleUploadedFile(name, content),
        origin="Later.",
    )
    do_deposits()
    job.refresh_from_db()
    return job


def test_fresh_rows_are_later_than_the_sealed_ones_where_time_divides(sign_in):
    version = make_sealed_version(
        file=SimpleUploadedFile("belt.csv", dated(range(300), seed=1)), time="day", meets="later", secret=bytes(32)
    )

    later = brought(version, dated(range(290, 420), seed=3) + b"\n7.5,,no")
    earlier = brought(version, dated(range(150, 300), seed=2), "old.csv")
    page = sign_in(make_user(is_steward=True)).get(
        reverse("datasets:fresh_deposit", args=[version.dataset.project.slug])
    )

    assert (later.found["rows"], later.found["not_later"]) == (120, 10 + 1)
    assert earlier.refusal["code"] == "NOTHING_FRESH"
    assert earlier.problem.startswith("None of 150 rows is fresh: 150 are not later than the sealed rows.")
    assert "11 are not later than the sealed rows, or have no time" in page.content.decode()
    days = pl.read_parquet(store.part_path(version, "fresh-1"))["day"]
    assert days.min() > max(
        pl.read_parquet(store.part_path(version, part))["day"].max() for part in ("train", "validation", "final")
    )


def test_where_the_time_is_no_feature_it_is_said_that_nobody_can_tell(sign_in):
    options = {"time": "day", "meets": "later", "drop": ["day"], "secret": bytes(32)}
    version = make_sealed_version(file=SimpleUploadedFile("belt.csv", dated(range(300), seed=1)), **options)

    job = brought(version, dated(range(290, 420), seed=3))
    page = sign_in(make_user(is_steward=True)).get(
        reverse("datasets:fresh_deposit", args=[version.dataset.project.slug])
    )

    assert (job.found["rows"], job.found["is_later_known"]) == (130, False)
    assert "whether they are later than the sealed rows nobody can tell" in page.content.decode()


def test_near_copies_of_known_texts_are_not_fresh():
    version = make_sealed_version(file=make_notes(400), target="kind", secret=bytes(32))
    known = pl.concat([pl.read_parquet(store.part_path(version, part)).select("note") for part in ("train", "final")])
    train, sealed = known["note"][0], known["note"][-1]
    new = [f"number {n} {words}" for n, words in enumerate(NEW_NOTES)]

    job = brought(
        version,
        "\n".join(
            ["note,kind", *(f"{note}!,thanks" for note in (train, sealed)), *(f"{note},thanks" for note in new)]
        ).encode(),
    )

    assert (job.found["near_known"], job.found["rows"]) == (2, len(new))
    assert sorted(pl.read_parquet(store.part_path(version, "fresh-1"))["note"]) == sorted(new)


def test_near_copies_of_known_pictures_are_not_fresh():
    version = make_sealed_version(file=make_bars(120), target="label", secret=bytes(32))
    known = pl.read_parquet(store.part_path(version, "train"))
    name = next(column["name"] for column in version.seal.features if column["kind"] == "picture")
    old = np.asarray(Image.open(io.BytesIO(known[name][0])))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("lying/copy.png", as_png(np.clip(old.astype(int) + 1, 0, 255).astype(np.uint8)))
        for number in range(12):
            pixels = np.random.default_rng(100 + number).integers(0, 256, (16, 16), dtype=np.uint8)
            archive.writestr(f"upright/{number}.png", as_png(pixels))

    job = brought(version, content.getvalue(), "later.zip")

    assert (job.found["near_known"], job.found["rows"]) == (1, 12)


def as_png(pixels: np.ndarray) -> bytes:
    Image.fromarray(pixels).save(file := io.BytesIO(), "PNG")
    return file.getvalue()
