"""Figures of a column -> sentences, tables and a Plotly figure as plain JSON; computes shares, and loads nothing.

Small multiples: one panel a part or a class, all on one x, so that shapes are compared and not colours.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

Figure = dict[str, Any]
Column = Mapping[str, Any]

PANEL, HEAD, FOOT, LOWEST = 84, 24, 44, 320  # pixels
COLOURS = {"validation": "--chart-validation", "checkpoint": "--chart-baseline", "final": "--chart-baseline"}
OTHERS = "all others"  # values that are drawn together
FEW_POINTS = 5.0  # parts that differ by less are called alike


def shares(rows: Sequence[int]) -> list[float]:
    """Rows as percent of their sum."""
    total = sum(rows)
    return [100 * count / total if total else 0.0 for count in rows]


def apart(first: Sequence[int], second: Sequence[int], *, ordered: bool) -> float:
    """How far two groups differ, in points of percent: the largest gap of their running sums, or of one value."""
    gap = peak = 0.0
    for a, b in zip(shares(first), shares(second), strict=True):
        gap = gap + a - b if ordered else a - b
        peak = max(peak, abs(gap))
    return peak


def in_words(column: Column, value: float) -> str:
    """A number of a column's axis as people write it."""
    if column["unit"] == "time":
        moment = datetime.fromtimestamp(value / 1000, UTC)
        return f"{moment:%d %b %Y}"
    return f"{value:,.4g}" if abs(value) < 1e6 else f"{value:,.0f}"


def part_finding(column: Column) -> str:
    """What the panels of train and validation show, in a sentence."""
    if column["shape"] == "none":
        return f"“{column['name']}” has no value in train."
    train, validation = column["parts"]["train"], column["parts"]["validation"]
    ordered = column["shape"] == "bins"
    gap = apart(train, validation, ordered=ordered)
    alike = (
        f"train and validation are alike, at most {gap:.1f} points apart"
        if gap < FEW_POINTS
        else f"train and validation differ by up to {gap:.0f} points"
    )
    if ordered:
        middle = in_words(column, column["middle"]["train"])
        unit = " characters" if column["unit"] == "characters" else ""
        return f"Half of the train rows lie below {middle}{unit}; {alike}."
    named = [at for at, value in enumerate(column["x"]) if value != OTHERS]
    top = max(named, key=train.__getitem__)
    return f"“{column['x'][top]}” is the commonest, with {shares(train)[top]:.0f}% of train; {alike}."


def class_finding(column: Column) -> str:
    """What the panels of the classes show, in a sentence."""
    classes = column["classes"]
    if column["shape"] == "bins":
        middles = {name: column["middle"].get(f"class {name}") for name in classes}
        known = sorted(((value, name) for name, value in middles.items() if value is not None))
        if len(known) < 2:
            return "Only one class has values here."
        (low, first), (high, last) = known[0], known[-1]
        return f"The middle value is lowest for “{first}” ({in_words(column, low)}) and highest for “{last}” ({in_words(column, high)})."
    widest = (0.0, "", "", "")
    for at, value in enumerate(column["x"]):
        share = sorted((shares(rows)[at], name) for name, rows in classes.items() if sum(rows))
        if len(share) > 1 and share[-1][0] - share[0][0] > widest[0]:
            widest = (share[-1][0] - share[0][0], value, share[-1][1], share[0][1])
    if not widest[1]:
        return "The classes have the same values equally often."
    return f"“{widest[1]}” tells most: {widest[0]:.0f} points more often in “{widest[2]}” than in “{widest[3]}”."


def balance_finding(classes: Mapping[str, Mapping[str, int]]) -> str:
    """How even the classes are over all parts, in a sentence."""
    total = {name: sum(rows.values()) for name, rows in classes.items()}
    every = sum(total.values()) or 1
    most, least = max(total, key=total.__getitem__), min(total, key=total.__getitem__)
    if total[most] <= 1.2 * total[least]:
        return f"The {len(total)} classes are about equally frequent."
    return f"“{most}” has {100 * total[most] / every:.0f}% of the rows, “{least}” {100 * total[least] / every:.1f}%."


def table(column: Column, groups: Mapping[str, Sequence[int]]) -> tuple[list[str], list[list[str]]]:
    """The same as the panels, as heads and rows of text: rows and percent of each group."""
    heads = ["From, to" if column["shape"] == "bins" else "Value"]
    for name in groups:
        heads += [f"{name}, rows", "%"]
    part = {name: shares(rows) for name, rows in groups.items()}
    lines = []
    for at, label in enumerate(labels(column)):
        line = [label]
        for name, rows in groups.items():
            line += [f"{rows[at]:,}", f"{part[name][at]:.1f}"]
        lines.append(line)
    return heads, lines


