"""What is downloaded and drawn of a sealed version: whole, described, checked, and nothing of the sealed parts."""

import csv
import hashlib
import io
import json
import zipfile

import mlcroissant
import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from datasets import services, store
from datasets.core.media import sound
from datasets.models import TestSet
from tests.factories import do_ingestions, make_project, make_sealed_version, make_user

pytestmark = pytest.mark.django_db
RISKY = ("=1+1", "+a", "-b", "@c", "'d", "e", "")


def url(name, *args) -> str:
    return reverse(f"datasets:{name}", args=args)


def tricky_rows() -> list[list[str]]:
    """300 rows: a number, a text that spreadsheets would calculate, a label that stands in no other column."""
    return [[f"{i * 7919 % 1009 / 7:.6f}", RISKY[i % 7], "=yes" if i % 2 else "no"] for i in range(300)]


@pytest.fixture
def version():
    text = io.StringIO()
    csv.writer(text).writerows([["-width €", "no,te", "mug"], *tricky_rows()])
    file = SimpleUploadedFile("tricky.csv", text.getvalue().encode())
    sealed = make_sealed_version(make_project(is_sandbox=True), file=file)
    services.save_sheet_answer(
        dataset=sealed.dataset, user=sealed.uploaded_by, question="why", revision=0, text="# To see\nmugs: often"
    )
    return sealed


