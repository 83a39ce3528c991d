"""A look: spent first, charged when it is answered."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Protocol

import numpy as np
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet

from datasets import selectors
from datasets.core import sealed_ladder
from datasets.core.budget import next_look_at
from datasets.core.sealed_ladder import LadderState, LookAnswer, SealedScore
from datasets.models import Look, LookGate, LookGrant, SealedLadder, TestSet
from datasets.vault.box import labels_of
from dlstart_web.kit import audit
from dlstart_web.kit.say import joined, say
from projects.models import Membership, Project, Team, User

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # a gate that has never been used


class Overtaken(Exception):
    """Somebody else's look was answered between the draft of an answer and its telling."""


class Metric(Protocol):
    """What the vault needs of a metric (`evaluations.core.metrics`)."""

    @property
    def name(self) -> str: ...

    @property
    def greater_is_better(self) -> bool: ...

    def sealed(
        self,
        y: np.ndarray,
        prediction: np.ndarray,
        best_prediction: np.ndarray | None,
        *,
        floor: float,
        scale: float | None,
        groups: np.ndarray | None,
        seed: int,
    ) -> SealedScore: ...

    def from_sealed(self, value: float, scale: float | None) -> float: ...


def spend_look(
    *,
    test_set: TestSet,
    project: Project,
    team: Team,
    user: User,
    model_name: str,
    predictions_digest: str,
    idempotency_key: str,
    reason: str = "",
    guess: float | None = None,
    now: datetime,
    zone: tzinfo = UTC,
) -> Look:
    """Spend one look of the team and of the person; NoLookLeft with the next moment if there is none.

    One transaction, granted by one conditional UPDATE of each gate, or by the one more look of an administrator, which
    the team's next look uses up whatever opened it. The same key returns the look it was spent as, and
    the same predictions of the same team the look they were handed in for, both uncharged.

    Raises
    ------
    PermissionDenied
        For who is not in the team, may not spend for it, or is in two teams on this data.
    NoLookLeft
        If the looks are closed, the ledger is full, or the gap of the team or the person still runs.
    """
    asked: dict[str, Any] = {"project": project, "team": team, "user": user, "now": now, "zone": zone}
    known: dict[str, Any] = {"idempotency_key": idempotency_key, "predictions_digest": predictions_digest}
    with transaction.atomic():
        # Everybody who wants the same rows waits here, so that what is read below stays true.
        test_set = locked(test_set.pk)
        lineage = test_set.lineage
        if same := look_for(test_set=test_set, **asked, **known):
            return same
        opens = next_look_at(now, selectors.gap_days(lineage))
        open_grants = LookGrant.objects.filter(lineage=lineage, team=team, look=None, ended_at=None)
        grant = open_grants.select_for_update(of=("self",)).first()
        is_waived = grant is not None and selectors.look_was_for(lineage, user, team)
        for owner, waived in (({"team": team}, grant is not None), ({"user": user}, is_waived)):
            LookGate.objects.bulk_create(
                [LookGate(lineage=lineage, next_look_at=LONG_AGO, **owner)], ignore_conflicts=True
            )
            gate = LookGate.objects.filter(lineage=lineage, **owner)
            if not (gate if waived else gate.filter(next_look_at__lte=now)).update(
                next_look_at=opens
            ):  # another test set of the lineage was quicker: say whose gap it is
                selectors.look_check(test_set=test_set, **asked)
                raise RuntimeError("A gate refused a look that the check allows.")
        look = Look.objects.create(
            test_set=test_set,
            project=project,
            team=team,
            user=user,
            idempotency_key=idempotency_key,
            reason=reason,
            guess=guess,
            model_name=model_name,
            predictions_digest=predictions_digest,
            spent_at=now,
        )
        if grant is not None:
            grant.look = look
            grant.save(update_fields=["look"])
        audit.note("look-spent", look, *_gates_of(look), *([grant] if grant else []), actor=user.pk)
        return look


def look_for(
    *,
    test_set: TestSet,
    project: Project,
    team: Team,
    user: User,
    idempotency_key: str,
    predictions_digest: str,
    now: datetime,
    zone: tzinfo = UTC,
) -> Look | None:
    """The look that this was spent as before, None where one is there to spend; refuses as `spend_look` does.

    It only reads. Asked before the transaction, it keeps a crowd that comes too late from waiting for the lock.
    """
    _admit(test_set=test_set, project=project, team=team, user=user)
    looks = Look.objects.filter(project=project)
    same = looks.filter(idempotency_key=idempotency_key) or looks.filter(
        test_set=test_set, team=team, predictions_digest=predictions_digest
    ).exclude(state=Look.State.VOIDED)
    if same:
        return same[0]
    selectors.look_check(test_set=test_set, project=project, team=team, user=user, now=now, zone=zone)
    return None