def labels(column: Column) -> list[str]:
    """The names of the bars."""
    if column["shape"] != "bins":
        return list(column["x"])
    edges = [in_words(column, edge) for edge in column["x"]]
    return [f"{low} to {high}" for low, high in pairwise(edges)]


def column_chart(column: Column, groups: Mapping[str, Sequence[int]]) -> Figure:
    """One panel for each group of rows of a column."""
    if column["shape"] == "bins":
        edges = column["x"]
        x: list[Any] = [(low + high) / 2 for low, high in pairwise(edges)]
        width = edges[1] - edges[0]
        kind = "date" if column["unit"] == "time" else "linear"
    else:
        x, width, kind = [short(value) for value in column["x"]], None, "category"
    title = column["name"] + (", characters" if column["unit"] == "characters" else "")
    return panels(x, groups, title=short(title), names=labels(column), width=width, kind=kind)


def plain(text: str) -> str:
    """Text that Plotly draws as it is; it would take tags in it for its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def short(text: str) -> str:
    """As much of a name as an axis has room for."""
    return plain(text if len(text) <= 24 else f"{text[:23]}…")


def panels(
    x: Sequence[Any],
    groups: Mapping[str, Sequence[int]],
    *,
    title: str,
    names: Sequence[str],
    width: float | None = None,
    kind: str = "category",
) -> Figure:
    """Bars in percent of each group's rows, one panel a group, on one scale.

    Parameters
    ----------
    x : sequence
        Where the bars stand.
    groups : mapping of str to sequence of int
        Rows for each x; parts keep their colours, classes have that of train, from which they are.
    names : sequence of str
        What a bar is called under the pointer.
    """
    foot = FOOT if kind != "category" else 2 * FOOT  # names of values may stand aslant
    height = max(LOWEST, HEAD + foot + PANEL * len(groups))
    top = max((max(shares(rows), default=0) for rows in groups.values()), default=0) * 1.15 or 1
    data, notes, axes = [], [], {}
    for place, (name, rows) in enumerate(groups.items()):
        axis = f"y{place + 1}" if place else "y"
        colour = COLOURS.get(name, "--chart-train")
        upper = 1 - place / len(groups)
        data.append(
            {
                "type": "bar",
                "x": list(x),
                "y": [round(share, 2) for share in shares(rows)],
                "width": width,
                "yaxis": axis,
                "name": short(name),
                "marker": {"color": colour, "line": {"width": 1, "color": "--sheet"}},
                "hovertext": [_hover(*bar) for bar in zip(names, shares(rows), rows, strict=True)],
                "hoverinfo": "text",
            }
        )
        axes[f"yaxis{place + 1}" if place else "yaxis"] = {
            "domain": [upper - 0.78 / len(groups), upper - 0.1 / len(groups)],
            "range": [0, top],
            "nticks": 3,
            "ticksuffix": "%",
            "gridcolor": "--chart-grid",
            "zeroline": False,
            "ticks": "",
            "fixedrange": True,
        }
        words = f"{short(name)}, {sum(rows):,} rows"
        notes.append(_note(words, 1, upper, "right"))
    notes.append(_note(title, 1, 0, "right") | {"yanchor": "top", "yshift": -22})
    layout = {
        "template": None,
        "font": {"family": "--font-app", "size": 13, "color": "--chart-text"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "margin": {"l": 52, "r": 12, "t": HEAD, "b": foot},
        "height": height,
        "bargap": 0.25 if width is None else 0,
        "hovermode": "closest",
        "dragmode": False,
        "xaxis": {
            "type": kind,
            "anchor": "free",
            "position": 0,
            "linecolor": "--chart-level",
            "linewidth": 1.25,
            "showgrid": False,
            "zeroline": False,
            "ticks": "",
            "fixedrange": True,
            "automargin": False,
            "nticks": 6,
        },
        "annotations": notes,
        **axes,
    }
    return {"data": data, "layout": layout}


def _hover(name: str, share: float, rows: int) -> str:
    return f"{plain(name)}: {share:.1f}%, {rows:,} rows"


def _note(text: str, x: float, y: float, anchor: str) -> Figure:
    return {
        "text": text,
        "xref": "paper",
        "yref": "paper",
        "x": x,
        "y": y,
        "xanchor": anchor,
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"color": "--chart-text", "weight": 650},
    }
