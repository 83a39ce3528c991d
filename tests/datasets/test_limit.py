"""The limit on looks as a machine of states: whatever people do in whatever order, nobody gets one too many.

Each step of a sequence goes through the vault and the services; the machine keeps its own count of what was granted and
told. Requests that are truly parallel are the business of `test_race`.
"""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import ProtectedError
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from datasets import lineages, services, vault
from datasets.core.budget import LIMIT_BITS, NoLookLeft
from datasets.models import DatasetVersion, Lineage, Look, LookGate, TestSet
from dlstart_web.kit.models import ClockMark
from projects import services as project_services
from projects.core.errors import ProjectProblem
from projects.models import Membership, Project, User
from tests.datasets.test_ledger import NOW, Accuracy
from tests.factories import make_approved_project, make_entry, make_team, make_user

ROWS = 400
PHASES = [Phase.explicit, Phase.generate]  # a sequence that fails is told as it is: to shorten it takes minutes
GAP = timedelta(days=7)
REFUSALS = (NoLookLeft, PermissionDenied)
people, places, parties = st.integers(0, 4), st.integers(0, 3), st.integers(0, 1)
truth = np.where(np.random.default_rng(3).random(ROWS) < 0.5, "yes", "no")


class World:
    """Two teams with two projects each, five people, and the same rows sealed for each project."""

    def __init__(self) -> None:
        self.people = [make_user() for _ in range(5)]
        self.teams = [make_team(self.people[0], self.people[1]), make_team(self.people[2])]
        self.administrator = make_user(is_administrator=True)
        self.projects = [make_approved_project(team, name=name) for team in self.teams for name in ("One", "Two")]
        self.versions = [sealed(project) for project in self.projects]
        for version in self.versions:
            version.dataset.lineage.members_may_look = True
            version.dataset.lineage.save()
        self.lineage = self.versions[0].dataset.lineage
        recognise(self, 2)  # the first project of each team works on the rows already


def sealed(project: Project) -> DatasetVersion:
    """The rows, sealed for one project in a lineage of their own."""
    version = make_entry(project).versions.get()
    TestSet.objects.create(
        lineage=version.dataset.lineage, version=version, tier="final", is_pooled=True, rows=ROWS
    )  # fmt: skip
    DatasetVersion.objects.filter(pk=version.pk).update(state=DatasetVersion.State.SEALING)
    vault.seal(version, labels={"checkpoint": truth[:0], "final": truth}, groups=None, original=Path(__file__))
    DatasetVersion.objects.filter(pk=version.pk).update(state=DatasetVersion.State.SEALED)
    return DatasetVersion.objects.select_related("dataset__lineage").get(pk=version.pk)


def recognise(world: World, place: int) -> None:
    """What the seal does with rows that it knows: one lineage, one family, the counters and the best go on."""
    version = DatasetVersion.objects.select_related("dataset__lineage").get(pk=world.versions[place].pk)
    lineages.join(Lineage.objects.get(pk=world.lineage.pk), version, [])
    first, test_set = (TestSet.objects.get(version=world.versions[number]) for number in (0, place))
    for name in ("family", "looks", "releases", "log2_rungs"):
        setattr(test_set, name, getattr(first, name))
    test_set.save()


