"""ZIP archives of pictures and sounds: refused with words, or a table like any other."""

import base64
import io
import zipfile

import numpy as np
import polars as pl
import pytest
import soundfile
from PIL import Image

from datasets.core.canonical import canonical_keys
from datasets.core.checks import run_checks
from datasets.core.csv_out import write_csv
from datasets.core.errors import NOTHING_STORED, REJECTIONS, DataProblem
from datasets.core.limits import Limits
from datasets.core.media import picture as decoded
from datasets.core.media import sound as heard
from datasets.core.readers.pictures import encode_picture
from datasets.core.readers.sounds import encode_sound
from tests.datasets.core.tables import read, rows
from tests.datasets.hostile.clear import lacks
from tests.datasets.hostile.media import ACCEPTED, BY_TABLE, GOOD, REFUSED, SMALL, picture, pictures, sound, zipped


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_archives_are_refused_in_words_and_leave_nothing(tmp_path, name):
    content, code, status, words = REFUSED[name]
    folder = tmp_path / "reading"
    folder.mkdir()

    with pytest.raises(DataProblem) as refused:
        read(folder, content, SMALL)

    problem = refused.value
    assert (problem.code, problem.status) == (code, status), problem.message
    assert words in problem.message
    assert problem.next.endswith(NOTHING_STORED)
    assert lacks(problem.as_dict(), status) == []
    assert [path.name for path in folder.iterdir()] == ["upload.csv"]


@pytest.mark.parametrize("name", ACCEPTED)
def test_odd_archives_are_read_and_the_oddness_said(tmp_path, name):
    content, count, codes = ACCEPTED[name]

    table = read(tmp_path, content, SMALL)

    assert (table.rows, [finding.code for finding in table.findings]) == (count, codes)


def test_every_code_of_archives_is_met():
    met = {code for _, code, *_ in REFUSED.values()}
    own = [code for code in REJECTIONS if code.startswith(("ARCHIVE", "MEDIA", "PICTURE", "SOUND", "TOO_MANY_ENTRIES"))]

    assert set(own) <= met
    assert {"NO_MEDIA", "FILES_NOT_NAMED"} <= met


def test_class_folders_become_names_pictures_and_labels(tmp_path):
    table = read(tmp_path, GOOD)

    found = rows(tmp_path)
    assert [column.as_dict() for column in table.columns] == [
        {"name": "name", "kind": "id"},
        {"name": "picture", "kind": "picture"},
        {"name": "label", "kind": "category"},
    ]
    assert found["name"].to_list() == list(pictures())
    assert found["label"].to_list() == ["dog", "cat"] * 10
    assert found["picture"][3] == encode_picture(picture(3), "", Limits()).cell
    assert list(decoded(found["picture"][3]).tobytes()) == list(Image.open(io.BytesIO(picture(3))).tobytes())


def test_a_csv_in_the_archive_names_files_and_keeps_its_other_columns(tmp_path):
    lines = [
        "weight,species,file",
        *(f"{i / 2},{'cat' if i % 2 else 'dog'},{i}.png" for i in (5, *range(5), *range(6, 20))),
    ]
    table = read(tmp_path, zipped(BY_TABLE | {"labels.csv": ("\n".join(lines) + "\nnone,dog,99.png\n").encode()}))

    found = rows(tmp_path)
    assert [column.name for column in table.columns] == ["weight", "species", "name", "picture"]
    assert found["name"].to_list()[:2] == ["pictures/5.png", "pictures/0.png"]
    assert found["species"].to_list()[:2] == ["cat", "dog"]
    assert [finding.code for finding in table.findings] == ["D124"]


def test_a_zip_of_one_csv_is_that_csv(tmp_path):
    table = read(tmp_path, zipped({"t.csv": b"x,label\n" + b"".join(b"%d,a\n" % i for i in range(12))}))

    assert (table.rows, [column.name for column in table.columns]) == (12, ["x", "label"])


