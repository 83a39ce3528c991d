"""Random bytes, and good files changed at random: a table or a refusal in words, never anything else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.core.errors import NOTHING_STORED, DataProblem
from datasets.core.limits import Limits
from tests.datasets.core.tables import read
from tests.datasets.hostile.tables import ACCEPTED

LIMITS = Limits(upload=2**20, rows=5_000, columns=200, zip_unpacked=2**22, parquet_unpacked=2**22)
GOOD = [content for content, *_ in ACCEPTED.values()]

changes = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "double", "insert", "end"]),
        st.floats(0, 1),
        st.integers(1, 40),
        st.binary(min_size=1, max_size=8),
    ),
    min_size=1,
    max_size=4,
)


def changed(content: bytes, how: list[tuple[str, float, int, bytes]]) -> bytes:
    for kind, share, length, noise in how:
        at = int(share * len(content))
        before, part, after = content[:at], content[at : at + length], content[at + length :]
        if kind == "flip":
            part = bytes(a ^ b for a, b in zip(part, noise * length, strict=False))
        elif kind == "double":
            part += part
        elif kind == "insert":
            part = noise + part
        content = before + (b"" if kind == "cut" else part) + (b"" if kind == "end" else after)
    return content


def read_or_refused(folder, content: bytes) -> None:
    table = problem = None
    try:
        table = read(folder, content, LIMITS)
    except DataProblem as refusal:
        problem = refusal
    if problem:
        assert problem.message.endswith(".")
        assert str(problem).endswith(NOTHING_STORED)
    assert (folder / "table.parquet").exists() == (table is not None)
    assert {path.name for path in folder.iterdir()} <= {"upload.csv", "table.parquet"}


def run(folder_factory, examples: int) -> None:
    folder = folder_factory.mktemp("files")
    quiet = settings(max_examples=examples)

    @quiet
    @given(st.sampled_from(GOOD), changes)
    def changed_files(good, how):
        read_or_refused(folder, changed(good, how))

    @quiet
    @given(st.sampled_from([b"", b"a,b\n", b"PAR1", b"PK\x03\x04", b"\x1f\x8b\x08", b"@relation r\n"]), st.binary())
    def any_bytes(begin, rest):
        read_or_refused(folder, begin + rest)

    changed_files()
    any_bytes()


def test_changed_files_are_read_or_refused(tmp_path_factory):
    run(tmp_path_factory, 60)


@pytest.mark.long
def test_changed_files_are_read_or_refused_in_number(tmp_path_factory):
    run(tmp_path_factory, 5_000)
