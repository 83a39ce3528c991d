"""How far Polars is in a file, told while it is at work."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait

import polars as pl

from datasets.core.stages import Progress

EVERY = 0.5  # seconds


class Watch:
    """Counts the rows that pass through a column.

    Parameters
    ----------
    rows : int
        Of the file.
    progress : callable
        Called with the share of rows that have passed, in the thread that called `collect`.
    """

    def __init__(self, rows: int, progress: Progress) -> None:
        self._rows, self._progress = max(1, rows), progress
        self._passed = 0

    def column(self, cell: pl.Expr, dtype: pl.DataType) -> pl.Expr:
        """The same cells, counted as they pass."""

        def count(cells: pl.Series) -> pl.Series:
            self._passed += len(cells)
            return cells

        return cell.map_batches(count, return_dtype=dtype, is_elementwise=True)

    def collect(self, plans: Sequence[pl.LazyFrame]) -> list[pl.DataFrame]:
        """Run plans, in one of which a column is counted."""
        self._passed = 0
        with ThreadPoolExecutor(1) as pool:
            working = pool.submit(pl.collect_all, plans, engine="streaming")
            while wait([working], EVERY).not_done:
                self._tell()
        frames = working.result()
        self._tell()
        return frames

    def _tell(self) -> None:
        self._progress(min(1.0, self._passed / self._rows))
