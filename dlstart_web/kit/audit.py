"""An append-only log in which each event carries a keyed hash of the one before: what was changed afterwards is found.

A model that takes part has two class attributes:

- ``AUDITED``: the names of its fields (attnames) that an event writes down and `verify` compares.
- ``AUDIT_MAY_LACK``: a Q of the rows that need no event, such as those nobody has acted on yet.

`note` is called last in the transaction of the act: it holds one lock until the commit, so that there is one chain
whoever writes. The key lies outside the database: who can write to the database alone cannot forge an event. Cutting off
the end of the chain, or an older copy of the whole database, is noticed by a head that was kept elsewhere: by the
operator, or in the mark beside the keys (`behind`).
"""

import hashlib
import hmac
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any, Protocol, cast
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from dlstart_web.kit.models import AuditEvent, AuditHead
from dlstart_web.kit.say import say

ZEROS = "0" * 64
LONG = 200  # characters of a value as JSON
Row = tuple[str, str]  # table and id
State = dict[str, Any]


class Audited(Protocol):
    """What a model says about itself, see above."""

    AUDITED: tuple[str, ...]
    AUDIT_MAY_LACK: Q


@dataclass(frozen=True)
class Fault:
    """A row that is not what the log says, or an event that is not what it was."""

    table: str
    row: str
    words: str
    field: str = ""

    def __str__(self) -> str:
        return f"{self.table} {self.row}{f', {self.field}' if self.field else ''}: {self.words}"


@dataclass(frozen=True)
class Checked:
    """What `verify` found. `head` is the digest of the last event, to be kept elsewhere."""

    events: int
    rows: int
    head: str
    faults: tuple[Fault, ...]


# ---- writing


def note(act: str, *rows: models.Model, actor: object = "", gone: Sequence[models.Model] = ()) -> AuditEvent:
    """Write down an act and what its rows hold now; call it last in the transaction of the act.

    Parameters
    ----------
    act : str
        What was done, such as "look-spent".
    *rows : Model
        Rows that the act wrote, of models that take part. They are read again, as the database holds them.
    actor : object
        The id of the person; empty where the server acted.
    gone : sequence of Model
        Rows that the act deletes; they need not be there any more.
    """
    by_model: dict[type[models.Model], list[Any]] = {}
    for row in rows:
        by_model.setdefault(type(row), []).append(row.pk)
    said: dict[Row, State | None] = {
        key: state for model, pks in by_model.items() for key, state in _read(model, Q(pk__in=pks))
    }
    return _write(act, said | {(row._meta.db_table, str(row.pk)): None for row in gone}, actor)


@contextmanager
def recording(act: str, actor: object = "") -> Iterator[None]:
    """Write down as one event whatever happens to rows of all models that take part; for rare acts of the operator."""
    with transaction.atomic():
        before = _everything()
        yield
        after = _everything()
        changed = {key: state for key, state in after.items() if before.get(key) != state}
        if said := changed | dict.fromkeys(before.keys() - after.keys()):
            _write(act, said, actor)


@transaction.atomic
def _write(act: str, said: Mapping[Row, State | None], actor: object, *, sets_mark: bool = False) -> AuditEvent:
    AuditHead.objects.bulk_create([AuditHead(pk=1, number=0, digest=ZEROS)], ignore_conflicts=True)
    head = AuditHead.objects.select_for_update().get(pk=1)
    event = AuditEvent(
        number=head.number + 1,
        at=timezone.now(),
        actor=str(actor if actor is not None else ""),
        act=act,
        rows=_canonical([[*key, state] for key, state in sorted(said.items(), key=itemgetter(0))]),
        previous=head.digest,
    )
    event.digest = _digest(event)
    event.save(force_insert=True)
    AuditHead.objects.filter(pk=1).update(number=event.number, digest=event.digest)
    transaction.on_commit(partial(_mark, event, sets=sets_mark), robust=True)
    return event


