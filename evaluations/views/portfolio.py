"""The portfolio: the table first, then the plot, what a budget pays for, two to four side by side, and downloads."""

import csv
import math
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from datasets.core.formulas import neutral_name
from dlstart_web.kit.say import english_marks, say
from evaluations import selectors
from evaluations.selectors import Entry, Filter
from projects.core import panel
from projects.core.criteria import BY_KEY, CRITERIA
from projects.core.payoff import amount
from projects.core.scoring import Summary
from projects.http import Request

MOST, FEWEST = 4, 2  # side by side
HEADS = {
    "dataset": say("Dat"),
    "reuse": say("Reu"),
    "feasibility": say("Fea"),
    "payoff": say("Pay"),
    "fault_tolerance": say("Tol"),
}
DASHES = dict(zip(HEADS, ("none", "6 3", "1.5 3", "9 3 1.5 3", "12 4"), strict=True))


@login_required
@require_safe
def portfolio(request: Request) -> HttpResponse:
    """All reviewed projects of which one may see the reviews, in bands."""
    typed = request.GET.get("budget", "").strip()
    budget = amount(english_marks(typed)) if typed else None
    found = selectors.portfolio(request.user)
    filters = selectors.filters_of(found.all, request.GET.dict())
    shown = selectors.narrowed(found.entries, filters)
    sort = request.GET.get("sort", "")
    sort = sort if sort in selectors.SORTS else ""
    names = {entry.key: entry.name for entry in shown}
    total = sum(entry.asked for entry in shown if entry.asked)
    cut = None if budget is None else selectors.cut_of(shown, budget)
    chosen = {one.name: one.chosen for one in filters if one.chosen}
    context = {
        "found": found,
        "filters": [{"label": one.label, "links": _links(request, one)} for one in filters],
        "is_narrowed": bool(chosen),
        "kept": {**chosen, **({"sort": sort} if sort else {})},
        "sort": sort,
        "heads": _heads(request, sort),
        "shown": shown,
        "is_corrected": any(entry.corrected is not None for entry in shown),
        "provisional": selectors.narrowed(found.provisional, filters),
        "bands": [("", selectors.in_order(shown, sort))] if sort else _bands(shown),
        "budget": typed,
        "budget_problem": bool(typed) and budget is None,
        "total": total,
        "step": 10 ** max(0, int(math.log10(total)) - 2) if total >= 1 else 1,
        "most": math.ceil(total * 1.1) if total else 0,
        "cut": cut
        and {part: [names[key] for key in getattr(cut, part)] for part in ("fits", "out", "blocked", "unknown")},
        "cut_left": cut.left if cut else None,
        "fits": set(cut.fits) if cut else set(),
        "given": budget,
        "plot": _plot(shown),
        "finding": _finding(shown),
        "keys": [(BY_KEY[key].label, dash) for key, dash in DASHES.items()],
        "agreement_from": panel.AGREEMENT_FROM,
    }
    return render(request, "evaluations/portfolio.html", context)


def _address(request: Request, **changes: str) -> str:
    """This page with some of its questions changed; "" takes one away."""
    asked = request.GET.dict() | changes
    return "?" + urlencode({name: value for name, value in asked.items() if value})


def _links(request: Request, one: Filter) -> list[dict[str, Any]]:
    return [
        {"label": label, "url": _address(request, **{one.name: value}), "is_chosen": value == one.chosen}
        for value, label in [("", say("all")), *one.choices]
    ]


def _heads(request: Request, sort: str) -> list[dict[str, Any]]:
    """The heads of the table after the band; those with an address sort by it."""
    criteria = [(c.key, HEADS[c.key], c.label) for c in CRITERIA]
    columns = [
        ("", say("Rank"), ""), ("name", say("Project"), ""), *criteria, (None, say("Weakest"), ""),
        ("gap", say("Gap"), say("Widest range of a criterion among reviewers")),
        ("overall", say("Overall"), say("With one standard error")),
        ("gate", say("Gate"), ""), (None, say("Evidence"), ""), ("asked", say("Asked"), ""),
    ]  # fmt: skip
    return [
        {
            "label": label,
            "title": title,
            "url": "" if key is None else _address(request, sort=key),
            "sorted": "" if not key or key != sort else "ascending" if key == "name" else "descending",
            "is_number": label not in ("Project", "Weakest", "Evidence"),
        }
        for key, label, title in columns
    ]


def _bands(entries: list[Entry]) -> list[tuple[str, list[Entry]]]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.band, []).append(entry)
    return list(found.items())