def locked(pk: int) -> TestSet:
    """A test set, its whole family held until the transaction ends: all that is done with the same rows happens in a row."""
    family = TestSet.objects.filter(pk=pk).values("family")
    held = TestSet.objects.select_for_update(of=("self",)).select_related("lineage", "version__dataset")
    return {test_set.pk: test_set for test_set in held.filter(family__in=family).order_by("pk")}[pk]


def _admit(*, test_set: TestSet, project: Project, team: Team, user: User) -> None:
    """PermissionDenied, with its sentence, for a person who may not spend this team's looks at this data."""
    if project.team_id != team.pk or not selectors.project_has_lineage(project, test_set.lineage_id):
        raise PermissionDenied(say("This test set belongs to another project."))
    membership = Membership.objects.filter(team=team, user=user.pk, left_at=None).first()
    if membership is None:
        raise PermissionDenied(say("Only members of {team} may spend its looks.", team=team))
    if membership.role != Membership.Role.OWNER and not test_set.lineage.members_may_look:
        raise PermissionDenied(say("An owner of {team} spends its looks, or allows members to.", team=team))
    teams = selectors.lineage_teams_of(user, test_set.lineage)
    if len(teams) > 1:
        names = joined(str(say(" and ")), [str(other) for other in teams])
        raise PermissionDenied(
            say("You are in {names}, and both look at this data. Leave one before you spend a look.", names=names)
        )


@dataclass(frozen=True)
class Draft:
    """An answer that is not told yet, and what it was computed from. It stays in the memory of the scorer."""

    look: Look
    said: LookAnswer
    ladder: SealedLadder
    in_unit: dict[str, float | None]
    basis: tuple[object, ...]


def draft(
    *,
    look: Look,
    predictions: np.ndarray,
    best_predictions: Callable[[SealedLadder], np.ndarray | None],
    metric: Metric,
    floor: float,
    scale: float | None,
    prepare: Callable[[np.ndarray], np.ndarray],
    unit_error: float | None = None,
    write: Callable[[float], str] = "{:.4g}".format,
) -> Draft:
    """Work out the answer of a spent look by the sealed ladder; nothing is written, so that `answer` alone tells it.

    Parameters
    ----------
    look : Look
        Spent.
    predictions : ndarray
        For the rows of the test set, in the order of its feature file.
    best_predictions : callable
        Fetches the stored predictions of the look that was the project's best so far, for the same rows, not a number
        for those it has none for.
    metric : Metric
        Of the locked criterion; frozen with floor, scale, step and rungs at the project's first look at the set.
    floor, scale : float, float or None
        Score of the constant answer in the per-row form, and the bound of squared errors; used at the first look only.
    prepare : callable
        Turns the stored labels into what the metric takes as y.
    unit_error : float, optional
        See `sealed_ladder.interval`.
    write : callable
        Puts a score in the metric's own unit into words, for the sentence.
    """
    if not Look.objects.filter(pk=look.pk, state=Look.State.SPENT).exists():
        raise ValueError(f"Look {look.pk} is not spent, or has its answer; the vault opens for a spent look alone.")
    test_set = TestSet.objects.select_related("version").get(pk=look.test_set_id)
    labels, groups = labels_of(test_set)
    ladder = _frozen(test_set, look.project, metric=metric, floor=floor, scale=scale, groups=groups)
    score = metric.sealed(
        prepare(labels),
        predictions,
        best_predictions(ladder) if ladder.best_look else None,
        floor=ladder.floor,
        scale=ladder.scale,
        groups=groups,
        seed=look.pk.int % 2**32,
    )
    said = sealed_ladder.answer(
        score,
        state=_state(test_set, ladder),
        write=lambda value: write(metric.from_sealed(value, ladder.scale)),
        greater_is_better=metric.greater_is_better,
        unit_error=unit_error,
    )
    in_unit = {name: _in_unit(getattr(said, name), metric, ladder) for name in ("rung", "lower", "upper")}
    if not metric.greater_is_better:
        in_unit["lower"], in_unit["upper"] = in_unit["upper"], in_unit["lower"]
    return Draft(look, said, ladder, in_unit, _basis(test_set, ladder))


