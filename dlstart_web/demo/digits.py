"""scikit-learn's handwritten digits as tables: small, real, and in the package that trains on them."""

import csv
import gzip
from collections.abc import Callable
from importlib.metadata import distribution

SIDE = 8
WITH_LOOP = {0, 6, 8, 9}  # a handle makes a closed loop, and so do these


def _grid(name: str) -> list[str]:
    """Names of the 64 columns, row by row from the top left."""
    return [f"{name}_{row}_{column}" for row in range(1, SIDE + 1) for column in range(1, SIDE + 1)]


def _rows(columns: list[str], label_of: Callable[[int], str]) -> list[list[str]]:
    # Read from the package's own file: importing scikit-learn takes seconds in which the first page would wait.
    packed = distribution("scikit-learn").locate_file("sklearn/datasets/data/digits.csv.gz")
    with gzip.open(str(packed), "rt") as file:
        numbers = [[int(float(cell)) for cell in row] for row in csv.reader(file)]
    return [columns, *([*map(str, points), label_of(digit)] for *points, digit in numbers)]


def mugs() -> list[list[str]]:
    """64 brightness values and "yes" for a digit with a closed loop: 713 of 1,797."""
    return _rows([*_grid("light"), "is_mug"], lambda digit: "yes" if digit in WITH_LOOP else "no")


def mugs_in_another_light(light: float) -> list[list[str]]:
    """The same pictures with every value times `light`: rows of their own, so that nothing sealed of the demo is in them."""
    head, *rows = mugs()
    return [head, *([*(f"{float(cell) * light:.3f}" for cell in points), label] for *points, label in rows)]


def desks() -> list[list[str]]:
    """64 ink values and the desk, which is the digit that was written."""
    return _rows([*_grid("ink"), "desk"], "desk {}".format)
