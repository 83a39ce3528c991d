"""Look at the data of a sealed version: its open parts, column by column. Sealed parts appear as rows counted, no more."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from datasets import catalogue, exports, permissions, store
from datasets.core import panels
from datasets.models import DatasetVersion
from datasets.views.catalogue import entry_context
from datasets.views.common import State
from dlstart_web.kit.ranges import ranged
from dlstart_web.kit.say import say
from projects.http import Request

MEDIA_WORDS = {
    "picture": say("Pictures of train stand below."),
    "sound": say("Sounds; some of train can be heard below."),
}


def _figures(request: Request, pk: UUID) -> tuple[DatasetVersion, dict[str, Any] | None]:
    """A version whose rows the person may have, and its figures if it is sealed."""
    version = permissions.get_rows_version_or_404(request.user, pk)
    return version, store.read_figures(version)


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    return response


def _balance(version: DatasetVersion) -> dict[str, list[int]]:
    """Rows of each class by part, as the certificate has them; {} for a number."""
    parts = [part for part in store.PARTS if version.seal.parts.get(part)]
    return {part: [rows.get(part, 0) for rows in version.seal.classes.values()] for part in parts}


@login_required
@require_safe
def version_figures(request: Request, pk: UUID) -> HttpResponse:
    """Class balance, what is missing, each column in a sentence, some rows of train."""
    version, figures = _figures(request, pk)
    context = entry_context(request, version.dataset, "columns", version=version, figures=figures)
    if version.state == State.SEALED and version.seal.classes:
        balance = _balance(version)
        total = {part: sum(rows) for part, rows in balance.items()}
        context |= {
            "balance": balance,
            "balance_finding": panels.balance_finding(version.seal.classes),
            "balance_rows": [
                (label, [(rows[at], panels.shares(rows)[at]) for rows in balance.values()])
                for at, label in enumerate(version.seal.classes)
            ],
            "balance_total": total,
        }
    if figures:
        context |= {"columns": [_line(place, column, figures) for place, column in enumerate(figures["columns"])]}
        gaps = [line for line in context["columns"] if line["missing_share"]]
        context["gaps"] = sorted(gaps, key=lambda line: -line["missing_share"])
    return _private(render(request, "datasets/version_figures.html", context))


def _line(place: int, column: dict[str, Any], figures: dict[str, Any]) -> dict[str, Any]:
    missing = {part: 100 * column["missing"][part] / (figures["rows"][part] or 1) for part in store.OPEN_PARTS}
    return {
        "place": place,
        "column": column,
        "finding": MEDIA_WORDS.get(column["kind"]) or panels.part_finding(column),
        "missing": missing,
        "missing_share": missing["train"],
    }


@login_required
@require_safe
def column_figures(request: Request, pk: UUID, place: int) -> HttpResponse:
    """One column: by part, and by class."""
    version, figures = _figures(request, pk)
    column = _column(figures, place)
    heads, rows = panels.table(column, column["parts"])
    last = len(figures["columns"]) - 1 if figures else 0
    context = entry_context(
        request,
        version.dataset,
        "columns",
        version=version,
        figures=figures,
        column=column,
        place=place,
        before=place - 1 if place else None,
        after=place + 1 if place < last else None,
        line=_line(place, column, figures or {}),
        part_finding=panels.part_finding(column),
        heads=heads,
        rows=rows,
    )
    if len(column["classes"]) > 1 and column["name"] != version.target:
        class_heads, class_rows = panels.table(column, column["classes"])
        context |= {
            "class_finding": panels.class_finding(column),
            "class_heads": class_heads,
            "class_rows": class_rows,
        }
    return _private(render(request, "datasets/column_figures.html", context))


def _column(figures: dict[str, Any] | None, place: int) -> dict[str, Any]:
    if figures is None or place >= len(figures["columns"]):
        raise Http404(say("No column under this number."))
    return figures["columns"][place]


@login_required
@require_safe
def column_chart(request: Request, pk: UUID, place: int, by: str) -> HttpResponse:
    """A column by part or by class as a Plotly figure; of open parts alone."""
    _, figures = _figures(request, pk)
    column = _column(figures, place)
    groups = {"part": column["parts"], "class": column["classes"]}.get(by)
    if not groups:
        raise Http404(say("A column is drawn by part or by class."))
    return _private(JsonResponse(panels.column_chart(column, groups)))


@login_required
@require_safe
def balance_chart(request: Request, pk: UUID) -> HttpResponse:
    """Classes by part as a Plotly figure: the counts of the certificate."""
    version = permissions.get_rows_version_or_404(request.user, pk)
    if version.state != State.SEALED or not version.seal.classes:
        raise Http404(say("Nothing to draw under this address."))
    names = list(version.seal.classes)
    figure = panels.panels(
        [panels.short(name) for name in names], _balance(version), title=panels.short(version.target), names=names
    )
    return _private(JsonResponse(figure))


@login_required
@require_safe
def wall_piece(request: Request, pk: UUID, place: int) -> HttpResponse:
    """A picture of train made small, or a sound cut short: a PNG or a FLAC of ours, whatever was uploaded."""
    version = permissions.get_rows_version_or_404(request.user, pk)
    piece = store.wall_piece(version, place)
    whole = HttpResponse(piece, content_type="audio/flac" if piece[:4] == b"fLaC" else "image/png")
    return _private(ranged(request, whole))


@login_required
@require_safe
def version_download(request: Request, pk: UUID) -> HttpResponse:
    """Train and validation with card, description and checksums, as one ZIP."""
    version = permissions.get_rows_version_or_404(request.user, pk)
    ending = request.GET.get("format", "parquet")
    if ending not in exports.ENDINGS or not store.is_at_hand(version):
        raise Http404(say("Nothing to download under this address."))
    if ending == "csv" and exports.holds_media(version):
        context = entry_context(request, version.dataset, "entry", version=version)
        return render(request, "datasets/download_refused.html", context, status=409)
    address = request.build_absolute_uri(version.dataset.get_absolute_url())
    facts = catalogue.known_facts(version, is_open=True)
    return exports.version_response(version, ending, address=address, facts=facts)