class Limit(RuleBasedStateMachine):
    """Submit, retry, at once, fail, delete, upload again, change teams, jump the clock."""

    world: World
    counts = {"sequences": 0, "steps": 0, "granted": 0, "refused": 0, "told": 0}

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.now, self.off, self.serial = NOW, timedelta(0), 0
        self.known, self.told, self.drafts = {0, 2}, {}, []
        self.granted: list[Look] = []
        self.predictions: dict[str, np.ndarray] = {}
        self.counts["sequences"] += 1
        self.live_through()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    # ---- time

    @property
    def clock(self):
        return self.now + self.off

    def live_through(self) -> None:
        """The reaper wrote the moment down; an earlier start of the machine, so that its own seconds do not count."""
        ClockMark.objects.update_or_create(pk=1, defaults={"at": self.now, "anchor": self.now, "boot": "", "uptime": 0})

    @rule(hours=st.sampled_from([1, 24, 24 * 3, 24 * 7 - 1, 24 * 7, 24 * 8]))
    def wait(self, hours):
        self.now += timedelta(hours=hours)
        self.live_through()

    @rule(person=people, place=places, hours=st.sampled_from([-24 * 365, -24 * 8, -2, 2, 24 * 7, 24 * 3650]))
    def jump_the_clock_and_submit(self, person, place, hours):
        self.off = timedelta(hours=hours)
        self.submit(person, place)
        self.scorer_tells_if_it_can()
        self.off = timedelta(0)

    # ---- looks

    def ask(self, person: int, place: int, *, key: str, digest: str) -> Look | None:
        project = Project.objects.select_related("team").get(pk=self.world.projects[place].pk)
        test_set = TestSet.objects.select_related("lineage", "version__dataset").get(version=self.world.versions[place])
        self.predictions.setdefault(
            digest, np.where(np.random.default_rng(len(digest)).random(ROWS) < 0.5, "yes", "no")
        )
        try:
            look = vault.spend_look(
                test_set=test_set, project=project, team=project.team, user=self.world.people[person], model_name="model",
                predictions_digest=digest, idempotency_key=key, now=self.clock,
            )  # fmt: skip
        except REFUSALS:
            self.counts["refused"] += 1
            return None
        if look not in self.granted:
            assert abs(self.off) <= timedelta(hours=1), "granted by a clock that is wrong"
            self.granted.append(look)
            self.counts["granted"] += 1
        return look

    @rule(person=people, place=st.sampled_from([0, 2]))
    def submit_and_score(self, person, place):
        self.submit(person, place)
        self.scorer_works_it_out()
        self.scorer_tells_if_it_can()

    @rule(person=people, place=places)
    def submit(self, person, place):
        self.serial += 1
        self.ask(person, place if place in self.known else 0, key=f"k{self.serial}", digest="d" * self.serial)

    @rule(data=st.data(), place=places)
    def submit_as_the_team(self, data, place):
        """Each of the team in turn, which a request of another process could be as well."""
        team = self.world.projects[place].team_id
        members = Membership.objects.filter(team=team, left_at=None).values_list("user", flat=True)
        for pk in data.draw(st.permutations(sorted(members))):
            self.submit([person.pk for person in self.world.people].index(pk), place)

    @rule(data=st.data(), person=people, by_key=st.booleans())
    def retry(self, data, person, by_key):
        if self.granted:
            look = data.draw(st.sampled_from(self.granted))
            place = self.world.projects.index(look.project)
            before = Look.objects.count()
            digest = look.predictions_digest if not by_key else f"another {self.serial}"
            again = self.ask(person, place, key=look.idempotency_key if by_key else f"r{self.serial}", digest=digest)
            if again is not None and by_key:
                assert (again.pk, Look.objects.count()) == (look.pk, before)

    def waiting(self) -> Look | None:
        return Look.objects.filter(state=Look.State.SPENT).select_related("project").order_by("spent_at", "pk").first()

    def work_out(self, look: Look) -> vault.Draft:
        said = self.predictions[look.predictions_digest]
        best = lambda ladder: self.predictions[ladder.best_look.predictions_digest]  # noqa: E731
        return vault.draft(
            look=look, predictions=truth if self.granted.index(look) % 3 == 0 else said, best_predictions=best, metric=Accuracy(),
            floor=0.5, scale=None, prepare=lambda labels: labels,
        )  # fmt: skip

    @rule()
    def scorer_works_it_out(self):
        """And may die before it tells: the draft is kept, and told late or never."""
        if look := self.waiting():
            self.drafts.append(self.work_out(look))

    def scorer_tells_if_it_can(self):
        if self.drafts:
            self.scorer_tells(len(self.drafts) - 1)

    @precondition(lambda self: self.drafts)
    @rule(place=st.integers(0, 9))
    def scorer_tells(self, place):
        draft = self.drafts[place % len(self.drafts)]
        try:
            with transaction.atomic():
                look = vault.answer(draft, now=self.clock)
        except vault.Overtaken:
            self.drafts.remove(draft)
            return
        if look.state == Look.State.SCORED:
            answer = (look.number, look.released, look.rung, look.sentence)
            assert self.told.setdefault(look.pk, answer) == answer, "answered twice, differently"
            self.counts["told"] += 1

    @rule()
    def scorer_stays_dead(self):
        if look := self.waiting():
            assert vault.void_look(look=look, sentence="given back", now=self.clock)

    @rule(data=st.data())
    def give_back_what_was_told(self, data):
        if self.told:
            pk = data.draw(st.sampled_from(sorted(self.told)))
            assert not vault.void_look(look=Look.objects.get(pk=pk), sentence="no", now=self.clock)

    # ---- people, teams, gates

    @rule(person=people, team=parties, role=st.sampled_from(["owner", "member"]))
    def join(self, person, team, role):
        project_services.join_team(team=self.world.teams[team], user=self.world.people[person], role=role)

    @rule(person=people, team=parties)
    def change_team(self, person, team):
        self.leave(person, 1 - team)
        self.join(person, team, "owner")

    @rule(person=people, team=parties)
    def leave(self, person, team):
        found = Membership.objects.filter(team=self.world.teams[team], user=self.world.people[person], left_at=None)
        if member := found.first():
            try:
                project_services.leave_team(membership=member, now=self.now)
            except ProjectProblem:
                pass

    @rule(team=parties)
    def rename(self, team):
        self.serial += 1
        project_services.rename_team(team=self.world.teams[team], name=f"Name {self.serial}")

    @rule(place=places, days=st.sampled_from([0, 1, 7, 8]))
    def close_and_open_the_gate(self, place, days):
        lineage = self.world.lineage
        lineage.refresh_from_db()
        project = self.world.projects[place if place in self.known else 0]
        owner = Membership.objects.filter(team=project.team, role="owner", left_at=None).first().user
        gate = {"lineage": lineage, "project": project, "user": owner, "members_may_look": True}
        services.set_gate(**gate, gap_days=0, looks_open=True)
        self.submit(self.world.people.index(owner), place)
        longest = lineage.look_gap_days
        for gap in (days, max(days, longest)):
            try:
                services.set_gate(**gate, gap_days=gap, looks_open=True)
            except services.NotYet:
                assert gap < longest

    @rule(place=places)
    def administrator_grants(self, place):
        try:
            services.grant_look(
                project=self.world.projects[place], user=self.world.administrator, reason="A board.", now=self.clock
            )
        except services.NotYet:
            pass

    @rule(place=places)
    def upload_again(self, place):
        if place not in self.known:
            self.known.add(place)
            recognise(self.world, place)

    @precondition(lambda self: self.granted)
    @rule(place=places, model=st.sampled_from([Look, TestSet, Project, User, DatasetVersion]))
    def delete_what_holds_looks(self, place, model):
        look = self.granted[place % len(self.granted)]
        row = {
            Look: look, TestSet: look.test_set, Project: look.project, User: look.user,
            DatasetVersion: look.test_set.version,
        }[model]  # fmt: skip
        try:
            with transaction.atomic():
                row.delete()
        except (ProtectedError, TypeError):
            return
        raise AssertionError(f"{row} could be deleted")

    # ---- what holds after each step

    @invariant()
    def limit_holds(self):
        self.counts["steps"] += 1
        order = {look.pk: place for place, look in enumerate(self.granted)}
        looks = sorted(Look.objects.select_related("grant"), key=lambda look: (look.spent_at, order.get(look.pk, -1)))
        counted = [look for look in looks if look.state != Look.State.VOIDED]
        scored = [look for look in looks if look.state == Look.State.SCORED]

        assert {look.pk for look in looks} == order.keys(), "a look came or went by itself"
        for key in ("team_id", "user_id"):
            for owner in {getattr(look, key) for look in counted}:
                own = [look for look in counted if getattr(look, key) == owner]
                for one, following in pairwise(own):
                    assert following.spent_at - one.spent_at >= GAP or hasattr(following, "grant"), "one too many"
        assert {look.pk: (look.number, look.released, look.rung, look.sentence) for look in scored} == self.told
        assert sorted(look.number for look in scored) == list(range(1, len(scored) + 1))
        assert all(look.bits <= LIMIT_BITS for look in scored)
        counters = {(one.looks, one.releases) for one in TestSet.objects.filter(version__in=self.placed())}
        assert counters == {(len(scored), sum(look.released for look in scored))}
        for gate in LookGate.objects.filter(lineage=self.world.lineage):
            own = [look.spent_at for look in counted if gate.team_id == look.team_id or gate.user_id == look.user_id]
            assert not own or gate.next_look_at >= max(own) + GAP, "a gate opens early"

    def placed(self) -> list[DatasetVersion]:
        return [self.world.versions[place] for place in self.known]


def run(sequences: int, steps: int) -> None:
    with transaction.atomic():
        Limit.world = World()
        run_state_machine_as_test(
            Limit,
            settings=settings(max_examples=sequences, stateful_step_count=steps, print_blob=False, phases=PHASES),
        )
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_nobody_gets_a_look_too_many():
    run(15, 15)


@pytest.mark.long
@pytest.mark.django_db
def test_nobody_gets_a_look_too_many_in_2000_sequences():
    run(2000, 15)