@pytest.mark.parametrize(
    ("mode", "kind", "expected"),
    [
        ("RGB", "PNG", "RGB"), ("L", "PNG", "L"), ("1", "PNG", "L"), ("P", "PNG", "RGB"), ("LA", "PNG", "L"),
        ("RGBA", "PNG", "RGB"), ("I;16", "PNG", "L"), ("I", "TIFF", "L"), ("F", "TIFF", "L"), ("CMYK", "JPEG", "RGB"),
        ("CMYK", "TIFF", "RGB"), ("LAB", "TIFF", "RGB"), ("YCbCr", "JPEG", "RGB"), ("RGB", "WEBP", "RGB"),
        ("RGBA", "WEBP", "RGB"), ("P", "GIF", "RGB"), ("RGB", "BMP", "RGB"), ("L", "BMP", "L"), ("1", "TIFF", "L"),
    ],
)  # fmt: skip
def test_pictures_of_any_mode_become_grey_or_colour(mode, kind, expected):
    image = Image.open(io.BytesIO(picture(3))).convert("L").convert("I").convert("I;16") if mode == "I;16" else None
    content = io.BytesIO()
    (image or Image.open(io.BytesIO(picture(3, mode="RGB"))).convert(mode)).save(content, kind)

    found = decoded(encode_picture(content.getvalue(), "x", Limits()).cell)

    assert (found.mode, found.size) == (expected, (9, 7))
    assert np.asarray(found).std() > 5  # not a blank


def test_pictures_lose_metadata_stand_upright_and_are_kept_small():
    wide = picture(1, (600, 300), kind="JPEG", exif=_turned(), comment=b"secret place")

    found = encode_picture(wide, "x", Limits())

    assert found.shrunk
    assert decoded(found.cell).size == (128, 256)
    assert decoded(found.cell).info == {}
    assert b"secret" not in found.cell


def _turned():
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010E] = "secret"
    return exif


def test_the_first_frame_of_a_film_is_the_picture():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    film = io.BytesIO()
    frames[0].save(film, "GIF", save_all=True, append_images=frames[1:])

    assert decoded(encode_picture(film.getvalue(), "x", Limits()).cell).getpixel((3, 3)) == (255, 0, 0)


def test_what_is_transparent_is_white():
    clear = io.BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(clear, "PNG")

    assert decoded(encode_picture(clear.getvalue(), "x", Limits()).cell).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(("kind", "channels"), [("WAV", 1), ("WAV", 2), ("FLAC", 1)])
def test_sounds_keep_their_samples_exactly(kind, channels):
    content = sound(5, kind=kind, channels=channels)

    samples, rate = heard(encode_sound(content, "x", Limits()).cell)

    expected, _ = soundfile.read(io.BytesIO(content), dtype="int16", always_2d=True)
    assert rate == 8_000
    np.testing.assert_array_equal(samples, expected)


def test_sounds_of_fractions_are_scaled_and_long_ones_cut():
    content = io.BytesIO()
    soundfile.write(content, np.full(1_000 * 70, 0.5), 1_000, format="WAV", subtype="FLOAT")

    found = encode_sound(content.getvalue(), "x", Limits())

    assert found.cut
    samples, _ = heard(found.cell)
    assert samples.shape == (60_000, 1)
    assert set(samples.ravel()) == {16_384}


def test_equal_pixels_are_one_unit_whatever_file_held_them(tmp_path):
    grey = {f"cat/{i}.png": picture(i, mode="L") for i in range(10)} | {
        f"dog/{i}.bmp": picture(i, mode="L", kind="BMP") for i in range(8)
    }
    read(tmp_path, zipped(grey))

    keys = canonical_keys(tmp_path / "table.parquet", ["picture"], b"secret")
    found = run_checks(tmp_path / "table.parquet", target="label", task="binary", drop=["name"])

    np.testing.assert_array_equal(keys[:8], keys[10:])
    assert len(set(keys.tolist())) == 10
    assert [(finding.code, finding.evidence["rows"]) for finding in found if finding.code == "D402"] == [("D402", 16)]
    assert "D203" not in {finding.code for finding in found}  # class folders are always sorted


def test_zip64_is_read(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in pictures().items():
            with archive.open(name, "w", force_zip64=True) as entry:
                entry.write(content)

    assert read(tmp_path, out.getvalue()).rows == 20
    assert pl.read_parquet(tmp_path / "table.parquet").height == 20


def test_pictures_leave_as_base64_in_a_csv(tmp_path):
    read(tmp_path, GOOD)
    out = io.BytesIO()

    write_csv(tmp_path / "table.parquet", out)

    line = out.getvalue().decode().splitlines()[4]
    assert line == f'"cat/3.png","{base64.b64encode(rows(tmp_path)["picture"][3]).decode()}","cat"'
