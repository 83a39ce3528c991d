"""Reads about a proposal: its words as the form's core wants them, the versions one may read, what a revision changed."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, Q, QuerySet
from django.http import Http404

from dlstart_web.kit.once import once_a_page
from dlstart_web.kit.say import own_marks, say
from dlstart_web.kit.text import file_size_words
from projects import permissions
from projects.core import form, payoff, rails, readiness
from projects.core.changes import CellChange, Piece, cell_changes, word_changes
from projects.core.form import BUILT_IN, Form, Question, Reply, Section
from projects.core.mapping import X_KINDS, Y_KINDS, Mapping, sentence
from projects.core.payoff import Payoff
from projects.core.rails import Rail
from projects.models import Answer, AnswerText, Plan, Project, Proposal, User
from projects.selectors.records import HIDDEN_STATES, active_memberships, readable_projects

PRESENCE = timedelta(minutes=5)  # after a save somebody counts as writing
SITTING = timedelta(minutes=10)  # between two saves of one person that belong together


def form_of(proposal: Proposal) -> Form:
    """The questions that a version asks: those it was begun with."""
    return proposal.question_set.extras.form if proposal.question_set else BUILT_IN


def answers_of(proposal: Proposal) -> dict[str, Answer]:
    """Stored answers by question."""
    return {answer.question: answer for answer in proposal.answers.select_related("edited_by")}


def answers_since(proposal: Proposal, seen: dict[str, int]) -> list[Answer]:
    """The answers that have gone on from the revision seen of their question."""
    stored = proposal.answers.filter(question__in=seen).select_related("edited_by")
    return [one for one in stored if one.revision > seen[one.question]]


def _reply(answer: Answer) -> Reply:
    return Reply(answer.text, answer.choice, tuple(answer.ticks))


def replies_of(proposal: Proposal) -> dict[str, Reply]:
    """What the team said, by question."""
    return {answer.question: _reply(answer) for answer in proposal.answers.all()}


def mapping_of(proposal: Proposal) -> Mapping:
    """The X→Y mapping with its pairs."""
    pairs = tuple((pair.x, pair.y, pair.is_hard) for pair in proposal.pairs.all())
    return Mapping(proposal.x, proposal.x_kind, proposal.y, proposal.y_kind, pairs)


@once_a_page
def readable_proposals(user: User, project: Project) -> list[Proposal]:
    """The versions a person may read, oldest first: drafts and withdrawn ones are the team's own."""
    versions = project.proposals.order_by("number")
    if not permissions.is_member(user, project):
        versions = versions.exclude(state__in=HIDDEN_STATES)
    return list(versions)


def latest_proposal(user: User, project: Project) -> Proposal | None:
    """The newest version a person may read."""
    versions = readable_proposals(user, project)
    return versions[-1] if versions else None


def get_proposal_or_404(user: User, project: Project, number: int) -> Proposal:
    """A version by number, if this person may read it."""
    for proposal in readable_proposals(user, project):
        if proposal.number == number:
            proposal.project = project
            return proposal
    raise Http404("No version under this number.")


def sittings(texts: Iterable[AnswerText]) -> list[AnswerText]:
    """Of the texts of one answer, by age, the last that a person typed in one sitting, and each that was set aside."""
    shown: list[AnswerText] = []
    for text in texts:
        last = shown[-1] if shown else None
        same = last and last.by_id == text.by_id and text.at - last.at < SITTING
        if last and same and last.revision is not None and text.revision is not None:
            shown.pop()
        shown.append(text)
    return shown


def writing_now(proposal: Proposal, user: User, now: datetime) -> list[str]:
    """Who else has saved something here in the last minutes."""
    recent = AnswerText.objects.filter(answer__proposal=proposal, at__gt=now - PRESENCE, by__isnull=False)
    return sorted(set(recent.exclude(by=user).values_list("by__name", flat=True)))


def earlier_texts(proposal: Proposal, question: str) -> list[AnswerText]:
    """What was written to a question before, newest first; what stands there now is not among it."""
    answer = proposal.answers.filter(question=question).first()
    if answer is None:
        return []
    found = sittings(answer.texts.select_related("by"))
    now = (answer.text, answer.choice, answer.ticks)
    return [text for text in reversed(found) if (text.text, text.choice, text.ticks) not in (now, ("", "", []))]


def plans_of(proposal: Proposal) -> tuple[Payoff, list[Rail]]:
    """The sums of the payoff and the guard rails, as far as they were planned."""
    values = {plan.kind: plan.values for plan in proposal.plans.all()}
    return payoff.of_words(values.get(Plan.Kind.PAYOFF, {})), rails.of_words(values.get(Plan.Kind.RAILS, {}))


def planned(proposal: Proposal) -> dict[str, Any]:
    """The planners as they are read; nothing of one that was not begun."""
    numbers, rows = plans_of(proposal)
    return {
        "sums": payoff.sums(numbers) if numbers.is_begun else [],
        "says": payoff.verdict(numbers),
        "rails": rows,
        "columns": list(rails.COLUMNS.values()),
    }