def _plot(entries: list[Entry]) -> list[dict[str, Any]]:
    """Places in percent: feasibility to the right, payoff upwards; the area of a bubble is its money."""
    most = max((entry.asked for entry in entries if entry.asked), default=0.0)
    dots: list[dict[str, Any]] = []
    taken: list[tuple[float, float]] = []
    for entry in entries:
        x, y = entry.judged.profile.by_key["feasibility"], entry.judged.profile.by_key["payoff"]
        weakest = entry.judged.profile.weakest
        if x.mean is None or y.mean is None or weakest is None:
            continue
        near = sum(abs(x.mean - a) < 1 and abs(y.mean - b) < 0.3 for a, b in taken)
        taken.append((x.mean, y.mean))
        radius = 5 + 16 * math.sqrt(entry.asked / most) if entry.asked and most else 5
        is_right = _at(x.mean) > 70
        dots.append(
            {
                "name": entry.name,
                "x": f"{_at(x.mean):.1f}%",
                "y": f"{100 - _at(y.mean):.1f}%",
                "left": f"{_at(x.low):.1f}%",
                "right": f"{_at(x.high):.1f}%",
                "top": f"{100 - _at(y.high):.1f}%",
                "foot": f"{100 - _at(y.low):.1f}%",
                "r": f"{radius:.1f}",
                "ring": f"{radius + 3:.1f}",
                "dash": DASHES[weakest.criterion.key],
                "dx": f"{(-1 if is_right else 1) * (radius + 8):.1f}",
                "dy": str((-8, 20, -24, 36)[near % 4]),  # names of neighbours stand above and below each other
                "anchor": "end" if is_right else "start",
                "weakest": weakest.criterion.label,
                "feasibility": _mean_words(x),
                "payoff": _mean_words(y),
                "asked": entry.asked,
            }
        )
    return dots


def _finding(entries: list[Entry]) -> str:
    """What the plot shows, in a sentence."""
    known = [(e.judged.profile.by_key["payoff"].mean, e.judged.profile.by_key["feasibility"].mean, e) for e in entries]
    seen = [
        (payoff, feasible, entry) for payoff, feasible, entry in known if payoff is not None and feasible is not None
    ]
    if not seen:
        return say("Nothing to draw: payoff or feasibility was judged nowhere")
    payoff, feasible, entry = max(seen, key=lambda one: one[:2])
    return say(
        "{project} promises most: payoff {payoff:.1f}, at a feasibility of {feasible:.1f}",
        project=entry.name,
        payoff=payoff,
        feasible=feasible,
    )


def _mean_words(summary: Summary) -> str:
    return say("{mean:.1f} ({low}–{high})", mean=summary.mean, low=summary.low, high=summary.high)


def _at(score: float | None) -> float:
    """1 to 5 as 10 to 90 percent."""
    return 10 + 20 * ((score or 1) - 1)


@login_required
@require_safe
def portfolio_compare(request: Request) -> HttpResponse:
    """Two to four side by side."""
    found = selectors.portfolio(request.user)
    wanted = list(dict.fromkeys(request.GET.getlist("p")))
    chosen = [entry for key in wanted for entry in found.all if entry.key == key][:MOST]
    rows = [
        {
            "label": c.label,
            "cells": [(entry.judged.profile.by_key[c.key], entry.updated.get(c.key)) for entry in chosen],
        }
        for c in CRITERIA
    ]
    standings = [(entry.name, standing) for entry in chosen if (standing := entry.standing)]
    ties = [
        say("{one} and {other}", one=name, other=other)
        for place, (name, one) in enumerate(standings)
        for other, two in standings[place + 1 :]
        if not panel.are_apart(one, two)
    ]
    context = {"found": found, "chosen": chosen, "rows": rows, "ties": ties, "is_too_few": len(chosen) < FEWEST}
    context |= {"keys": {entry.key for entry in chosen}, "is_cut": len(wanted) > MOST}
    return render(request, "evaluations/portfolio_compare.html", context)


@login_required
@require_safe
def portfolio_download(request: Request, ending: str) -> HttpResponse:
    """The table as CSV or JSON: what the page shows to this person, and nothing more."""
    rows = [selectors.table_row(entry) for entry in selectors.portfolio(request.user).all]
    if ending == "json":
        answer: HttpResponse = JsonResponse({"projects": rows}, json_dumps_params={"indent": 2})
    else:
        answer = HttpResponse(content_type="text/csv; charset=utf-8")
        writer = csv.DictWriter(answer, selectors.COLUMNS)
        writer.writeheader()
        for row in rows:
            writer.writerow(
                {name: neutral_name(value) if isinstance(value, str) else value for name, value in row.items()}
            )
    answer.headers["Content-Disposition"] = f'attachment; filename="portfolio.{ending}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
