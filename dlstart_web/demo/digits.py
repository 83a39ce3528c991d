"""scikit-learn's handwritten digits as tables: small, real, and in the package that trains on them."""

from sklearn.datasets import load_digits

SIDE = 8
WITH_LOOP = {0, 6, 8, 9}  # a handle makes a closed loop, and so do these


def _grid(name: str) -> list[str]:
    """Names of the 64 columns, row by row from the top left."""
    return [f"{name}_{row}_{column}" for row in range(1, SIDE + 1) for column in range(1, SIDE + 1)]


def _rows(columns: list[str], labels: list[str]) -> list[list[str]]:
    points = load_digits().data.astype(int).tolist()
    return [columns, *([*map(str, row), label] for row, label in zip(points, labels, strict=True))]


def mugs() -> list[list[str]]:
    """64 brightness values and "yes" for a digit with a closed loop: 713 of 1,797."""
    labels = ["yes" if digit in WITH_LOOP else "no" for digit in load_digits().target]
    return _rows([*_grid("light"), "is_mug"], labels)


def desks() -> list[list[str]]:
    """64 ink values and the desk, which is the digit that was written."""
    labels = [f"desk {digit}" for digit in load_digits().target]
    return _rows([*_grid("ink"), "desk"], labels)
