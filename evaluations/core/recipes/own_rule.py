"""The team's own rule as a rung: the simplest thing that a person would do, scored like any model."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluations.core import rules
from evaluations.core.encoding import Encoded
from evaluations.core.errors import EvaluationProblem
from evaluations.core.features import Feature, Rows
from evaluations.core.metrics import Metric
from evaluations.core.recipes.base import Array, Fitted, Index, Judge, Report, both, n_classes


class RuleValues:
    """Encoded rows as a rule sees them: values, not codes."""

    def __init__(self, rows: Rows, index: Index | None) -> None:
        self.features, self.tree, self.index = rows.features, rows.tree, index

    def __len__(self) -> int:
        return len(self.tree) if self.index is None else len(self.index)

    def number(self, name: str) -> NDArray[Any]:
        return self._column(name)[1]

    def category(self, name: str, value: str) -> NDArray[Any]:
        feature, codes = self._column(name)
        return np.asarray(codes == (feature.values.index(value) if value in feature.values else -1))

    def days(self, name: str) -> NDArray[Any]:
        feature, days = self._column(name)
        return np.asarray(days.astype(np.float64) + feature.origin)

    def missing(self, name: str) -> NDArray[Any]:
        """Values that train never held count as missing."""
        return np.asarray(np.isnan(self._column(name)[1]))

    def _column(self, name: str) -> tuple[Feature, NDArray[Any]]:
        for place, feature in enumerate(self.features):
            if feature.source == name and feature.kind in ("number", "category", "days"):
                values = self.tree[:, place] if self.index is None else self.tree[self.index, place]
                return feature, np.asarray(values)
        raise EvaluationProblem(
            f"The rule asks for the column '{name}', which no rung reads: it is free text or was dropped."
        )


@dataclass(kw_only=True)
class OwnRule(Fitted):
    """A rule, and for each of its answers the class shares that train had there; the answer itself stays the likeliest."""

    RECIPE = "own_rule"

    rule: rules.Rule
    shares: list[list[float]]

    def _predict(self, encoded: Rows, source: str | Rows, rows: Index | None) -> Array:
        answers = self.rule.answers(RuleValues(encoded, rows))
        if self.data.task != "regression":
            return np.asarray(np.array(self.shares)[answers.astype(int)])
        numbers = np.asarray(answers, dtype=np.float64)
        return np.where(np.isfinite(numbers), numbers, self.shares[0][0])

    def refit(self, data: Encoded) -> "OwnRule":
        tree, y = both(data)
        return _learn(data, self.rule, Rows(data.features, tree), y)

    def _save_model(self, folder: Path) -> None:
        (folder / "shares.json").write_text(json.dumps(self.shares), encoding="utf-8")

    @classmethod
    def _load_model(cls, folder: Path, data: Encoded, state: dict[str, Any]) -> "OwnRule":
        shares = json.loads((folder / "shares.json").read_text(encoding="utf-8"))
        rule = read(state["settings"]["rule"], data)
        return cls(data=data, rule=rule, shares=shares, **state)


def read(text: str, data: Encoded) -> rules.Rule:
    """The rule against the columns that the encoder knows."""
    kinds = {"number": "number", "category": "category", "days": "date"}
    columns = {f.source: kinds[f.kind] for f in data.features if f.kind in kinds}
    return rules.parse(text, columns, data.task, data.classes)


def fit(data: Encoded, *, text: str, metric: Metric, report: Report) -> OwnRule:
    """Ask the rule about every train row, and count what is true where it says what."""
    y = data.y("train")
    fitted = _learn(data, read(text, data), data.part("train"), y)
    judge = Judge.of(data, metric)
    report(judge.point(len(y), y, fitted.predict("train"), fitted.predict("validation", judge.validation)))
    return fitted


def _learn(data: Encoded, rule: rules.Rule, rows: Rows, y: Array) -> OwnRule:
    settings = {"rule": rule.text}
    if data.task == "regression":
        return OwnRule(
            data=data, rows_trained=len(y), best_x=len(y), settings=settings, rule=rule, shares=[[float(y.mean())]]
        )
    k = n_classes(data)
    answers, shares = rule.answers(RuleValues(rows, None)).astype(int), []
    for code in range(k):
        found = (np.bincount(y[answers == code].astype(int), minlength=k) + 1 / k) / (np.sum(answers == code) + 1)
        if np.argmax(found) != code:  # the rule is a hard answer: what it says stays the likeliest
            found = (found + 1.01 * np.eye(k)[code]) / 2.01
        shares.append([float(share) for share in found])
    return OwnRule(data=data, rows_trained=len(y), best_x=len(y), settings=settings, rule=rule, shares=shares)