def answer(draft: Draft, *, now: datetime) -> Look:
    """Charge a spent look and tell its answer, in one transaction; a look that has its answer comes back as it is.

    Raises
    ------
    Overtaken
        If the test set or the best changed since the draft was made, as by another look: it is to be made again.
    """
    said, look = draft.said, draft.look
    with transaction.atomic():
        test_set = locked(look.test_set_id)
        look = Look.objects.select_related("project").get(pk=look.pk)
        if look.state != Look.State.SPENT:
            return look
        ladder = SealedLadder.objects.filter(test_set=test_set, project=look.project).first() or draft.ladder
        if _basis(test_set, ladder) != draft.basis:
            raise Overtaken(f"Look {look.pk}: the test set or its best changed while the answer was worked out.")
        Look.objects.filter(pk=look.pk, state=Look.State.SPENT).update(
            state=Look.State.SCORED,
            scored_at=now,
            number=said.t,
            releases_before=said.j_before,
            released=said.released,
            bits=said.bits,
            sentence=said.sentence,
            **draft.in_unit,
        )
        test_set.looks = said.t
        if said.released:
            test_set.releases += 1
            test_set.log2_rungs += math.log2(ladder.rungs)
            ladder.best, ladder.best_look, ladder.best_on, ladder.best_share = said.k, look, None, 1.0
        ladder.save()
        TestSet.objects.filter(family=test_set.family).update(
            looks=test_set.looks, releases=test_set.releases, log2_rungs=test_set.log2_rungs
        )
        look.refresh_from_db()
        audit.note("look-answered", look, ladder, *TestSet.objects.filter(family=test_set.family))
        return look


def _state(test_set: TestSet, ladder: SealedLadder) -> LadderState:
    return LadderState(
        t=test_set.looks,
        j=test_set.releases,
        best_k=ladder.best,
        eta=ladder.step,
        M=ladder.rungs,
        s0=ladder.floor,
        log2_rungs=test_set.log2_rungs,
    )


def _basis(test_set: TestSet, ladder: SealedLadder) -> tuple[object, ...]:
    """All that an answer depends on beside the rows themselves."""
    return (_state(test_set, ladder), ladder.metric, ladder.scale, ladder.best_look_id, ladder.best_on_id)


def _gates_of(look: Look) -> QuerySet[LookGate]:
    """The gates that a look moved: of its team and of its person."""
    return LookGate.objects.filter(Q(team=look.team_id) | Q(user=look.user_id), lineage=look.test_set.lineage_id)


def _in_unit(value: float | None, metric: Metric, ladder: SealedLadder) -> float | None:
    return None if value is None else float(metric.from_sealed(value, ladder.scale))


def _frozen(
    test_set: TestSet,
    project: Project,
    *,
    metric: Metric,
    floor: float,
    scale: float | None,
    groups: np.ndarray | None,
) -> SealedLadder:
    """The project's ladder on a test set; step and rungs follow from floor and units at the first look and stay.

    Before the first answer there is none in the database yet.
    """
    ladder = SealedLadder.objects.select_related("best_look", "best_on").filter(test_set=test_set, project=project)
    step = sealed_ladder.grid_step(test_set.rows if groups is None else len(np.unique(groups)))
    frozen = ladder.first() or SealedLadder(
        test_set=test_set,
        project=project,
        metric=metric.name,
        floor=floor,
        scale=scale,
        step=step,
        rungs=sealed_ladder.rungs(floor, step),
    )
    if frozen.metric != metric.name:
        raise ValueError(f"The looks at {test_set.pk} are answered in {frozen.metric}, not in {metric.name}.")
    return frozen


def void_look(*, look: Look, sentence: str, now: datetime) -> bool:
    """Give back a look whose scorer died before the answer, and the gap with it; False if it has an answer."""
    with transaction.atomic():
        locked(look.test_set_id)
        voided = Look.objects.filter(pk=look.pk, state=Look.State.SPENT).update(
            state=Look.State.VOIDED, scored_at=now, sentence=sentence
        )
        if not voided:
            return False
        lineage = look.test_set.lineage
        for owner in ({"team": look.team_id}, {"user": look.user_id}):
            rest = Look.objects.filter(test_set__lineage=lineage, **owner).exclude(state=Look.State.VOIDED)
            last = rest.order_by("-spent_at").values_list("spent_at", flat=True).first()
            opens = next_look_at(last, lineage.look_gap_days) or LONG_AGO
            if audit.accepted_since(look.spent_at):  # the gate stands for looks that this database has forgotten
                continue
            LookGate.objects.filter(lineage=lineage, **owner, next_look_at__gt=opens).update(next_look_at=opens)
        grants = LookGrant.objects.filter(look=look)
        if selectors.look_grant_open(lineage, look.team) is None:  # at most one is open
            given_back = list(grants)
            grants.update(look=None)
        else:
            given_back = []
        audit.note("look-voided", look, *_gates_of(look), *given_back)
        return True
