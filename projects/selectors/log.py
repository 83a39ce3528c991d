"""The log of acts, for people."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dlstart_web.kit.models import AuditEvent, AuditNote
from dlstart_web.kit.say import say
from projects.models import User

ACTS = {
    "accepted": say("accepted"),
    "access-decided": say("access decided"),
    "access-taken-back": say("access taken back"),
    "clock-accepted": say("clock accepted"),
    "dataset-removed": say("dataset removed"),
    "demo-loaded": say("demo loaded"),
    "demo-removed": say("demo removed"),
    "fresh-sealed": say("fresh sealed"),
    "gate-set": say("gate set"),
    "glass-broken": say("glass broken"),
    "inputs-taken": say("inputs taken"),
    "look-answered": say("look answered"),
    "look-granted": say("look granted"),
    "look-spent": say("look spent"),
    "look-voided": say("look voided"),
    "note-written": say("note written"),
    "offices-set": say("offices set"),
    "opening-agreed": say("opening agreed"),
    "opening-asked": say("opening asked"),
    "opening-scored": say("opening scored"),
    "opening-withdrawn": say("opening withdrawn"),
    "questions-changed": say("extra questions changed"),
    "role-set": say("role set"),
    "rules-changed": say("rules changed"),
    "team-joined": say("team joined"),
    "team-left": say("team left"),
    "team-made": say("team made"),
    "template-changed": say("template changed"),
    "unsealed-deleted": say("unsealed deleted"),
    "sealed": say("sealed"),
}
THINGS = {
    "kit_auditnote": say("audit note"),
    "projects_user": say("user"),
    "projects_membership": say("membership"),
    "projects_reviewrules": say("review rules"),
    "projects_questionset": say("extra questions"),
    "projects_templatewording": say("texts of a template"),
    "projects_breakglass": say("break glass"),
    "datasets_lineage": say("lineage"),
    "datasets_dataset": say("dataset"),
    "datasets_seal": say("seal"),
    "datasets_accessrequest": say("access request"),
    "datasets_testset": say("test set"),
    "datasets_inputstaken": say("inputs taken"),
    "datasets_sealedladder": say("sealed ladder"),
    "datasets_lookgate": say("look gate"),
    "datasets_look": say("spent look"),
    "datasets_lookgrant": say("look grant"),
    "datasets_looklimits": say("limits of looks"),
    "datasets_opening": say("opening"),
}


@dataclass(frozen=True)
class Entry:
    """One act: what was done, by whom, to which rows, and what was written with it."""

    number: int
    at: datetime
    act: str
    actor: str
    rows: tuple[str, ...]  # "look 3f2a…"
    text: str
    digest: str


def log_entries(events: Sequence[AuditEvent]) -> list[Entry]:
    """Events with names in place of ids; what the rows held is for `dlstart audit verify` to compare, not for a page."""
    rows = {event.number: _rows_of(event) for event in events}
    people = {
        str(person.pk): str(person) for person in User.objects.filter(pk__in=_ids(event.actor for event in events))
    }
    named = [pk for listed in rows.values() for table, pk in listed if table == AuditNote._meta.db_table]
    notes = {str(note.pk): note.text for note in AuditNote.objects.filter(pk__in=_ids(named))}
    return [
        Entry(
            number=event.number,
            at=event.at,
            act=ACTS.get(event.act, event.act.replace("-", " ")),
            actor=people.get(event.actor, event.actor) or say("the server"),
            rows=tuple(
                say("{thing} {number}", thing=THINGS.get(table, table), number=pk[:8])
                for table, pk in rows[event.number]
            ),
            text=" ".join(notes.get(pk, "") for table, pk in rows[event.number] if table == AuditNote._meta.db_table),
            digest=event.digest,
        )
        for event in events
    ]


def _rows_of(event: AuditEvent) -> list[tuple[str, str]]:
    try:
        return [(str(table), str(pk)) for table, pk, _ in json.loads(event.rows)]
    except (ValueError, TypeError):  # it was changed, and the check of the log says so
        return []


def _ids(values: Iterable[str]) -> list[int]:
    return sorted({int(value) for value in values if value.isdecimal()})
