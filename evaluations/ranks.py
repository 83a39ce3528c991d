"""The board of one project, version and measure: who shares a rank with the best, and how far the best is flattered."""

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluations.core import comparison, ranking
from evaluations.core.intervals import normal_quantile
from evaluations.core.metrics import Metric
from evaluations.core.ranking import Entry
from evaluations.models import Ladder, Run
from evaluations.words import speech

Array = NDArray[np.float64]
Load = Callable[[Run, str], Array]

COMPARED = 200  # runs that are tested against the best; those further down a long board count as worse than it
CORRELATED = 20  # runs whose agreement on validation is measured
FIELDS = ("pk", "recipe", "score", "goodness", "low", "high", "cpu_seconds", "rank", "against_best")


class Board:
    """Ranks the board that a run enters. `prepare` does the tests, `write` only what changed meanwhile."""

    def __init__(self, run: Run, metric: Metric, y: Array, groups: Array | None, load: Load) -> None:
        self.run, self.metric, self.y, self.groups, self.load = run, metric, y, groups, load
        self._tests: dict[tuple[Any, Any], dict[str, Any]] = {}
        self._agreement = 0.5

    def prepare(self, run: Run, score: float, goodness: float, cpu_seconds: float | None) -> None:
        """Test against the best before the transaction: `run` has its predictions stored, but no row on the board yet."""
        run.score, run.goodness, run.cpu_seconds = score, goodness, cpu_seconds
        runs = [*self._runs(), run]
        self._entries(runs)
        best = sorted(runs, key=lambda one: -one.goodness)[:CORRELATED]
        self._agreement = ranking.mean_correlation([self._right(one) for one in best])

    def write(self) -> None:
        """Write ranks, tests and optimism; the caller holds the project's row, so that one board is ranked at a time."""
        runs = self._runs()
        by_key = {str(run.pk): run for run in runs}
        entries = self._entries(runs)
        changed = []
        for place in ranking.rank(entries, greater_is_better=self.metric.greater_is_better):
            run = by_key[place.key]
            found = self._found(run)
            if run.rank != place.rank or run.against_best != found:
                run.rank, run.against_best = place.rank, found
                changed.append(run)
        Run.objects.bulk_update(changed, ["rank", "against_best"], batch_size=200)
        best = self._best
        error = (best.high - best.low) / (2 * normal_quantile(0.05))
        flattery = ranking.optimism(len(runs), error, self._agreement)
        Ladder.objects.filter(project=self.run.project_id, version=self.run.version_id, metric=self.metric.name).update(
            optimism=flattery, agreement=self._agreement
        )

    def _runs(self) -> list[Run]:
        board = Run.objects.filter(
            project=self.run.project_id, version=self.run.version_id, metric=self.metric.name, score__isnull=False
        )
        return list(board.only(*FIELDS))

    def _entries(self, runs: list[Run]) -> list[Entry]:
        """The board as `ranking` takes it, each of the better runs tested against the best."""
        plain = [Entry(str(run.pk), run.score, inf if run.cpu_seconds is None else run.cpu_seconds) for run in runs]
        top = ranking.best_of(plain, greater_is_better=self.metric.greater_is_better)
        self._best = next(run for run in runs if top is not None and str(run.pk) == top.key)
        near = sorted(runs, key=lambda run: -run.goodness)[: COMPARED + 1]
        p = {str(run.pk): self._test(run)["p"] for run in near if run is not self._best}
        return [
            Entry(e.key, e.score, e.cost, None if e.key == str(self._best.pk) else p.get(e.key, 0.0)) for e in plain
        ]

    def _test(self, run: Run) -> dict[str, Any]:
        """The paired test of a run against the best: stored, done before, or done now."""
        stored = run.against_best
        if stored and stored["best"] == str(self._best.pk):
            return stored
        key = (self._best.pk, run.pk)
        if key not in self._tests:
            found = comparison.compare(
                self.metric,
                self.y,
                self.load(self._best, "validation"),
                self.load(run, "validation"),
                groups=self.groups,
            )
            write = speech(self.metric.name).difference
            self._tests[key] = {"best": str(self._best.pk), "p": found.p, "sentence": found.message(write)}
        return self._tests[key]

    def _found(self, run: Run) -> dict[str, Any] | None:
        if run.pk == self._best.pk:
            return None
        return self._tests.get((self._best.pk, run.pk)) or run.against_best

    def _right(self, run: Run) -> Array:
        """Per validation row: right or wrong, as the measure has it where it is a share; or the size of the error."""
        guess = self.load(run, "validation")
        if self.metric.counts is not None and self.metric.rows is not None:
            return self.metric.rows(self.y, guess, None).values
        return np.abs(self.y - guess) if guess.ndim == 1 else (guess.argmax(axis=1) == self.y).astype(np.float64)
