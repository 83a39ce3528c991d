"""The dummy: the same answer for every row. What any model has to beat."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dlstart_web.kit.say import listed, say
from evaluations.core.encoding import Encoded
from evaluations.core.features import Rows
from evaluations.core.metrics import Metric, constant_prediction
from evaluations.core.recipes.base import Array, Fitted, Index, Judge, Report, n_classes

# measures that read the answer alone: always the one class and always the other are worth showing
ANSWERED = frozenset({"accuracy", "balanced_accuracy", "macro_f1", "f1", "precision", "recall"})


@dataclass(kw_only=True)
class AlwaysSame(Fitted):
    """Class shares of train, or its mean."""

    RECIPE = "always_same"

    answer: list[float]

    def _predict(self, encoded: Rows, source: str | Rows, rows: Index | None) -> Array:
        n = len(encoded) if rows is None else len(rows)
        if self.data.task == "regression":
            return np.full(n, self.answer[0])
        return np.tile(np.array(self.answer), (n, 1))

    def refit(self, data: Encoded) -> "AlwaysSame":
        return _learn(data, np.concatenate([data.y("train"), data.y("validation")]))

    def _save_model(self, folder: Path) -> None:
        (folder / "answer.json").write_text(json.dumps(self.answer), encoding="utf-8")

    @classmethod
    def _load_model(cls, folder: Path, data: Encoded, state: dict[str, Any]) -> "AlwaysSame":
        return cls(data=data, answer=json.loads((folder / "answer.json").read_text(encoding="utf-8")), **state)


def fit(data: Encoded, *, metric: Metric, budget: float, random_state: int, report: Report) -> AlwaysSame:
    """Count the classes, or take the mean."""
    y = data.y("train")
    fitted = _learn(data, y)
    judge = Judge.of(data, metric)
    report(judge.point(len(y), y, fitted.predict("train"), fitted.predict("validation", judge.validation)))
    if data.task == "binary" and metric.name in ANSWERED:
        fitted.settings["constant"] = {f"always {name}": _constant_score(data, metric, k) for k, name in _named(data)}
        scores = fitted.settings["constant"].values()
        said = [
            say("always “{name}” {score:.1%}", name=name, score=score)
            for (_, name), score in zip(_named(data), scores, strict=True)
        ]
        fitted.notes.append(say("Of the two constant answers, {answers}.", answers=listed(said)))
    return fitted


def _named(data: Encoded) -> list[tuple[int, str]]:
    return list(enumerate(data.classes or ()))


def _constant_score(data: Encoded, metric: Metric, answer: int) -> float:
    """What one class for every validation row scores."""
    y = data.y("validation")
    return float(metric.score(y, np.eye(2)[np.full(len(y), answer)]))


def _learn(data: Encoded, y: Array) -> AlwaysSame:
    answer = constant_prediction(data.task, y, 1, n_classes(data)).ravel().tolist()
    said = answer[0] if data.task == "regression" else (data.classes or [])[int(np.argmax(answer))]
    return AlwaysSame(data=data, rows_trained=len(y), best_x=len(y), settings={"answer": said}, answer=answer)
