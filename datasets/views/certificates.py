"""The certificate of a sealed version, and the parts that may be downloaded."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from datasets import permissions, selectors, store
from datasets.models import DatasetVersion
from datasets.serializers.versions import CertificateSerializer
from datasets.views.common import version_context
from datasets.words import in_words
from dlstart_web.kit.say import say
from projects.http import Request


@login_required
@require_safe
def certificate(request: Request, pk: UUID) -> HttpResponse:
    """The seal certificate; it prints on one page."""
    version = permissions.get_certificate_version_or_404(request.user, pk)
    seal, parts = version.seal, certificate_parts(version)
    context = version_context(
        request,
        version,
        "certificate",
        seal=seal,
        parts=parts,
        classes=[
            (label, [rows.get(part["name"], 0) for part in parts]) for label, rows in (seal.classes or {}).items()
        ],
        rule=rule_words(version),
        may_see=permissions.may_see_data(request.user, version.dataset.project),
        notes=certificate_notes(version),
        viewers=selectors.viewers_of(version),
        left_out=[column["name"] for column in version.columns if column["name"] not in seal.types],
    )
    return render(request, "datasets/certificate.html", context)


def certificate_notes(version: DatasetVersion) -> list[str]:
    """What weakens the seal, what is used no more, and what went into the vault."""
    seal, notes = version.seal, []
    if seal.sealed_elsewhere:
        notes.append(
            say(
                "{rows:,} of these rows were sealed in another data set before; they stay sealed, and both share the looks "
                "and the one opening.",
                rows=seal.sealed_elsewhere,
            )
        )
    if seal.retired:
        notes.append(
            say(
                "{rows:,} rows are used no more: they were sealed before, or lie in the gap at a cut.",
                rows=seal.retired,
            )
        )
    return [
        *notes,
        say("Who saw the rows before sealing is listed below. A fresh test set taken by a steward is stronger."),
        say("A sealed set cannot show that the world has shifted."),
        *(
            say("Labels merged before sealing: {merge}, by {name}.", merge=merge, name=merge.merged_by)
            for merge in version.merges.select_related("merged_by")
        ),
        say("Sealed in the vault with the labels: the original upload, SHA-256 {digest}.", digest=version.sha256),
    ]


@login_required
@require_safe
def certificate_download(request: Request, pk: UUID) -> JsonResponse:
    """The certificate as a file, for `dlstart verify`."""
    version = permissions.get_certificate_version_or_404(request.user, pk)
    with translation.override(settings.LANGUAGE_CODE):  # the same file for everybody
        certified = CertificateSerializer(version).data
    response = JsonResponse(certified, json_dumps_params={"indent": 1, "ensure_ascii": False})
    response.headers["Content-Disposition"] = f'attachment; filename="certificate-{version.pk}.json"'
    return response


def certificate_parts(version: DatasetVersion) -> list[dict[str, Any]]:
    """The parts with rows, access and fingerprint; a pooled set is one part."""
    access = {
        "train": say("free, download"),
        "validation": say("free, counted"),
        "checkpoint": say("one look a week"),
        "final": say("one look a week, then opened once") if version.seal.is_pooled else say("opened once"),
    }
    return [
        {
            "name": in_words(part),
            "rows": version.seal.parts[part],
            "access": access[part],
            "fingerprint": (fingerprint := version.seal.fingerprints.get(part, "")),
            "pieces": [fingerprint[at : at + 8] for at in range(0, len(fingerprint), 8)],  # so that it can break
        }
        for part in store.PARTS
        if not (part == "checkpoint" and version.seal.is_pooled)
    ]


def rule_words(version: DatasetVersion) -> str:
    """How the rows were divided, in a sentence."""
    how = {
        "random": say("by chance, rows with the same features together"),
        "group": say("by group, each value of “{column}” in one part", column=version.group_column),
        "time": say("by time, the latest rows of “{column}” sealed", column=version.time_column),
    }[version.seal.rule]
    if version.horizon:
        how = say("{how}, a gap of {gap:g} before each cut", how=how, gap=version.horizon)
    return say(
        "Rule: {how} · keyed hash of each row, the key stays on the server · {rows:,} rows used",
        how=how,
        rows=version.seal.rows_used,
    )


@login_required
@require_safe
def part_download(request: Request, pk: UUID, part: str) -> FileResponse:
    """Train or validation as a Parquet file, for the team, the stewards and who was granted it; sealed parts have no address."""
    version = permissions.get_rows_version_or_404(request.user, pk)
    return store.part_response(version, part)