def _digest(event: AuditEvent) -> str:
    content = [event.previous, event.number, event.at, event.actor, event.act, event.rows]
    return hmac.new(settings.AUDIT_KEY, _canonical(content).encode(), hashlib.sha256).hexdigest()


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in the log.")


def _read(model: type[models.Model], which: Q) -> Iterator[tuple[Row, State]]:
    fields = cast("type[Audited]", model).AUDITED
    for state in model._base_manager.filter(which).order_by("pk").values("pk", *fields).iterator(chunk_size=500):
        row = str(state["pk"])
        yield (model._meta.db_table, row), {name: _short(state[name]) for name in fields}


def _everything() -> dict[Row, State]:
    return {key: state for model in audited_models() for key, state in _read(model, Q())}


def _short(value: Any) -> Any:
    """A value as JSON gives it back; the hash of one that is long, such as the columns of a wide table."""
    written = _canonical(value)
    if len(written) > LONG:
        return "sha256:" + hashlib.sha256(written.encode()).hexdigest()
    return json.loads(written)


# ---- checking


def verify(kept_head: str = "") -> Checked:
    """Walk the whole log, compute each hash again, and compare every row with what was said of it last.

    Parameters
    ----------
    kept_head : str, optional
        A head that was kept elsewhere; a fault if the log does not hold it any more.
    """
    faults: list[Fault] = []
    events, before, heads, expected = 0, ZEROS, {ZEROS}, 1
    for event in AuditEvent.objects.order_by("number").iterator(chunk_size=500):
        faults += _event_faults(event, expected, before)
        heads.add(event.digest)
        events, before, expected = events + 1, event.digest, event.number + 1
    faults += _head_faults(expected - 1, before)
    if kept_head and kept_head not in heads:
        faults.append(
            Fault(
                AuditEvent._meta.db_table,
                "head",
                say(
                    "The log does not hold the kept head {head}: its end was cut off, or an older copy of the database"
                    " is in use.",
                    head=kept_head,
                ),
            )
        )
    if older := behind():
        faults.append(Fault(AuditEvent._meta.db_table, "head", older))
    said, is_whole = _last_said()
    rows = sum(_compare(model, said, faults) for model in audited_models()) if is_whole else 0
    return Checked(events, rows, before, tuple(faults))


def _last_said() -> tuple[dict[Row, tuple[int, State | None]], bool]:
    """What each row held by the last event that names it; and whether every event could be read."""
    said: dict[Row, tuple[int, State | None]] = {}
    is_whole = True
    for number, rows in AuditEvent.objects.order_by("number").values_list("number", "rows").iterator(chunk_size=500):
        try:
            said |= {(table, row): (number, state) for table, row, state in json.loads(rows)}
        except (ValueError, TypeError):  # its hash says so too
            is_whole = False
    return said, is_whole


def audited_models() -> list[type[models.Model]]:
    """The models that take part."""
    return [model for model in apps.get_models() if hasattr(model, "AUDITED")]


def _event_faults(event: AuditEvent, expected: int, before: str) -> Iterator[Fault]:
    table, row = AuditEvent._meta.db_table, str(event.number)
    if event.number != expected:
        first, last, following = str(expected), str(event.number - 1), str(event.number)
        words = (
            say("event {first} of the log is gone; event {next} comes next.", first=first, next=following)
            if first == last
            else say(
                "events {first} to {last} of the log is gone; event {next} comes next.",
                first=first,
                last=last,
                next=following,
            )
        )
        yield Fault(table, first, words)
    elif event.previous != before:
        yield Fault(table, row, say("It does not follow the event before it: one of the two was changed."), "previous")
    if _digest(event) != event.digest:
        yield Fault(table, row, say("Its content and its hash do not agree: it was changed after it was written."))


