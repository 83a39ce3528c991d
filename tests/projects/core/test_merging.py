"""Three texts: what both made of a common one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.core.merging import merge

TEXTS = st.lists(st.sampled_from(["a", "b", "c", " ", "\n"]), max_size=8).map("".join)


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "both"),
    [
        ("one two three", "ONE two three", "one two THREE", "ONE two THREE"),
        ("one two three", "zero one two three", "one two three four", "zero one two three four"),
        ("one two three", "one two three", "else", "else"),
        ("one two three", "same", "same", "same"),
        ("one two three", "one 2 three", "one zwei three", None),
        ("", "mine", "theirs", None),
    ],
)
def test_merge_keeps_what_both_changed_or_says_that_it_cannot(base, mine, theirs, both):
    assert merge(base, mine, theirs) == both


@given(TEXTS, TEXTS, TEXTS)
def test_merge_takes_no_side(base, mine, theirs):
    assert merge(base, mine, theirs) == merge(base, theirs, mine)
    assert merge(base, mine, base) == mine
