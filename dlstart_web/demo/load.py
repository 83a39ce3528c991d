"""Loads the demo organisation: people, teams, projects, reviews and decisions. What needs workers is in `advance`."""

import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dlstart_web.demo.people import HANDLER, ORGANISATION, PEOPLE, TEAMS, Person
from dlstart_web.demo.stories import IDEAS, STORIES
from dlstart_web.demo.stories.parts import Form, Opinion, Story
from dlstart_web.kit import audit
from projects import services
from projects.models import Idea, Membership, Notice, Project, Proposal, Review, Team, TeamQuestion, User

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is mistaken for another
People = dict[str, User]
# Names the handlers while the demo is loaded, and is stored nowhere: no demo account holds that office.
OFFICE = User(name=ORGANISATION, is_administrator=True)


def logins_path() -> Path:
    """Where the passwords made at load are kept, readable by the owner of the installation alone."""
    return Path(settings.DATA) / "demo_logins.txt"


@transaction.atomic
def load() -> bool:
    """Load the demo organisation, all of it or nothing; False if it was there. Log-ins that were lost are made anew."""
    now = timezone.now()
    passwords = {person: _password() for person in PEOPLE}
    if User.objects.filter(is_demo=True).exists():
        if not logins_path().exists():
            _renew(passwords)
        return False
    with audit.recording("demo-loaded"):
        _load(passwords, now)
    _write_logins(passwords)
    return True


def _load(passwords: dict[Person, str], now: datetime) -> None:
    people = _people(passwords, now)
    teams = {name: _team(name, [people[key] for key in members], now) for name, members in TEAMS.items()}
    for story in STORIES:
        _project(story, teams[story.team], people, now)
    for days, (writer, x, y, problem) in enumerate(IDEAS, start=2):
        idea = services.write_idea(user=people[writer], x=x, y=y, problem=problem)
        Idea.objects.filter(pk=idea.pk).update(at=now - timedelta(days=days))
    Notice.objects.filter(user__is_demo=True).update(read_at=now)  # what was told on the way is old news


def _people(passwords: dict[Person, str], now: datetime) -> People:
    return {
        person.key: User.objects.create_user(
            person.email,
            password,
            name=person.name,
            is_steward=person.is_steward,
            is_demo=True,
            mails_at_once=False,  # nobody reads at these addresses; the list in the app is theirs
            digest_hour=None,
            joined_at=now - timedelta(days=120),
        )
        for person, password in passwords.items()
    }


def _renew(passwords: dict[Person, str]) -> None:
    for person, password in passwords.items():
        user = User.objects.get(is_demo=True, email=person.email)
        user.set_password(password)
        user.save(update_fields=["password"])
    _write_logins(passwords)


def _password() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


def _write_logins(passwords: dict[Person, str]) -> None:
    width = max(len(person.email) for person in PEOPLE)
    lines = [
        f"{person.email:<{width}}  {password}  {person.part}: {person.act}\n" for person, password in passwords.items()
    ]
    path = logins_path()
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(lines)


def _team(name: str, members: list[User], now: datetime) -> Team:
    maker, *others = members
    team = services.create_team(user=maker, name=name)
    for user in others:
        services.join_team(team=team, user=user, role=Membership.Role.OWNER)
    long_ago = now - timedelta(days=100)
    Team.objects.filter(pk=team.pk).update(created_at=long_ago)
    team.memberships.update(joined_at=long_ago)
    return team


def _project(story: Story, team: Team, people: People, now: datetime) -> None:
    proposer = people[story.proposer]
    begun, submitted = now - timedelta(days=story.day + 3), now - timedelta(days=story.day)
    project = services.create_project(user=proposer, team=team, name=story.name)
    Project.objects.filter(pk=project.pk).update(created_at=begun)
    proposal = project.proposals.get()
    _fill_in(proposal, story.form, proposer)
    proposal.answers.update(edited_at=submitted - timedelta(hours=1))
    Proposal.objects.filter(pk=proposal.pk).update(created_at=begun)
    for kind, values in story.plans.items():
        services.save_plan(proposal=proposal, user=proposer, kind=kind, values=values, base={})
    services.submit_proposal(proposal=proposal, user=proposer, now=submitted)

    services.assign_handler(project=project, handler=people[HANDLER], by=OFFICE)
    asked = submitted + timedelta(hours=20)
    for key in story.asked:
        review = services.assign_reviewer(proposal=proposal, reviewer=people[key], by=people[HANDLER])
        Review.objects.filter(pk=review.pk).update(invited_at=asked)
    for exchange in story.exchanges:
        moment = now - timedelta(days=exchange.day)
        question = services.ask_team(proposal=proposal, user=people[exchange.asked_by], text=exchange.text)
        TeamQuestion.objects.filter(pk=question.pk).update(asked_at=moment)
        if exchange.answer:
            services.answer_question(
                question=question,
                user=people[exchange.answered_by],
                text=exchange.answer,
                now=moment + timedelta(hours=5),
            )
    for opinion in story.opinions:
        _review(proposal.reviews.get(reviewer=people[opinion.reviewer]), opinion, now)
    if story.decision:
        decision = story.decision
        services.make_decision(
            proposal=proposal,
            user=people[HANDLER],
            outcome=decision.outcome,
            reasons=decision.reasons,
            dissent=decision.dissent,
            hold_until=decision.hold_until,
            now=now - timedelta(days=decision.day),
        )
        project.proposals.exclude(pk=proposal.pk).update(created_at=now - timedelta(days=decision.day))
    if story.grave:
        farewell = story.grave
        services.write_grave(
            project=project,
            user=proposer,
            learned=farewell.learned,
            reopen_when=farewell.reopen_when,
            watch=farewell.watch,
        )
    if story.data:
        services.lock_criterion(
            project=project,
            user=proposer,
            metric=story.data.metric,
            level=story.data.level,
            smallest_difference=story.data.smallest_difference,
            reason=story.data.reason,
            today=story.data.today,
            people=story.data.people,
            looks_wanted=story.data.looks_wanted,
            results_seen=0,
            now=now - timedelta(days=1),
        )


def _fill_in(proposal: Proposal, form: Form, user: User) -> None:
    mapping = form.mapping
    values = {
        "x": mapping.x,
        "x_kind": mapping.x_kind,
        "y": mapping.y,
        "y_kind": mapping.y_kind,
        "row_means": form.row_means,
        "known_at": form.known_at,
        "truth_after": form.truth_after,
    }
    services.save_mapping(proposal=proposal, revision=proposal.mapping_revision, values=values, pairs=mapping.pairs)
    for question, reply in form.replies.items():
        services.save_answer(
            proposal=proposal,
            user=user,
            question=question,
            revision=0,
            text=reply.text,
            choice=reply.choice,
            ticks=reply.ticks,
        )


def _review(review: Review, opinion: Opinion, now: datetime) -> None:
    review = services.save_review(
        review=review,
        revision=review.revision,
        scores=opinion.scores,
        confidence=opinion.confidence,
        strength=opinion.strength,
        worry=opinion.worry,
        change_mind=opinion.change_mind,
    )
    if opinion.day is not None:
        services.submit_review(review=review, now=now - timedelta(days=opinion.day))
