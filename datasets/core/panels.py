"""Figures of a column -> sentences, tables and a Plotly figure as plain JSON; computes shares, and loads nothing.

Small multiples: one panel a part or a class, all on one x, so that shapes are compared and not colours.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from datasets.core.parts import PART_WORDS
from dlstart_web.kit.say import figure, say
from dlstart_web.kit.text import day_words

Figure = dict[str, Any]
Column = Mapping[str, Any]

PANEL, HEAD, FOOT, LOWEST = 84, 24, 44, 320  # pixels
COLOURS = {"validation": "--chart-validation", "checkpoint": "--chart-baseline", "final": "--chart-baseline"}
OTHERS = say("all others")  # values that are drawn together
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
        return day_words(moment, with_year=True)
    return figure(f"{value:,.4g}" if abs(value) < 1e6 else f"{value:,.0f}")


def part_finding(column: Column) -> str:
    """What the panels of train and validation show, in a sentence."""
    if column["shape"] == "none":
        return say("“{name}” has no value in train.", name=column["name"])
    train, validation = column["parts"]["train"], column["parts"]["validation"]
    ordered = column["shape"] == "bins"
    gap = apart(train, validation, ordered=ordered)
    alike = (
        say("train and validation are alike, at most {gap:.1f} points apart", gap=gap)
        if gap < FEW_POINTS
        else say("train and validation differ by up to {gap:.0f} points", gap=gap)
    )
    if ordered:
        middle = in_words(column, column["middle"]["train"])
        if column["unit"] == "characters":
            middle = say("{number} characters", number=middle)
        return say("Half of the train rows lie below {middle}; {alike}.", middle=middle, alike=alike)
    named = [at for at, value in enumerate(column["x"]) if value != OTHERS]
    top = max(named, key=train.__getitem__)
    return say(
        "“{value}” is the commonest, with {share:.0f}% of train; {alike}.",
        value=column["x"][top],
        share=shares(train)[top],
        alike=alike,
    )


def class_finding(column: Column) -> str:
    """What the panels of the classes show, in a sentence."""
    classes = column["classes"]
    if column["shape"] == "bins":
        middles = {name: column["middle"].get(f"class {name}") for name in classes}
        known = sorted(((value, name) for name, value in middles.items() if value is not None))
        if len(known) < 2:
            return say("Only one class has values here.")
        (low, first), (high, last) = known[0], known[-1]
        return say(
            "The middle value is lowest for “{first}” ({low}) and highest for “{last}” ({high}).",
            first=first,
            low=in_words(column, low),
            last=last,
            high=in_words(column, high),
        )
    widest = (0.0, "", "", "")
    for at, value in enumerate(column["x"]):
        share = sorted((shares(rows)[at], name) for name, rows in classes.items() if sum(rows))
        if len(share) > 1 and share[-1][0] - share[0][0] > widest[0]:
            widest = (share[-1][0] - share[0][0], value, share[-1][1], share[0][1])
    if not widest[1]:
        return say("The classes have the same values equally often.")
    return say(
        "“{value}” tells most: {points:.0f} points more often in “{more}” than in “{less}”.",
        value=widest[1],
        points=widest[0],
        more=widest[2],
        less=widest[3],
    )


def balance_finding(classes: Mapping[str, Mapping[str, int]]) -> str:
    """How even the classes are over all parts, in a sentence."""
    total = {name: sum(rows.values()) for name, rows in classes.items()}
    every = sum(total.values()) or 1
    most, least = max(total, key=total.__getitem__), min(total, key=total.__getitem__)
    if total[most] <= 1.2 * total[least]:
        return say("The {count} classes are about equally frequent.", count=len(total))
    return say(
        "“{most}” has {share:.0f}% of the rows, “{least}” {other:.1f}%.",
        most=most,
        share=100 * total[most] / every,
        least=least,
        other=100 * total[least] / every,
    )


def table(column: Column, groups: Mapping[str, Sequence[int]]) -> tuple[list[str], list[list[str]]]:
    """The same as the panels, as heads and rows of text: rows and percent of each group."""
    heads = [say("From, to") if column["shape"] == "bins" else say("Value")]
    for name in groups:
        heads += [say("{name}, rows", name=name), "%"]
    part = {name: shares(rows) for name, rows in groups.items()}
    lines = []
    for at, label in enumerate(labels(column)):
        line = [label]
        for name, rows in groups.items():
            line += [figure(f"{rows[at]:,}"), figure(f"{part[name][at]:.1f}")]
        lines.append(line)
    return heads, lines


def labels(column: Column) -> list[str]:
    """The names of the bars."""
    if column["shape"] != "bins":
        return [OTHERS if value == OTHERS else value for value in column["x"]]
    edges = [in_words(column, edge) for edge in column["x"]]
    return [say("{low} to {high}", low=low, high=high) for low, high in pairwise(edges)]


def column_chart(column: Column, groups: Mapping[str, Sequence[int]]) -> Figure:
    """One panel for each group of rows of a column."""
    if column["shape"] == "bins":
        edges = column["x"]
        x: list[Any] = [(low + high) / 2 for low, high in pairwise(edges)]
        width = edges[1] - edges[0]
        kind = "date" if column["unit"] == "time" else "linear"
    else:
        x, width, kind = [short(value) for value in column["x"]], None, "category"
    title = say("{name}, characters", name=column["name"]) if column["unit"] == "characters" else column["name"]
    return panels(x, groups, title=short(title), names=labels(column), width=width, kind=kind)


def plain(text: str) -> str:
    """Text that Plotly draws as it is; it would take tags in it for its own."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def short(text: str) -> str:
    """As much of a name as an axis has room for."""
    words = str(text)
    return plain(words if len(words) <= 24 else f"{words[:23]}…")


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
        called = short(PART_WORDS.get(name, name))
        data.append(
            {
                "type": "bar",
                "x": list(x),
                "y": [round(share, 2) for share in shares(rows)],
                "width": width,
                "yaxis": axis,
                "name": called,
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
        words = say("{name}, {rows:,} rows", name=called, rows=sum(rows))
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
    return str(say("{name}: {share:.1f}%, {rows:,} rows", name=plain(name), share=share, rows=rows))


def _note(text: str, x: float, y: float, anchor: str) -> Figure:
    return {
        "text": str(text),
        "xref": "paper",
        "yref": "paper",
        "x": x,
        "y": y,
        "xanchor": anchor,
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"color": "--chart-text", "weight": 650},
    }