def unpacked(answer) -> dict[str, bytes]:
    content = b"".join(answer.streaming_content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")
def test_download_is_whole_described_and_checked(sign_in, version, tmp_path):
    client = sign_in(version.uploaded_by)
    answers = {kind: client.get(url("version_download", version.pk), {"format": kind}) for kind in ("parquet", "csv")}
    files = {kind: unpacked(answer) for kind, answer in answers.items()}

    for kind, content in files.items():
        assert list(content) == [f"train.{kind}", f"validation.{kind}", "croissant.json", "README.md", "SHA256SUMS"]
        listed = dict(reversed(line.split("  ")) for line in content.pop("SHA256SUMS").decode().splitlines())
        assert listed == {name: hashlib.sha256(data).hexdigest() for name, data in content.items()}
        assert answers[kind].headers["Cache-Control"] == "private, no-store"
        folder = tmp_path / kind
        folder.mkdir()
        for name, data in content.items():
            (folder / name).write_bytes(data)
        described = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"))
        assert described.metadata.issues.errors == described.metadata.issues.warnings == set()
        assert len(list(described.records("validation"))) == 60
    train = pq.read_table(io.BytesIO(files["parquet"]["train.parquet"]))
    assert train.num_rows == 180

    cells = list(csv.reader(io.StringIO(files["csv"]["train.csv"].decode())))
    plain = [[cell.removeprefix("'") for cell in row] for row in cells]
    assert cells[0] == ["'-width €", "no,te", "mug"]
    assert not any(cell.startswith(("=", "+", "@")) for row in cells for cell in row)
    assert [row[1:] for row in plain[1:]] == [
        [note or "", mug] for note, mug in zip(train["no,te"].to_pylist(), train["mug"].to_pylist(), strict=True)
    ]
    card = files["csv"]["README.md"].decode()
    assert card.startswith('---\npretty_name: "tricky v1"\n')
    assert "> # To see\n> mugs: often" in card
    assert "task_categories: [tabular-classification]" in card


def test_pages_draw_the_open_parts_and_nothing_of_the_sealed(sign_in, version):
    client = sign_in(version.uploaded_by)
    sealed = {row[0] for row in tricky_rows()} - {
        f"{value:.6f}"
        for part in store.OPEN_PARTS
        for value in pq.read_table(store.part_path(version, part))["-width €"].to_pylist()
    }
    pages = [client.get(url("version_figures", version.pk)), client.get(url("balance_chart", version.pk))]
    for place in range(3):
        pages.append(client.get(url("column_figures", version.pk, place)))
        pages += [client.get(url("column_chart", version.pk, place, by)) for by in ("part", "class")]
    words = [page.content.decode() for page in pages]
    whole = json.dumps(store.read_figures(version))

    assert {page.status_code for page in pages} == {200}
    assert {page.headers["Cache-Control"] for page in pages} == {"private, no-store"}
    assert len(sealed) == 60
    assert [value for value in sealed if any(value in text for text in (*words, whole))] == []
    assert set(store.read_figures(version)["rows"]) == {"train", "validation"}
    assert words[0].count(">50.0<") >= 6  # of train, validation and final, both classes
    assert "Some rows of train" in words[0]
    assert "The 2 classes are about equally frequent." in words[0]
    assert client.get(url("column_chart", version.pk, 99, "part")).status_code == 404
    assert client.get(url("column_chart", version.pk, 1, "checkpoint")).status_code == 404


def test_removed_data_is_gone_and_known_when_it_comes_again(sign_in, version, django_capture_on_commit_callbacks):
    client = sign_in(version.uploaded_by)
    TestSet.objects.filter(version=version).update(looks=4)
    with django_capture_on_commit_callbacks(execute=True):
        services.remove_dataset(dataset=version.dataset, user=version.uploaded_by, reason="Wrong.")

    assert client.get(url("version_download", version.pk)).status_code == 404
    assert client.get(url("column_figures", version.pk, 0)).status_code == 404
    assert "The rows are gone" in client.get(url("version_figures", version.pk)).content.decode()
    assert client.get(f"/api/v1/versions/{version.pk}/download").status_code == 409
    with django_capture_on_commit_callbacks(execute=True):
        do_ingestions()
    assert sorted(path.name for path in store.version_folder(version).iterdir()) == [
        "assignments.parquet",
        "keys.parquet",
    ]
    text = io.StringIO()
    csv.writer(text).writerows([["mug", "no,te", "-width €"], *(reversed(row) for row in tricky_rows())])
    file = SimpleUploadedFile("again.csv", text.getvalue().encode())
    again = make_sealed_version(make_project(is_sandbox=True), file=file)
    assert again.dataset.lineage_id == version.dataset.lineage_id
    assert again.findings.get(code="D119").evidence == {}
    assert TestSet.objects.get(version=again).looks == 4
    assert again.seal.fingerprints["final"] == version.seal.fingerprints["final"]


def test_strangers_to_the_data_get_nothing_of_it(sign_in, version):
    client = sign_in(make_user())

    for name in ("version_figures", "balance_chart", "version_download"):
        assert client.get(url(name, version.pk)).status_code == 404


def pictures() -> SimpleUploadedFile:
    """36 pictures in three class folders; each has one colour, and no two the same."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for i in range(36):
            png = io.BytesIO()
            Image.new("RGB", (120, 60), (i, 2 * i, 255 - i)).save(png, "PNG")
            archive.writestr(f"{('mug', 'glass', 'plate')[i % 3]}/{i}.png", png.getvalue())
    return SimpleUploadedFile("photos.zip", content.getvalue())


def colour(content: bytes) -> tuple[int, ...]:
    return Image.open(io.BytesIO(content)).convert("RGB").getpixel((0, 0))


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")
def test_wall_shows_small_pictures_of_train_alone(sign_in):
    version = make_sealed_version(make_project(is_sandbox=True), file=pictures(), target="label")
    client = sign_in(version.uploaded_by)
    train = pq.read_table(store.part_path(version, "train"))

    page = client.get(url("version_figures", version.pk)).content.decode()
    count = page.count("<img ")
    answers = [client.get(url("wall_piece", version.pk, place)) for place in range(count)]
    archive = unpacked(client.get(url("version_download", version.pk)))

    assert {answer.headers["Content-Type"] for answer in answers} == {"image/png"}
    assert {answer.headers["Cache-Control"] for answer in answers} == {"private, no-store"}
    assert {colour(answer.content) for answer in answers} == {colour(cell) for cell in train["picture"].to_pylist()}
    assert {Image.open(io.BytesIO(answer.content)).size for answer in answers} == {(96, 48)}
    assert client.get(url("wall_piece", version.pk, count)).status_code == 404
    assert sign_in().get(url("wall_piece", version.pk, 0)).status_code == 404
    client = sign_in(version.uploaded_by)
    refused = client.get(url("version_download", version.pk), {"format": "csv"})
    assert (refused.status_code, "a CSV cannot hold those" in refused.content.decode()) == (409, True)
    described = mlcroissant.Dataset(jsonld=json.loads(archive["croissant.json"]))
    assert described.metadata.issues.errors == set()


def tones() -> SimpleUploadedFile:
    """Sounds of seven seconds in two class folders, each of one height."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for i in range(40):
            wave = io.BytesIO()
            soundfile.write(wave, np.sin(np.arange(7 * 1000) * (i + 1) / 99) / 2, 1000, format="WAV", subtype="PCM_16")
            archive.writestr(f"{('hum', 'beep')[i % 2]}/{i}.wav", wave.getvalue())
    return SimpleUploadedFile("tones.zip", content.getvalue())


def test_short_sounds_of_train_alone_can_be_heard(sign_in):
    version = make_sealed_version(make_project(is_sandbox=True), file=tones(), target="label")
    client = sign_in(version.uploaded_by)
    kept = {
        sound(cell)[0][:5000].tobytes()
        for cell in pq.read_table(store.part_path(version, "train"))["sound"].to_pylist()
    }

    page = client.get(url("version_figures", version.pk))
    answers = [
        client.get(url("wall_piece", version.pk, place)) for place in range(page.content.decode().count("<audio "))
    ]

    assert "media-src 'self'" in page.headers["Content-Security-Policy"]
    assert {answer.headers["Content-Type"] for answer in answers} == {"audio/flac"}
    assert len(answers) == 24
    assert {sound(answer.content)[0].tobytes() for answer in answers} <= kept

    whole = answers[0].content
    middle, beyond = (
        client.get(url("wall_piece", version.pk, 0), headers={"range": f"bytes={start}-"})
        for start in (len(whole) // 2, len(whole))
    )
    assert answers[0].headers["Accept-Ranges"] == "bytes"
    assert (middle.status_code, middle.content) == (206, whole[len(whole) // 2 :])
    assert middle.headers["Cache-Control"] == "private, no-store"
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(whole)}")


def test_files_are_the_same_whoever_reads(sign_in, version):
    client = sign_in(version.uploaded_by)
    german = {"headers": {"accept-language": "de"}}
    certificate = url("certificate_download", version.pk)

    assert client.get(certificate, **german).content == client.get(certificate).content
    assert unpacked(client.get(url("version_download", version.pk), **german)) == unpacked(
        client.get(url("version_download", version.pk))
    )
