"""A ladder that was really climbed, once for all tests of a module."""

from copy import deepcopy

import pytest

from evaluations.models import Ladder
from tests.factories import make_csv, make_done_ladder, make_sealed_version

QUICK = ("always_same", "linear")


@pytest.fixture(scope="module")
def climbed(kept) -> Ladder:
    """Its rows are none of those that `make_csv` makes unasked: known rows would bind the data sets of tests to it."""
    return make_done_ladder(make_sealed_version(file=make_csv(seed=300)), only=QUICK)


@pytest.fixture
def ladder(climbed, db) -> Ladder:
    return deepcopy(climbed)
