"""The certificate: what it says, who saw the rows before, and `dlstart verify` with it."""

import json
from pathlib import Path

import polars as pl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from datasets import services, store
from datasets.core import verifying
from datasets.models import DatasetVersion
from datasets.serializers.versions import CERTIFICATE_FORMAT
from dlstart_web import cli
from tests.factories import do_ingestions, make_project, make_sealed_version, make_team, make_user, make_version

pytestmark = pytest.mark.django_db(transaction=True)


def every_type(rows: int = 300) -> SimpleUploadedFile:
    """Whole and real numbers, dates, times, yes and no, words with gaps and quotes, and a label."""
    lines = ["n,real,day,at,flag,word,mug"]
    for i in range(rows):
        word = ("", "b, with comma", 'c "quoted"', "d")[i % 4].replace('"', '""')
        day = f"2024-{1 + i % 12:02}-{1 + i % 28:02}"
        lines.append(
            f'{i * 7919 % 1013},{i / 7:.5f},{day},{day} {i % 24:02}:30:00,{("true", "false")[i % 2]},"{word}",'
            f"{('yes', 'no')[i * i % 3 % 2]}"
        )
    return SimpleUploadedFile("types.csv", "\n".join(lines).encode())


def downloaded(client, version: DatasetVersion, folder: Path) -> Path:
    """The certificate as its page gives it."""
    answer = client.get(reverse("datasets:certificate_download", args=[version.pk]))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    path = folder / "certificate.json"
    path.write_bytes(answer.content)
    return path


def verify(capsys, *arguments: Path) -> tuple[int, str]:
    code = cli.main(["verify", *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_downloaded_parts_are_checked_offline(sign_in, tmp_path, capsys):
    version = make_sealed_version(make_project(is_sandbox=True), file=every_type())
    certificate = downloaded(sign_in(version.uploaded_by), version, tmp_path)
    train = pl.read_parquet(store.part_path(version, "train"))
    for name, frame in {
        "train": train,
        "swapped": train.reverse(),
        "relabelled": train.with_columns(mug=pl.lit("yes")),
        "train-short": train.head(100),
        "without": train.drop("real"),
    }.items():
        frame.write_parquet(tmp_path / f"{name}.parquet")
    train.write_csv(tmp_path / "train.csv")
    (tmp_path / "original.csv").write_bytes(every_type().read())
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")

    def said(*names: str) -> tuple[int, list[str]]:
        code, words = verify(capsys, certificate, *(tmp_path / name for name in names))
        return code, words.replace(f"{tmp_path}/", "").splitlines()

    same = said("train.parquet", "train.csv", "original.csv")
    assert same == (
        0,
        [
            f"train.parquet: is train of {version}",
            f"train.csv: is train of {version}",
            f"original.csv: is original of {version}",
        ],
    )
    validation = store.part_path(version, "validation")
    (tmp_path / "validation.parquet").write_bytes(validation.read_bytes())
    assert said("original.csv", "train.csv", "validation.parquet")[1][3] == (
        "Sealed: the original holds all 240 rows of train and validation, and 60 others with a label: "
        "as many as the certificate says are sealed or used no more."
    )
    assert said("swapped.parquet")[1][1:] == ["  rows and classes agree, but a value or the order of the rows differs"]
    assert said("without.parquet")[1][1:] == ["  column 'real' is missing"]
    code, lines = said("relabelled.parquet", "train.csv")
    assert code == 1
    assert lines[1:3] == [
        "  class 'no' has 0 rows, the certificate says 120",
        "  class 'yes' has 180 rows, the certificate says 60",
    ]
    assert said("train-short.parquet")[1][1] == "  it has 100 rows, the certificate says 180"
    assert said("broken.parquet")[0] == said("absent.csv")[0] == 2
    assert verify(capsys, tmp_path / "train.csv", tmp_path / "train.csv")[0] == 2


def test_certificate_says_who_saw_the_rows_before_sealing(sign_in, client):
    owner, reader, late = make_user("Olga Owner"), make_user("Rita Reader"), make_user("Lars Late")
    project = make_project(make_team(owner, reader, late), is_sandbox=True)
    version = make_version(project)
    sign_in(reader).get(reverse("datasets:version_detail", args=[version.pk]))
    sign_in(reader).get(f"/api/v1/versions/{version.pk}/report")
    sign_in(owner).get(reverse("datasets:version_detail", args=[version.pk]))
    services.seal_version(version=version, user=owner)
    do_ingestions()
    sign_in(late).get(reverse("datasets:version_detail", args=[version.pk]))

    certificate = json.loads(client.get(reverse("datasets:certificate_download", args=[version.pk])).content)

    assert [(one["name"], one["how"]) for one in certificate["seen_before_sealing"]] == [
        ("Olga Owner", "brought the file"),
        ("Rita Reader", "opened the report"),
    ]
    page = client.get(reverse("datasets:certificate", args=[version.pk])).content.decode()
    assert "Rita Reader" in page
    assert "Lars Late" not in page.split("Who saw the rows")[1]


def test_certificate_tells_all_that_was_chosen(sign_in):
    project = make_project(is_sandbox=True)
    version = make_sealed_version(project, file=every_type(), drop=["word"], meets="same")

    content = json.loads(
        sign_in(version.uploaded_by).get(reverse("datasets:certificate_download", args=[version.pk])).content
    )

    assert content["format"] == CERTIFICATE_FORMAT == verifying.FORMAT
    assert (content["rule"], content["target"], content["left_out"]) == ("random", "mug", ["n", "word"])
    assert content["types"] == {
        "real": "number",
        "day": "time",
        "at": "time",
        "flag": "boolean",
        "mug": "words",
    }
    assert sum(sum(rows.values()) for rows in content["classes"].values()) == content["rows_used"] == 300
    assert content["parts"]["final"] == 60


def test_horizon_is_chosen_with_the_split_and_stands_on_the_certificate(sign_in):
    owner = make_user()
    version = make_version(make_project(make_team(owner), is_sandbox=True), file=every_type())
    answer = sign_in(owner).post(
        reverse("datasets:version_split", args=[version.pk]), {"meets": "later", "time": "day", "horizon": "20"}
    )
    assert answer.status_code == 302
    do_ingestions()
    services.seal_version(version=version, user=owner)
    do_ingestions()

    version = DatasetVersion.objects.select_related("seal").get(pk=version.pk)
    assert version.rejection is None
    assert (version.horizon, version.seal.retired + sum(version.seal.parts.values())) == (20.0, 300)
    assert version.seal.retired > 0
    page = sign_in(owner).get(reverse("datasets:certificate", args=[version.pk])).content.decode()
    assert "a gap of 20 before each cut" in page
    assert f"{version.seal.retired} rows are used no more" in page
