"""Reads about forecasts: what "Would more data help?" is answered with, in words, numbers and a chart."""

from typing import Any

from dlstart_web.kit import text
from evaluations.core import charts
from evaluations.core.forecast import SURE_REACH, label_cost
from evaluations.models import Forecast, Run
from evaluations.words import Speech

NOT_WITHIN = "not within 8 times your data"


def forecast_newest(run: Run) -> Forecast | None:
    """The newest forecast of a run, whatever its state."""
    return run.forecasts.first()


def forecast_message(forecast: Forecast, says: Speech) -> str:
    """The answer in a few sentences, or why there is none."""
    found = forecast.result
    if found["refusals"]:
        return "No forecast: " + " ".join(found["refusals"])
    have = found["sizes"][-1]
    now, twice = found["scores"][-1], found["twice"]
    said = [
        f"With {text.thousands(have)} train rows it scores {says.number(now)}; with twice as many, on fresh rows, "
        f"likely {says.span(twice['scores'], twice['lows'], twice['highs'])} (80% range)."
    ]
    needed = found["needed"]
    if needed is None:
        said.append("Lock a level, and this page says how many rows reach it.")
    elif needed["likely"] is None and needed["low"] is None:
        said.append(
            f"The level of {says.number(found['level'])} is {NOT_WITHIN}, even at best: rows alone will not do."
        )
    elif needed["likely"] is not None and needed["likely"] <= have:
        said.append(f"The level of {says.number(found['level'])} is reached with the rows you have.")
    else:
        said.append(f"The level of {says.number(found['level'])} needs {_span_words(needed, have)}.")
    said.append(f"Next round: double to {text.thousands(2 * have)} train rows, then ask again.")
    return " ".join(said)


def _span_words(needed: dict[str, float | None], have: int) -> str:
    """The likely rows with both ends; beyond four times the data only their order of magnitude."""
    words = [_rows_words(needed[key], have) for key in ("likely", "low", "high")]
    return f"likely {words[0]} train rows (at best {words[1]}, at worst {words[2]})"


def _rows_words(rows: float | None, have: int) -> str:
    if rows is None:
        return NOT_WITHIN
    digits = 1 if rows > SURE_REACH * have else 2
    step = 10 ** max(0, len(str(round(rows))) - digits)
    shown = text.thousands(step * round(rows / step))
    return f"on the order of {shown}" if rows > SURE_REACH * have else shown


def forecast_cost(forecast: Forecast) -> str:
    """What the missing labels cost, where a price was given and a level can be reached."""
    found, price = forecast.result, forecast.row_cost
    if price is None or not found["needed"]:
        return ""
    have = found["sizes"][-1]
    likely, low, high = (label_cost(found["needed"][key], have, price) for key in ("likely", "low", "high"))
    if likely is None and low is None:
        return ""
    words = [NOT_WITHIN if cost is None else text.thousands(cost) for cost in (likely, low, high)]
    return (
        f"Labels at {price:g} each: likely {words[0]} (at best {words[1]}, at worst {words[2]}). "
        "Only six rows in ten train, so more are labelled than the model reads."
    )


def forecast_answer(forecast: Forecast, says: Speech) -> dict[str, Any]:
    """All that a page shows of a measured forecast."""
    found = forecast.result
    rows = [
        [text.thousands(size), says.number(score), "measured"]
        for size, score in zip(found["sizes"], found["scores"], strict=True)
    ]
    if ahead := found["ahead"]:
        for place in range(1, len(ahead["sizes"])):
            score, low, high = (ahead[key][place] for key in ("scores", "lows", "highs"))
            rows.append([text.thousands(ahead["sizes"][place]), says.span(score, low, high), "forecast"])
    return {
        "message": forecast_message(forecast, says),
        "cost": forecast_cost(forecast),
        "refused": bool(found["refusals"]),
        "columns": ["Train rows", says.head, "From"],
        "rows": rows,
        "passes": f"{len(found['sizes'])} data sizes, {found['repeats']} random draws of each, all scored on the same "
        f"{text.thousands(found['n_validation'])} validation rows; no test row took part",
    }


def forecast_data(forecast: Forecast, says: Speech) -> dict[str, Any]:
    """The same for programs: {"rows_needed", "low", "high", "message"}."""
    needed = (forecast.result or {}).get("needed") or {}
    return {
        "rows_needed": needed.get("likely"),
        "low": needed.get("low"),
        "high": needed.get("high"),
        "message": forecast_message(forecast, says) if forecast.result else forecast.problem,
    }


def forecast_chart(forecast: Forecast, says: Speech) -> dict[str, Any]:
    """Measured and forecast score by train rows, as a figure."""
    found = forecast.result
    ahead = found["ahead"]
    return charts.forecast_figure(
        (found["sizes"], found["scores"]),
        (ahead["sizes"], ahead["scores"], ahead["lows"], ahead["highs"]) if ahead else None,
        y_title=says.measure.title,
        level=found["level"],
    )
