"""Curves -> a plotly figure as plain JSON, by hand and computing nothing, so that the web can draw without the worker's packages.

Colours are names of CSS properties ("--chart-train"); the page's script puts their values in and reads them again when
the theme changes. See `LOOK` in the docs for the rules of the drawing.
"""

from collections.abc import Sequence
from typing import Any, Literal

from dlstart_web.kit.say import say
from evaluations.core.curves import Curve

Figure = dict[str, Any]

X_TITLES = {"epoch": say("epochs"), "round": say("rounds"), "rows": say("train rows")}
LEVEL_DASH, BASELINE_DASH = "7px,3px,1.5px,3px", "1.5px,3.5px"


def curve_figure(
    curve: Curve,
    *,
    over: Literal["epoch", "round", "rows"],
    show: Literal["loss", "score"],
    y_title: str,
    level: float | None = None,
    baseline: float | None = None,
    kept_x: float | None = None,
    kept_word: str = "kept",
) -> Figure:
    """Train and validation in one panel, with the level asked for, the always-same answer, and the epoch that was kept.

    Parameters
    ----------
    curve : Curve
        Thinned (`curves.thin`); points without a figure leave a gap.
    over : {"epoch", "round", "rows"}
        What x counts.
    show : {"loss", "score"}
        Losses begin at 0; scores show the part in use, and the page says so.
    y_title : str
        Name and unit of the measure.
    level, baseline : float, optional
        In the measure shown; drawn as lines from edge to edge.
    kept_x : float, optional
        The epoch or round whose model was kept: an open ring and a word on the validation line.
    """
    train = curve.train_loss if show == "loss" else curve.train_score
    validation = curve.validation_loss if show == "loss" else curve.validation_score
    data = [
        _line("Train", curve.x, train, "--chart-train", 2, "6px,3px", "square-open", 7),
        _line("Validation", curve.x, validation, "--chart-validation", 2.25, "solid", "circle", 8),
    ]
    notes = [_axis_title(y_title, 0, 1.0, "left", "bottom", 10), _axis_title(X_TITLES[over], 1, 0, "right", "top", -26)]
    kept = _kept_point(curve.x, validation, kept_x)
    if kept is not None:
        ring = {"symbol": "circle-open", "size": 14, "color": "--chart-level", "line": {"width": 1}}
        point = {"type": "scatter", "mode": "markers", "name": str(kept_word), "x": [kept[0]], "y": [kept[1]]}
        data.append(point | {"marker": ring, "hoverinfo": "skip"})
        notes.append(_text(kept_word, kept[0], kept[1], "--chart-text") | {"yshift": 18})
    for values, colour in ((train, "--chart-train"), (validation, "--chart-validation")):
        last = _last(curve.x, values)
        if last is not None:
            notes.append(_text(f"{last[1]:.3g}", last[0], last[1], colour) | {"xanchor": "left", "xshift": 6})
    lines = []
    for value, colour, dash in ((level, "--chart-level", LEVEL_DASH), (baseline, "--chart-baseline", BASELINE_DASH)):
        if value is not None:
            lines.append(_rule(value, colour, dash))
    return {"data": data, "layout": _layout(notes, lines, over, show), "config": _config()}


def forecast_figure(
    measured: tuple[Sequence[float], Sequence[float]],
    ahead: tuple[Sequence[float], Sequence[float], Sequence[float], Sequence[float]] | None,
    *,
    y_title: str,
    level: float | None = None,
) -> Figure:
    """Score by train rows as it was measured, and the forecast with its range as a band.

    Parameters
    ----------
    measured : (sizes, scores)
    ahead : (sizes, scores, lows, highs), optional
        None where no number may be read from the curve.
    """
    data = [_line("Measured", *measured, "--chart-validation", 2.25, "solid", "circle", 8)]
    if ahead:
        sizes, scores, lows, highs = ahead
        edge = {"type": "scatter", "mode": "lines", "x": list(sizes), "line": {"width": 0}, "hoverinfo": "skip"}
        data.append(edge | {"name": "low", "y": list(lows)})
        data.append(edge | {"name": "high", "y": list(highs), "fill": "tonexty", "fillcolor": "--chart-train 0.16"})
        data.append(_line("Forecast", sizes, scores, "--chart-train", 2, "6px,3px", "square-open", 7))
    notes = [
        _axis_title(y_title, 0, 1.0, "left", "bottom", 10),
        _axis_title(X_TITLES["rows"], 1, 0, "right", "top", -26),
    ]
    lines = [] if level is None else [_rule(level, "--chart-level", LEVEL_DASH)]
    layout = _layout(notes, lines, "rows", "score")
    layout["xaxis"]["type"] = "log"
    return {"data": data, "layout": layout, "config": _config()}


