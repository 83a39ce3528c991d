"""Near copies of pictures are found as stars, and share a part."""

import io

import numpy as np
import polars as pl
import pytest
from PIL import Image

from datasets.core.divide import divide
from datasets.core.limits import Limits
from datasets.core.near.pictures import near_pictures, small_copy
from datasets.core.split import Design
from tests.datasets.core.tables import SECRET


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def cells():
    """100 pictures of soft patches; then the first 20 again, a little noisier."""
    generator = np.random.default_rng(0)
    coarse = generator.integers(0, 255, (100, 10, 10)).astype(np.uint8)
    soft = [np.asarray(Image.fromarray(each).resize((40, 40), Image.Resampling.BICUBIC)) for each in coarse]
    noisy = [np.clip(each + generator.normal(0, 1, each.shape), 0, 255) for each in soft[:20]]
    return [png(each) for each in [*soft, *noisy]]


def test_noisy_copies_are_found_and_nothing_else(cells):
    order = np.random.default_rng(1).permutation(len(cells)).astype(np.uint64)

    pairs = {tuple(sorted(pair)) for pair in near_pictures(np.stack([*map(small_copy, cells)]), order).tolist()}

    assert pairs == {(at, 100 + at) for at in range(20)}


def test_chains_do_not_form():
    """Each step is near the one before, the ends are far apart: a centre takes its own neighbours only."""
    ramp = np.linspace(0, 200, 32)[:, None] * np.ones(32)
    small = np.stack([small_copy(png(np.clip(ramp + 3 * step, 0, 255))) for step in range(8)])

    links = near_pictures(small, np.arange(8, dtype=np.uint64))

    assert links.tolist() == [[0, 1], [2, 3], [4, 5], [6, 7]]


def test_near_pictures_share_a_part(tmp_path, cells):
    table = tmp_path / "table.parquet"
    pl.DataFrame({"picture": cells, "label": ["a", "b"] * 60}).write_parquet(table)
    design = Design("random", "label", "binary", kinds={"picture": "picture"})

    division = divide(table, design=design, secret=SECRET, stored=None, out=tmp_path, limits=Limits())

    part = {
        cell: name
        for name in ("train", "validation", "final")
        for cell in pl.read_parquet(tmp_path / f"{name}.parquet")["picture"].to_list()
    }
    assert all(part[cells[at]] == part[cells[100 + at]] for at in range(20))
    assert [each.evidence for each in division.findings if each.code == "D116"] == [{"rows": 40}]
