"""Reads about what holds whatever the threshold: calibration, held-back answers, classes taken for others, errors by size."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dlstart_web.kit import text
from dlstart_web.kit.say import joined, say
from evaluations.core import operating
from evaluations.core.intervals import wilson

Json = dict[str, Any]


def polyline(x: Any, y: Any) -> str:
    """Points of a polyline in a box of 1000 by 1000, y upwards."""
    return " ".join(f"{1000 * a:.1f},{1000 * (1 - b):.1f}" for a, b in zip(x, y, strict=True))


def place(x: float, y: float) -> Json:
    """Where a point lies in a drawing, in percent."""
    return {"x": f"{100 * x:.2f}%", "y": f"{100 * (1 - y):.2f}%"}


def trust_context(found: Json, terms: Mapping[str, float]) -> Json:
    """Calibration and held-back answers, of a task with classes."""
    judged, held = found["calibration"], found["abstain"]
    tolerated = terms["risk"] / 100
    uppers = operating.upper_risks(held["errors"], held["rows"])
    kept = operating.guaranteed_coverage(held["errors"], held["rows"], tolerated)
    band = [(b["said"], b["low"]) for b in judged["bins"]] + [(b["said"], b["high"]) for b in reversed(judged["bins"])]
    return {
        "calibration": {
            "is_off": judged["is_off"],
            "ece": text.rounded(100 * judged["ece"], 1),
            "limit": text.rounded(100 * judged["limit"], 1),
            "n": judged["n"],
            "band": polyline([x for x, _ in band], [y for _, y in band]),
            "dots": [place(b["said"], b["was"]) for b in judged["bins"]],
            "rows": [
                (
                    text.rounded(100 * b["said"], 1),
                    text.rounded(100 * b["was"], 1),
                    f"{100 * b['low']:.0f}–{100 * b['high']:.0f}",
                    text.thousands(b["rows"]),
                )
                for b in judged["bins"]
            ],
            "offer": _offer(judged["offer"]),
        },
        "abstain": {
            "aurc": f"{held['aurc']:.4f}",
            "line": polyline(held["coverage"], _stretched(held["risk"])),
            "top": text.rounded(100 * max([0.01, *held["risk"]]), 1),
            "tolerated": f"{100 * tolerated:g}",
            "kept": 10 * kept,
            "from": f"{held['confidence'][kept - 1]:.3g}" if kept else "",
            "rows": [
                (
                    10 * (i + 1),
                    text.thousands(n),
                    text.thousands(k),
                    text.rounded(100 * k / n, 1),
                    text.rounded(100 * upper, 1),
                )
                for i, (n, k, upper) in enumerate(zip(held["rows"], held["errors"], uppers, strict=True))
            ],
        },
        "chow": _chow(terms),
    }


def _stretched(risk: list[float]) -> list[float]:
    top = max([0.01, *risk])
    return [value / top for value in risk]


def _chow(terms: Mapping[str, float]) -> str:
    review, error = terms.get("review"), terms["miss"]
    if review is None or not error or review >= error:
        return ""
    return f"{operating.chow_confidence(review, error):.2f}"


def _offer(offer: Json | None) -> str:
    """The repair that validation offers, as something one can write into a program."""
    if offer is None:
        return ""
    if offer["kind"] == "platt":
        return say("Platt: p' = 1 / (1 + exp(−({a:.3f} × ln(p / (1 − p)) + {b:.3f})))", a=offer["a"], b=offer["b"])
    steps = [
        say("{value:.2f} from {begin:.2f}", value=value, begin=begin)
        for begin, value in zip(offer["from"][:12], offer["value"][:12], strict=True)
    ]
    more = ["…"] if len(offer["from"]) > 12 else []
    return say("Isotonic steps: {steps}", steps=joined(", ", [*steps, *more]))


def multiclass_context(found: Json, terms: Mapping[str, float]) -> Json:
    """Per class precision and recall, and which classes are taken for which."""
    matrix = np.array(found["matrix"])
    names, most = found["classes"], max(1, int(matrix.max()))
    shrink = found["units"] / found["n"]

    def share(k: int, n: int) -> Json:
        low, high = wilson(k * shrink, n * shrink)
        number, span = text.score_words(k / n if n else None, low, high, percent=True)
        return {"number": number, "span": span if n else ""}

    rows = []
    for j, name in enumerate(names):
        is_lump = found["lumped"] and j == len(names) - 1
        right, said, true = int(matrix[j, j]), int(matrix[:, j].sum()), int(matrix[j].sum())
        rows.append(
            {
                "name": name,
                "n": text.thousands(true),
                "said": text.thousands(said),
                "precision": {"number": text.MISSING, "span": ""} if is_lump else share(right, said),
                "recall": {"number": text.MISSING, "span": ""} if is_lump else share(right, true),
            }
        )
    wrong = matrix - np.diag(np.diag(matrix))
    truth, taken = divmod(int(wrong.argmax()), len(names))
    return {
        "classes": rows,
        "names": names,
        "heat": [
            {"name": name, "cells": [{"n": int(n), "shade": _shade(int(n), most)} for n in matrix[j]]}
            for j, name in enumerate(names)
        ],
        "worst": say(
            "“{truth}” is taken for “{answer}” {times} times",
            truth=names[truth],
            answer=names[taken],
            times=text.thousands(int(wrong.max())),
        )
        if wrong.max()
        else say("No class is taken for another"),
        "slices": [
            {
                "column": s["column"],
                "value": s["value"],
                "n": text.thousands(s["n"]),
                "right": share(s["right"], s["n"]),
            }
            for s in found["slices"]
        ],
    } | trust_context(found, terms)


def _shade(n: int, most: int) -> int:
    """Of six steps, by the root of the count, so that rare mistakes still show."""
    return 0 if n == 0 else max(1, round(5 * (n / most) ** 0.5))


def number(value: float) -> str:
    """Three significant figures."""
    return text.rounded(value, text.decimals_for(None, percent=False, size=value))


def regression_context(found: Json) -> Json:
    """Errors: their spread, and their size by the size of what was predicted."""
    histogram = found["histogram"]
    most = max([1, *histogram["rows"]])
    width = 100 / max(1, len(histogram["rows"]))
    big = max((band["mae_high"] or band["mae"] for band in found["bands"]), default=1) or 1

    def written(errors: Json) -> Json:
        low, high = errors["mae_low"], errors["mae_high"]
        value, span = text.score_words(errors["mae"], low, high)
        return {
            "n": text.thousands(errors["n"]),
            "mae": value,
            "span": span,
            "bias": number(errors["bias"]),
            "bar": f"{100 * errors['mae'] / big:.2f}%",
            "bar_low": f"{100 * (low or 0) / big:.2f}%",
            "bar_high": f"{100 * min(1, (high or errors['mae']) / big):.2f}%",
        }

    return {
        "bias_words": _bias_words(found["bias"]),
        "quantiles": [number(value) for value in found["quantiles"]],
        "bars": [
            {
                "x": f"{i * width:.2f}%",
                "width": f"{0.92 * width:.2f}%",
                "y": f"{100 - 100 * n / most:.2f}%",
                "height": f"{100 * n / most:.2f}%",
            }
            for i, n in enumerate(histogram["rows"])
        ],
        "edges": (number(histogram["edges"][0]), number(histogram["edges"][-1])),
        "zero": text.position(0, histogram["edges"][0], histogram["edges"][-1]),
        "bands": [{"from": number(b["low"]), "to": number(b["high"]), **written(b)} for b in found["bands"]],
        "slices": [{"column": s["column"], "value": s["value"], **written(s)} for s in found["slices"]],
    }


def _bias_words(bias: float) -> str:
    if bias > 0:
        return say("on average it answers {amount} too high", amount=number(bias))
    return say("on average it answers {amount} too low", amount=number(-bias))