def readiness_of(proposal: Proposal) -> list[readiness.Check]:
    """What should stand before money is asked for, and what of it does."""
    return readiness.checks(form_of(proposal), replies_of(proposal), mapping_of(proposal), *plans_of(proposal))


@dataclass(frozen=True)
class Line:
    """One question with what was said, as it is read."""

    question: Question
    text: str
    choice: str
    ticks: list[str]
    is_empty: bool


@dataclass(frozen=True)
class Chapter:
    """A section as it is read."""

    section: Section
    lines: list[Line]


def _line(question: Question, reply: Reply) -> Line:
    choice = form.TRIED_SAID.get(reply.choice, "")
    return Line(
        question, reply.text, choice, [form.RAILS[tick] for tick in reply.ticks if tick in form.RAILS], reply.is_empty
    )


def chapters_of(proposal: Proposal) -> list[Chapter]:
    """The whole proposal in the order of the form."""
    replies = replies_of(proposal)
    return [
        Chapter(section, [_line(question, replies.get(question.id, Reply())) for question in section.questions])
        for section in form_of(proposal).sections
    ]


@dataclass(frozen=True)
class Change:
    """A question whose answer differs between two versions."""

    question: Question
    pieces: list[Piece]


def _as_text(question: Question, proposal: Proposal, replies: dict[str, Reply]) -> str:
    if question.kind != "mapping":
        reply = replies.get(question.id, Reply())
        line = _line(question, reply)
        parts = (line.text, str(line.choice), ", ".join(str(tick) for tick in line.ticks))
        return "\n".join(part for part in parts if part)
    rows: list[str] = [
        sentence(mapping_of(proposal)),
        say("Kind of X: {kind}", kind=X_KINDS.get(proposal.x_kind, "–")),
        say("One row means: {row}", row=proposal.row_means or "–"),
        say(
            "Known at: {known}; truth turns up after: {truth}",
            known=proposal.known_at or "–",
            truth=proposal.truth_after or "–",
        ),
    ]
    for pair in proposal.pairs.all():
        shown = f"{pair.position}. {pair.x} → {pair.y}"
        rows.append(say("{pair} (hard)", pair=shown) if pair.is_hard else shown)
    return "\n".join(str(row) for row in rows)


def asked_in_either(old: Proposal, new: Proposal) -> dict[str, Question]:
    """The questions of two versions, in the order of the form."""
    pages = zip(form_of(old).sections, form_of(new).sections, strict=True)
    return {question.id: question for both in pages for section in both for question in section.questions}


def changes_between(old: Proposal, new: Proposal) -> list[Change]:
    """Questions whose answers differ, word by word, in the order of the form."""
    before, after = replies_of(old), replies_of(new)
    changes = []
    for question in asked_in_either(old, new).values():
        was, now = _as_text(question, old, before), _as_text(question, new, after)
        if was != now:
            changes.append(Change(question, word_changes(was, now)))
    return changes


@dataclass(frozen=True)
class Table:
    """A plan or the attachments, where they differ between two versions."""

    title: str
    rows: list[CellChange]


def _plan_cells(proposal: Proposal) -> dict[str, dict[str, str]]:
    """What was planned and attached, by title and name of the entry."""
    values = {plan.kind: plan.values for plan in proposal.plans.all()}
    typed, rows = values.get(Plan.Kind.PAYOFF, {}), rails.of_words(values.get(Plan.Kind.RAILS, {}))
    files: dict[str, list[str]] = {}
    for one in proposal.attachments.filter(removed_at=None):
        files.setdefault(one.name, []).append(f"{file_size_words(one.size)}, {one.sha256[:8]}")
    return {
        say("Payoff"): {label: own_marks(typed[name]) for name, (label, _) in payoff.FIELDS.items() if typed.get(name)},
        say("Guard rails"): {
            say("{label}, row {number}", label=label, number=row.number): words
            for row in rows
            for label, words in row.cells
        },
        say("Attachments"): {name: "; ".join(said) for name, said in files.items()},
    }


def tables_between(old: Proposal, new: Proposal) -> list[Table]:
    """The plans and attachments that differ, entry by entry."""
    before, after = _plan_cells(old), _plan_cells(new)
    found = [Table(title, cell_changes(before[title], after[title])) for title in before]
    return [table for table in found if table.rows]


def kind_words(proposal: Proposal) -> str:
    """The kind of Y in words."""
    return Y_KINDS.get(proposal.y_kind, "")


def proposals_for(user: User) -> QuerySet[Proposal]:
    """Every version a person may read, of all projects."""
    mine = Exists(active_memberships(user, "project__team"))
    return Proposal.objects.filter(
        Q(mine) | ~Q(state__in=HIDDEN_STATES), project__in=readable_projects(user).values("pk")
    ).select_related("project")


def tag_of(proposal: Proposal) -> str:
    """The entity tag of a version: it changes with each save of any of its answers."""
    revisions = sorted(proposal.answers.values_list("question", "revision"))
    content = f"{proposal.pk} {proposal.state} {proposal.mapping_revision} {revisions}"
    return f'"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'