def seeds_figure(
    curves: Sequence[tuple[Sequence[float], Sequence[float]]], *, over: Literal["epoch", "round"], y_title: str
) -> Figure:
    """Validation losses of one rung with several seeds, each as it came; the first, the run's own, is the heavy one.

    Parameters
    ----------
    curves : sequence of (x, losses)
    """
    data = [
        _line(say("Seed {place}", place=place + 1), x, y, "--chart-train", 1.25, "solid", "square-open", 5)
        | {"mode": "lines"}
        for place, (x, y) in enumerate(curves)
        if place
    ]
    data.append(_line(say("This run"), *curves[0], "--chart-validation", 2.25, "solid", "circle", 8))
    notes = [_axis_title(y_title, 0, 1.0, "left", "bottom", 10), _axis_title(X_TITLES[over], 1, 0, "right", "top", -26)]
    return {"data": data, "layout": _layout(notes, [], over, "loss"), "config": _config()}


def _line(
    name: str,
    x: Sequence[float],
    y: Sequence[float | None],
    colour: str,
    width: float,
    dash: str,
    symbol: str,
    size: int,
) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": str(name),
        "x": list(x),
        "y": list(y),
        "line": {"color": colour, "width": width, "dash": dash},
        "marker": {"color": colour, "symbol": symbol, "size": size, "maxdisplayed": 7},
        "cliponaxis": False,
    }


def _kept_point(x: Sequence[float], y: Sequence[float | None], kept: float | None) -> tuple[float, float] | None:
    """The drawn point at the kept x; thinning keeps it when it is the best."""
    if kept is None:
        return None
    return next(((a, b) for a, b in zip(x, y, strict=True) if a == kept and b is not None), None)


def _last(x: Sequence[float], y: Sequence[float | None]) -> tuple[float, float] | None:
    return next(((a, b) for a, b in zip(reversed(x), reversed(y), strict=True) if b is not None), None)


def _text(text: str, x: float, y: float, colour: str) -> Figure:
    return {"text": str(text), "x": x, "y": y, "showarrow": False, "font": {"color": colour}}


def _axis_title(text: str, x: float, y: float, xanchor: str, yanchor: str, yshift: int) -> Figure:
    at = {"xref": "paper", "yref": "paper", "x": x, "y": y, "xanchor": xanchor, "yanchor": yanchor, "yshift": yshift}
    return {"text": str(text), "showarrow": False, "font": {"color": "--chart-text", "weight": 650}} | at


def _rule(y: float, colour: str, dash: str) -> Figure:
    ends = {"xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y}
    return {"type": "line", "line": {"color": colour, "width": 1.5, "dash": dash}} | ends


def _layout(notes: list[Figure], lines: list[Figure], over: str, show: str) -> Figure:
    def axis() -> Figure:
        return {
            "gridcolor": "--chart-grid",
            "gridwidth": 1,
            "zeroline": False,
            "linecolor": "--chart-level",
            "linewidth": 1.25,
            "showline": True,
            "ticks": "",
        }

    x, y = axis(), axis()
    if over == "epoch":
        x["minor"] = y["minor"] = {"gridcolor": "--chart-grid-minor", "showgrid": True, "nticks": 5}
    if show == "loss":
        y["rangemode"] = "tozero"
    return {
        "template": None,
        "font": {"family": "--font-app", "size": 13, "color": "--chart-text"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "margin": {"l": 52, "r": 12, "t": 36, "b": 52},
        "height": 320,
        "hovermode": "x unified",
        "dragmode": False,
        "xaxis": x,
        "yaxis": y,
        "annotations": notes,
        "shapes": lines,
    }


def _config() -> Figure:
    return {"displaylogo": False, "showSendToCloud": False, "responsive": True, "displayModeBar": False}