def _head_faults(number: int, digest: str) -> Iterator[Fault]:
    table = AuditHead._meta.db_table
    heads = list(AuditHead.objects.order_by("pk"))
    for extra in heads[1:]:
        yield Fault(table, str(extra.pk), say("There is one head; this one was added."))
    head = heads[0] if heads else AuditHead(pk=1, number=0, digest=ZEROS)
    if head.number > number:
        words = say(
            "The last events are gone: the log ends with {number}, and the head names {head}.",
            number=str(number),
            head=str(head.number),
        )
        yield Fault(AuditEvent._meta.db_table, str(number + 1), words)
    if head.number != number:
        words = say(
            "It names event {head} as the last, and the log ends with {number}.",
            head=str(head.number),
            number=str(number),
        )
        yield Fault(table, str(head.pk), words, "number")
    if head.digest != digest:
        yield Fault(table, str(head.pk), say("It is not the hash of the last event."), "digest")


def _compare(model: type[models.Model], said: dict[Row, tuple[int, State | None]], faults: list[Fault]) -> int:
    """Compare each row of a model with its last event; how many rows that were."""
    table, seen = model._meta.db_table, 0
    lacking: list[str] = []
    expected = {row: entry for (name, row), entry in said.items() if name == table}
    for (_, row), state in _read(model, Q()):
        seen += 1
        number, told = expected.pop(row, (0, None))
        if number == 0:
            lacking.append(row)
        elif told is None:
            faults.append(
                Fault(table, row, say("Event {number} says that it is gone, and it is there.", number=str(number)))
            )
        else:
            faults.extend(
                Fault(
                    table,
                    row,
                    say(
                        "It is {now}; event {number} wrote {then}.",
                        now=repr(state[name]),
                        number=str(number),
                        then=repr(value),
                    ),
                    name,
                )
                for name, value in told.items()
                if name in state and state[name] != value
            )
    gone = [(row, number) for row, (number, told) in expected.items() if told is not None]
    faults.extend(
        Fault(table, row, say("It is gone; event {number} was the last to write it down.", number=str(number)))
        for row, number in gone
    )
    if lacking:
        may_lack = {row for (_, row), _ in _read(model, cast("type[Audited]", model).AUDIT_MAY_LACK)}
        faults.extend(
            Fault(table, row, say("No event of the log says how it came.")) for row in lacking if row not in may_lack
        )
    return seen


# ---- the mark beside the keys: how far the log had come at least


def _mark(event: AuditEvent, *, sets: bool = False) -> None:
    """Keep the head outside the database, where a copy of it cannot set it back. It is never ahead of what was committed."""
    kept = _kept()
    if kept is not None and kept[0] >= event.number and not sets:
        return
    path: Path = settings.AUDIT_MARK
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.{event.number}")
    unfinished.write_text(f"{event.number} {event.digest}\n", encoding="ascii")
    os.replace(unfinished, path)


def _kept() -> tuple[int, str] | None:
    try:
        number, digest = settings.AUDIT_MARK.read_text(encoding="ascii").split()
        return int(number), digest
    except (FileNotFoundError, ValueError):
        return None


def behind() -> str:
    """Why this database is older than one that was in use here before; empty if it is not."""
    kept = _kept()
    if kept is None or AuditEvent.objects.filter(number=kept[0], digest=kept[1]).exists():
        return ""
    last = AuditHead.objects.filter(pk=1).values_list("number", flat=True).first() or 0
    return say(
        "This database is older than the one in use before: its log ends with event {last}, and event {kept} with hash"
        " {hash}… was written here.",
        last=str(last),
        kept=str(kept[0]),
        hash=kept[1][:12],
    )


def accepted_since(moment: datetime) -> bool:
    """Whether an older database was accepted at that moment or later."""
    return AuditEvent.objects.filter(act="accepted", at__gte=moment).exists()


@transaction.atomic
def accept(actor: object = "") -> AuditEvent:
    """Go on from this database as it is: one event that stays names each row the log did not know so, and sets the mark."""
    said, _ = _last_said()
    now = _everything()
    changed = {key: state for key, state in now.items() if key not in said or said[key][1] != state}
    gone = {key for key, (_, state) in said.items() if state is not None and key not in now}
    return _write("accepted", changed | dict.fromkeys(gone), actor, sets_mark=True)
