"""Reads about forecasts: what "Would more data help?" is answered with, in words, numbers and a chart."""

from typing import Any

from dlstart_web.kit import text
from dlstart_web.kit.say import joined, say
from evaluations.core import charts
from evaluations.core.forecast import SURE_REACH, label_cost
from evaluations.models import Forecast, Run
from evaluations.words import Speech

NOT_WITHIN = say("not within 8 times your data")


def forecast_newest(run: Run) -> Forecast | None:
    """The newest forecast of a run, whatever its state."""
    return run.forecasts.first()


def forecast_message(forecast: Forecast, says: Speech) -> str:
    """The answer in a few sentences, or why there is none."""
    found = forecast.result
    if found["refusals"]:
        return say("No forecast: {why}", why=joined(" ", found["refusals"]))
    have = found["sizes"][-1]
    now, twice = found["scores"][-1], found["twice"]
    likely, span = text.score_words(twice["scores"], twice["lows"], twice["highs"], percent=says.percent)
    said = [
        say(
            "With {have} train rows it scores {now}; with twice as many, on fresh rows, "
            "likely {likely} (80% range {span}).",
            have=text.thousands(have),
            now=says.number(now),
            likely=likely,
            span=span,
        )
    ]
    needed = found["needed"]
    if needed is None:
        said.append(say("Lock a level, and this page says how many rows reach it."))
    elif needed["likely"] is None and needed["low"] is None:
        said.append(
            say(
                "The level of {level} is {not_within}, even at best: rows alone will not do.",
                level=says.number(found["level"]),
                not_within=NOT_WITHIN,
            )
        )
    elif needed["likely"] is not None and needed["likely"] <= have:
        said.append(say("The level of {level} is reached with the rows you have.", level=says.number(found["level"])))
    else:
        said.append(
            say(
                "The level of {level} needs {needed}.",
                level=says.number(found["level"]),
                needed=_span_words(needed, have),
            )
        )
    said.append(say("Next round: double to {rows} train rows, then ask again.", rows=text.thousands(2 * have)))
    return joined(" ", said)


def _span_words(needed: dict[str, float | None], have: int) -> str:
    """The likely rows with both ends; beyond four times the data only their order of magnitude."""
    words = [_rows_words(needed[key], have) for key in ("likely", "low", "high")]
    return say(
        "likely {likely} train rows (at best {best}, at worst {worst})",
        likely=words[0],
        best=words[1],
        worst=words[2],
    )


def _rows_words(rows: float | None, have: int) -> str:
    if rows is None:
        return NOT_WITHIN
    digits = 1 if rows > SURE_REACH * have else 2
    step = 10 ** max(0, len(str(round(rows))) - digits)
    shown = text.thousands(step * round(rows / step))
    return say("on the order of {shown}", shown=shown) if rows > SURE_REACH * have else shown


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
    return say(
        "Labels at {price:g} each: likely {likely} (at best {best}, at worst {worst}). "
        "Only six rows in ten train, so more are labelled than the model reads.",
        price=price,
        likely=words[0],
        best=words[1],
        worst=words[2],
    )


def forecast_answer(forecast: Forecast, says: Speech) -> dict[str, Any]:
    """All that a page shows of a measured forecast."""
    found = forecast.result
    rows = [
        [text.thousands(size), says.number(score), say("measured")]
        for size, score in zip(found["sizes"], found["scores"], strict=True)
    ]
    if ahead := found["ahead"]:
        for place in range(1, len(ahead["sizes"])):
            score, low, high = (ahead[key][place] for key in ("scores", "lows", "highs"))
            rows.append([text.thousands(ahead["sizes"][place]), says.span(score, low, high), say("forecast")])
    return {
        "message": forecast_message(forecast, says),
        "cost": forecast_cost(forecast),
        "refused": bool(found["refusals"]),
        "columns": [say("Train rows"), says.head, say("From")],
        "rows": rows,
        "passes": say(
            "{sizes} data sizes, {repeats} random draws of each, all scored on the same {rows} validation rows; "
            "no test row took part",
            sizes=len(found["sizes"]),
            repeats=found["repeats"],
            rows=text.thousands(found["n_validation"]),
        ),
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
